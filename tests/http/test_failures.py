"""Every failure is an answer; bugs are logged without what was in the request."""

from __future__ import annotations

import gc
import logging

import pytest

from .conftest import Client, Server, wait_until


@pytest.mark.parametrize(
    ("how", "status", "type"),
    [
        # SDKs retry this one, and nothing has been applied.
        ("unavailable", 400, "com.amazon.coral.availability#ThrottlingException"),
        ("changed", 400, "com.amazon.coral.availability#ThrottlingException"),
        ("busy", 400, "com.amazon.coral.availability#ThrottlingException"),
        # May have been applied: never said to have failed.
        ("unknown", 500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
        ("gone", 400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"),
        ("bug", 500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
    ],
)
def test_failures_of_the_store(how: str, status: int, type: str, client: Client) -> None:
    answer = client.post({"how": how}, "Fail")
    assert (answer.status, answer.json()["__type"]) == (status, type)
    assert b"secret" not in answer.content


def test_a_bug_is_logged_with_the_request_id_and_without_values(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "dynaspan.http"):
        answer = client.post({"how": "bug"}, "Fail")
    (record,) = caplog.records
    text = logging.Formatter().format(record)
    assert answer.headers["x-amzn-RequestId"] in text
    assert "KeyError" in text
    assert "in _fail" in text
    assert "KeyError('secret')" not in text
    assert "KeyError: 'secret'" not in text


def test_expected_failures_are_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "dynaspan"):
        for how in ("validation", "condition", "unavailable", "gone"):
            client.post({"how": how}, "Fail")
        client.post(b"{")
    assert not caplog.records


def test_what_is_counted(server: Server, client: Client) -> None:
    def count(name: str, operation: str | None = None) -> float:
        return server.metrics.value(name, operation)

    refusals = count("QueueRefusals")
    names = ("UserErrors", "SystemErrors", "ThrottledRequests", "ConditionalCheckFailedRequests")
    before = {name: count(name, "Fail") for name in names}
    unknown = count("UserErrors", "unknown")
    served = count("SuccessfulRequests", "Echo")
    for how in ("validation", "bug", "busy", "condition"):
        client.post({"how": how}, "Fail")
    client.post({})
    client.post(b"{")
    client.post({}, "Nonsense")
    assert {name: count(name, "Fail") - before[name] for name in names} == dict.fromkeys(names, 1)
    assert count("UserErrors", "unknown") == unknown + 2
    assert count("QueueRefusals") == refusals + 1
    assert count("SuccessfulRequests", "Echo") == served + 1


# The collector of cycles runs seldom in a server: `app/cli/worker.py`.
def test_a_refused_request_is_freed_without_a_garbage_collection(client: Client) -> None:
    marks = ["of a request", "that is refused"]
    gc.disable()
    try:
        client.post({"how": "condition", "marks": marks}, "Fail")
        # That of the test itself stays.
        wait_until(lambda: [each == marks for each in _lists()].count(True) == 1)
    finally:
        gc.enable()


def _lists() -> list[object]:
    return [each for each in gc.get_objects() if type(each) is list]
