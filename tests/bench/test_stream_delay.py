"""The probe of stream delays, on a server of its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from bench.stream_delay import Probe
from tools.server import Server


def test_each_write_is_waited_for_in_its_shard(start_server: Callable[..., Server]) -> None:
    server = start_server("--store", "sqlite://")
    found = list(islice(Probe(server.url, "probed").delays(), 3))
    assert all(milliseconds > 0 and polls >= 1 for milliseconds, polls in found)
