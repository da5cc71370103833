"""Pages of Query and Scan: how they end, how they go on, what is counted, and segments.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import own_words

KB = 1024
PARTITION = {":p": {"S": "p"}}
KEYS = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": PARTITION}


@pytest.fixture(scope="module")
def big(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """20 items of exactly 128 KB in one partition: `sk` 0 to 19, `even` true or false."""
    name = create_table(f"test-paging-{uuid.uuid4().hex[:8]}", {"pk": "S", "sk": "N"})
    for number in range(20):
        item = {"pk": {"S": "p"}, "sk": {"N": str(number)}, "even": {"BOOL": number % 2 == 0}}
        # Names of 2 + 2 + 4 + 4 bytes, values of 1 + 1 + 1 bytes and those of the numbers.
        rest = 15 + (1 if number == 0 else 2)
        item["blob"] = {"S": "x" * (128 * KB - rest)}
        client.put_item(TableName=name, Item=item)
    yield name
    client.delete_table(TableName=name)


def pages(read: Any, **request: Any) -> list[dict[str, Any]]:
    """All pages of a Query or Scan."""
    answers = [read(**request)]
    while "LastEvaluatedKey" in answers[-1]:
        assert len(answers) < 1000
        start = answers[-1]["LastEvaluatedKey"]
        answers.append(read(**request, ExclusiveStartKey=start))
    return answers


def numbers(answer: dict[str, Any]) -> list[int]:
    return [int(item["sk"]["N"]) for item in answer["Items"]]


@pytest.mark.parametrize("forward", [True, False])
def test_the_item_that_crosses_one_megabyte_ends_a_page(
    client: Any, big: str, forward: bool
) -> None:
    answers = pages(client.query, TableName=big, ScanIndexForward=forward, **KEYS)
    # Eight items are exactly 1 MB, and only more ends a page.
    assert [len(answer["Items"]) for answer in answers] == [9, 9, 2]
    expected = list(range(20)) if forward else list(range(19, -1, -1))
    assert [number for answer in answers for number in numbers(answer)] == expected
    last = answers[0]["LastEvaluatedKey"]
    assert last == {"pk": {"S": "p"}, "sk": {"N": str(expected[8])}}


def test_a_scan_has_the_same_pages(client: Any, big: str) -> None:
    answers = pages(client.scan, TableName=big)
    assert [answer["ScannedCount"] for answer in answers] == [9, 9, 2]


# Pages end by what is read, whatever of it is returned.
@pytest.mark.parametrize(
    "more",
    [
        {"Select": "COUNT"},
        {"ProjectionExpression": "sk"},
        pytest.param(
            {"FilterExpression": "even = :e"},
            marks=pytest.mark.differs_locally("its pages end by what the filter leaves"),
        ),
    ],
)
def test_what_is_not_returned_fills_a_page_too(client: Any, big: str, more: Any) -> None:
    values = {**PARTITION, ":e": {"BOOL": True}} if "FilterExpression" in more else PARTITION
    answers = pages(
        client.query, TableName=big, **{**KEYS, "ExpressionAttributeValues": values}, **more
    )
    assert [answer["ScannedCount"] for answer in answers] == [9, 9, 2]
    counts = [5, 4, 1] if "FilterExpression" in more else [9, 9, 2]
    assert [answer["Count"] for answer in answers] == counts


def test_a_count_has_no_items(raw: Any, big: str) -> None:
    status, answer = raw("Query", {"TableName": big, "Select": "COUNT", **KEYS})
    assert status == 200
    last = {"pk": {"S": "p"}, "sk": {"N": "8"}}
    assert answer == {"Count": 9, "ScannedCount": 9, "LastEvaluatedKey": last}


def test_capacity_is_that_of_the_page(client: Any, big: str) -> None:
    answers = pages(client.query, TableName=big, ReturnConsumedCapacity="TOTAL", **KEYS)
    units = [answer["ConsumedCapacity"]["CapacityUnits"] for answer in answers]
    # An eventual read is half a unit for 4 KB.
    assert units == [9 * 16, 9 * 16, 2 * 16]


def test_limit_ends_a_page_before_a_megabyte_does(client: Any, big: str) -> None:
    first = client.query(TableName=big, Limit=3, **KEYS)
    assert numbers(first) == [0, 1, 2]
    second = client.query(
        TableName=big, Limit=10, ExclusiveStartKey=first["LastEvaluatedKey"], **KEYS
    )
    assert numbers(second) == list(range(3, 12))


def test_another_server_goes_on(client: Any, second_client: Any, big: str) -> None:
    for read in ("query", "scan"):
        request = {"TableName": big, **(KEYS if read == "query" else {})}
        first = getattr(client, read)(**request)
        second = getattr(second_client, read)(
            **request, ExclusiveStartKey=first["LastEvaluatedKey"]
        )
        assert numbers(second) == list(range(9, 18))


@pytest.fixture(scope="module")
def ten(client: Any, table_sn: str) -> dict[str, Any]:
    """What a query of ten small items needs, `sk` 0 to 9, `odd` with every second one."""
    partition = f"ten-{uuid.uuid4().hex[:8]}"
    for number in range(10):
        item = {"pk": {"S": partition}, "sk": {"N": str(number)}}
        client.put_item(TableName=table_sn, Item=item | ({"odd": {"S": "x"}} if number % 2 else {}))
    return {
        "TableName": table_sn,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": partition}},
    }


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 10 + [0]), (4, [4, 4, 2]), (11, [10])])
@pytest.mark.parametrize("forward", [True, False])
def test_limit(
    client: Any, ten: dict[str, Any], limit: int, sizes: list[int], forward: bool
) -> None:
    answers = pages(client.query, **ten, Limit=limit, ScanIndexForward=forward)
    assert [len(answer["Items"]) for answer in answers] == sizes
    found = [number for answer in answers for number in numbers(answer)]
    assert found == (list(range(10)) if forward else list(range(9, -1, -1)))


# The service does not look whether something follows.
def test_a_limit_of_all_there_is_has_a_further_page(client: Any, ten: dict[str, Any]) -> None:
    first, second = pages(client.query, **ten, Limit=10)
    assert numbers(first) == list(range(10))
    assert second["Items"] == []


@pytest.mark.differs_locally("it knows there that nothing follows")
@pytest.mark.parametrize(
    ("low", "forward"),
    [
        ("sk >= :low", False),
        ("sk BETWEEN :low AND :high", False),
        ("sk BETWEEN :low AND :high", True),
    ],
)
def test_a_full_page_at_a_bound_has_a_key(
    client: Any, ten: dict[str, Any], low: str, forward: bool
) -> None:
    bounds = {":low": {"N": "7"}, ":high": {"N": "9"}}
    values = ten["ExpressionAttributeValues"] | {
        name: value for name, value in bounds.items() if name in low
    }
    request = {
        "KeyConditionExpression": f"pk = :p AND {low}",
        "ExpressionAttributeValues": values,
        "ScanIndexForward": forward,
    }
    first, second = pages(client.query, **(ten | request), Limit=3)
    assert numbers(first) == ([7, 8, 9] if forward else [9, 8, 7])
    assert second["Items"] == []


def test_limit_is_of_items_read_and_not_of_items_returned(client: Any, ten: dict[str, Any]) -> None:
    answers = pages(client.query, **ten, Limit=3, FilterExpression="attribute_exists(odd)")
    assert [numbers(answer) for answer in answers] == [[1], [3, 5], [7], [9]]
    assert [answer["ScannedCount"] for answer in answers] == [3, 3, 3, 1]


def test_a_page_may_be_empty_and_not_the_last(client: Any, ten: dict[str, Any]) -> None:
    answer = client.query(**ten, Limit=5, FilterExpression="attribute_exists(nothing)")
    assert (answer["Items"], answer["ScannedCount"]) == ([], 5)
    assert answer["LastEvaluatedKey"]["sk"] == {"N": "4"}


def test_a_starting_key_need_not_be_there(client: Any, ten: dict[str, Any]) -> None:
    partition = ten["ExpressionAttributeValues"][":p"]
    for sort, forward, found in (("4.5", True, [5, 6, 7, 8, 9]), ("4.5", False, [4, 3, 2, 1, 0])):
        answer = client.query(
            **ten,
            ScanIndexForward=forward,
            ExclusiveStartKey={"pk": partition, "sk": {"N": sort}},
        )
        assert numbers(answer) == found


def test_pages_within_a_range(client: Any, ten: dict[str, Any]) -> None:
    request = {
        **ten,
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeValues": {
            **ten["ExpressionAttributeValues"],
            ":a": {"N": "2"},
            ":b": {"N": "7"},
        },
        "Limit": 4,
    }
    assert [numbers(answer) for answer in pages(client.query, **request)] == [[2, 3, 4, 5], [6, 7]]
    request["ScanIndexForward"] = False
    assert [numbers(answer) for answer in pages(client.query, **request)] == [[7, 6, 5, 4], [3, 2]]


@pytest.fixture(scope="module")
def scattered(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """100 items in 50 partitions of two."""
    name = create_table(f"test-segments-{uuid.uuid4().hex[:8]}", {"pk": "S", "sk": "N"})
    keys = [{"pk": {"S": f"p{number // 2}"}, "sk": {"N": str(number)}} for number in range(100)]
    for start in range(0, 100, 25):
        writes = [{"PutRequest": {"Item": item}} for item in keys[start : start + 25]]
        client.batch_write_item(RequestItems={name: writes})
    yield name
    client.delete_table(TableName=name)


@pytest.mark.parametrize("limit", [None, 7, 1])
def test_a_scan_goes_over_all_pages(client: Any, scattered: str, limit: int | None) -> None:
    given = {} if limit is None else {"Limit": limit}
    found = [
        n for answer in pages(client.scan, TableName=scattered, **given) for n in numbers(answer)
    ]
    assert sorted(found) == list(range(100))


@pytest.mark.parametrize("total", [1, 2, 5, 200])
def test_segments_are_the_whole_table_and_overlap_nowhere(
    client: Any, scattered: str, total: int
) -> None:
    found: list[int] = []
    for segment in range(total):
        answer = client.scan(TableName=scattered, Segment=segment, TotalSegments=total)
        found += numbers(answer)
    assert sorted(found) == list(range(100))


def test_no_segment_has_it_all(client: Any, scattered: str) -> None:
    counts = [
        client.scan(TableName=scattered, Segment=segment, TotalSegments=4)["Count"]
        for segment in range(4)
    ]
    assert all(0 < count < 60 for count in counts), counts


def test_a_segment_over_pages_and_servers(client: Any, second_client: Any, scattered: str) -> None:
    request = {"TableName": scattered, "Segment": 1, "TotalSegments": 3}
    whole = numbers(client.scan(**request))
    found: list[int] = []
    last: dict[str, Any] = {}
    for turn in range(200):
        each = (client, second_client)[turn % 2]
        answer = each.scan(**request, Limit=4, **last)
        found += numbers(answer)
        if "LastEvaluatedKey" not in answer:
            break
        last = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert found == whole


@own_words
def test_a_starting_key_belongs_to_its_segment(client: Any, fails: Any, scattered: str) -> None:
    one = client.scan(TableName=scattered, Segment=1, TotalSegments=2, Limit=1)
    fails(
        "scan",
        "ValidationException",
        "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
        "ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: 0",
        TableName=scattered,
        Segment=0,
        TotalSegments=2,
        ExclusiveStartKey=one["LastEvaluatedKey"],
    )


def test_a_scan_goes_on_behind_an_item_that_was_deleted(
    client: Any, new_table: Callable[..., str]
) -> None:
    name = new_table({"pk": "S"})
    for number in range(10):
        client.put_item(TableName=name, Item={"pk": {"S": str(number)}})
    first = client.scan(TableName=name, Limit=4)
    for item in first["Items"]:
        client.delete_item(TableName=name, Key=item)
    rest = client.scan(TableName=name, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert rest["Count"] == 6
