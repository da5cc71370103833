"""off, warn, enforce."""

from __future__ import annotations

import logging
import time

import pytest

from .conftest import Door, FixedClock, Sign


def test_off_lets_anybody_in(sign: Sign) -> None:
    assert Door("off").admits(sign(key_id="anybody", secret="wrong")) == "anybody"


def test_warn_lets_in_and_counts_what_enforce_refuses(sign: Sign) -> None:
    door = Door("warn", clock=FixedClock(time.time()))
    door.admits(sign())
    assert door.metrics.value("AuthWarnings") == 0
    assert door.admits(sign(secret="wrong"))
    assert door.admits(sign(key_id="nobody"))
    assert door.metrics.value("AuthWarnings") == 2


def test_warnings_are_rate_limited_and_say_how_many_were_left_out(
    sign: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    door = Door("warn", clock=FixedClock(time.time()))
    refused = sign(key_id="nobody")
    with caplog.at_level(logging.WARNING, "dynaspan.auth"):
        for _ in range(5):
            door.admits(refused)
        assert len(caplog.records) == 1
        door.clock.now += 10
        door.admits(refused)
    first, second = (record.getMessage() for record in caplog.records)
    assert "'nobody': UnrecognizedClientException (0 more" in first
    assert "(4 more" in second


def test_a_warning_shows_neither_signature_nor_line_breaks(
    sign: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    door = Door("warn", clock=FixedClock(time.time()))
    with caplog.at_level(logging.WARNING, "dynaspan.auth"):
        request = sign(key_id="x" * 500)
        door.admits(request)
    (record,) = caplog.records
    signature = request.headers[b"authorization"].rpartition(b"=")[2].decode()
    assert signature not in record.getMessage()
    assert len(record.getMessage()) < 200
