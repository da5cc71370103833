"""One batch until it is settled: retries, bisection, partial failures, age, what is given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.clock import SystemClock
from app.triggers import delivery as module
from app.triggers.batches import batches, lanes
from app.triggers.delivery import Counts, Delivery, Record, Rules, unsettled
from app.triggers.destinations import KeepFailed
from app.triggers.targets import InvocationFailed


def record(number: int, key: str = "a", created: float = 4e9) -> Record:
    told = {"SequenceNumber": str(number), "ApproximateCreationDateTime": created}
    return {"dynamodb": {**told, "Keys": {"pk": {"S": key}}}, "eventSourceARN": "arn"}


RECORDS = [record(number) for number in range(1, 9)]


class Function:
    """A target that calls `answer` with the numbers of each batch, and remembers them."""

    name = "function"

    def __init__(self, answer: Callable[[list[int]], Any]) -> None:
        self.seen: list[list[int]] = []
        self._answer = answer

    async def invoke(self, event: dict[str, Any]) -> Any:
        self.seen.append(numbers(event["Records"]))
        return self._answer(self.seen[-1])


class Kept:
    """A destination that fails the first time."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self._fails = True

    async def keep(self, document: dict[str, Any]) -> None:
        if self._fails:
            self._fails = False
            raise KeepFailed("not now")
        self.documents.append(document)


def numbers(records: Any) -> list[int]:
    return [int(each["dynamodb"]["SequenceNumber"]) for each in records]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.0)


async def deliver(
    function: Function, rules: Rules, records: list[Record] = RECORDS
) -> tuple[list[dict[str, Any]], Counts]:
    kept, counts = Kept(), Counts()
    it = Delivery(function, rules, kept, clock=SystemClock(), counts=counts)
    await it.deliver("shard-1", records)
    return kept.documents, counts


def poison(*bad: int) -> Callable[[list[int]], Any]:
    """Raises for a batch that has one of them."""

    def answer(batch: list[int]) -> Any:
        if set(bad) & set(batch):
            raise InvocationFailed("poison")

    return answer


async def test_a_batch_that_is_taken() -> None:
    function = Function(lambda _: None)
    documents, counts = await deliver(function, Rules())
    assert function.seen == [[1, 2, 3, 4, 5, 6, 7, 8]]
    assert (documents, counts.delivered, counts.retries) == ([], 8, 0)


async def test_a_batch_comes_again_until_it_is_taken() -> None:
    left = [3]

    def answer(_batch: list[int]) -> None:
        left[0] -= 1
        if left[0]:
            raise InvocationFailed("not yet")

    function = Function(answer)
    documents, counts = await deliver(function, Rules())
    assert len(function.seen) == 3
    assert (documents, counts.delivered) == ([], 8)


async def test_a_batch_is_given_up_behind_its_retries() -> None:
    function = Function(poison(5))
    (document,), counts = await deliver(function, Rules(retries=2))
    assert len(function.seen) == 3
    assert (counts.kept, counts.delivered) == (8, 0)
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 3
    assert document["responseContext"] == {"functionError": "poison"}
    info = document["DDBStreamBatchInfo"]
    assert (info["shardId"], info["batchSize"], info["streamArn"]) == ("shard-1", 8, "arn")
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("1", "8")
    assert document["payload"] == {"Records": RECORDS}


async def test_bisection_gives_up_the_poison_alone() -> None:
    function = Function(poison(5))
    (document,), counts = await deliver(function, Rules(retries=1, bisect=True))
    assert numbers(document["payload"]["Records"]) == [5]
    assert (counts.kept, counts.delivered) == (1, 7)
    taken = [batch for batch in function.seen if 5 not in batch]
    assert taken == [[1, 2, 3, 4], [6], [7, 8]]


async def test_records_before_the_first_failure_are_settled() -> None:
    def answer(batch: list[int]) -> Any:
        return (
            {"batchItemFailures": [{"itemIdentifier": "6"}, {"itemIdentifier": "4"}]}
            if (batch[0] == 1)
            else {"batchItemFailures": []}
        )

    function = Function(answer)
    documents, counts = await deliver(function, Rules(reports_failures=True))
    assert function.seen == [[1, 2, 3, 4, 5, 6, 7, 8], [4, 5, 6, 7, 8]]
    assert (documents, counts.delivered) == ([], 8)


# Only what the mapping was set to look at.
async def test_failures_that_are_not_asked_for() -> None:
    function = Function(lambda _: {"batchItemFailures": [{"itemIdentifier": "4"}]})
    _, counts = await deliver(function, Rules())
    assert (len(function.seen), counts.delivered) == (1, 8)


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        (None, None),
        ({}, None),
        ({"batchItemFailures": None}, None),
        ({"batchItemFailures": []}, None),
        ("text", None),
        ({"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "7"}]}, 3),
        # All fail, as for Lambda, where the answer is not as it must be.
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": "99"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, 1),
        ({"batchItemFailures": ["3"]}, 1),
        ({"batchItemFailures": [{"other": "3"}]}, 1),
    ],
)
def test_what_an_answer_leaves(answer: Any, first: int | None) -> None:
    assert numbers(unsettled(RECORDS, answer)) == ([] if first is None else list(range(first, 9)))


async def test_records_that_are_too_old_are_given_up() -> None:
    function = Function(lambda _: None)
    records = [record(1, created=1000.0), record(2)]
    (document,), counts = await deliver(function, Rules(most_age=60), records)
    assert document["requestContext"]["condition"] == "MaximumRecordAgeExceeded"
    assert numbers(document["payload"]["Records"]) == [1]
    assert function.seen == [[2]]
    assert (counts.kept, counts.delivered) == (1, 1)


def test_lanes_keep_items_together_in_their_order() -> None:
    records = [record(number, key=f"k{number % 5}") for number in range(100)]
    found = lanes(records, 4)
    assert 1 < len(found) <= 4
    assert sorted(number for lane in found for number in numbers(lane)) == list(range(100))
    for lane in found:
        assert numbers(lane) == sorted(numbers(lane))
    homes = [{number % 5 for number in numbers(lane)} for lane in found]
    assert sum(len(home) for home in homes) == 5


def test_batches_have_a_number_and_a_size() -> None:
    records = [record(number) for number in range(1, 6)]
    assert [numbers(batch) for batch in batches(records, 2)] == [[1, 2], [3, 4], [5]]
    # One that is too large by itself goes alone.
    assert [numbers(batch) for batch in batches(records, 9, most_bytes=10)] == [
        [1],
        [2],
        [3],
        [4],
        [5],
    ]
