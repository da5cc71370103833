"""TagResource, UntagResource and ListTagsOfResource.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import (
    INVALID,
    NOT_LIST,
    NOT_STRING,
    SERIALIZATION,
    constraints,
    misfits,
    missing,
)

pytestmark = pytest.mark.differs_locally("it knows no tags")

OPERATIONS = {
    "TagResource": {"Tags": [{"Key": "a", "Value": "b"}]},
    "UntagResource": {"TagKeys": ["a"]},
    "ListTagsOfResource": {},
}
METHODS = {
    "TagResource": "tag_resource",
    "UntagResource": "untag_resource",
    "ListTagsOfResource": "list_tags_of_resource",
}
NOT_THERE = "arn:aws:dynamodb:us-east-1:000000000000:table/not-there"


@pytest.mark.parametrize(
    ("operation", "member", "message"),
    [
        *[
            (operation, *each)
            for operation in OPERATIONS
            for each in misfits(ResourceArn=NOT_STRING)
        ],
        *[("TagResource", *each) for each in misfits(Tags=NOT_LIST)],
        ("TagResource", {"Tags": ["x"]}, "Unexpected value type in payload"),
        (
            "TagResource",
            {"Tags": [{"Key": "a", "Value": 1}]},
            "NUMBER_VALUE cannot be converted to String",
        ),
        ("UntagResource", {"TagKeys": [True]}, "TRUE_VALUE cannot be converted to String"),
    ],
)
def test_json_of_the_wrong_type(
    raw: Any, operation: str, member: dict[str, Any], message: str
) -> None:
    assert raw(operation, member) == (400, {"__type": SERIALIZATION, "Message": message})


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("arn", "message"),
    [
        (None, "Invalid TableArn"),
        ("", "Invalid TableArn"),
        ("a-table", f"{INVALID}ARNs must start with 'arn:': a-table"),
        (
            f"{NOT_THERE}/index/by-g",
            f"{INVALID}Invalid resource arn provided, only table or stream is accepted. Provided "
            f"resource arn: {NOT_THERE}/index/by-g",
        ),
        *[
            (arn, f"{INVALID}Provided Arn is not a DynamoDB resource arn: {arn}")
            for arn in (f"{NOT_THERE}/backup/0170", "arn:aws:s3:::bucket")
        ],
        (
            "arn:aws:dynamodb:us-east-1:000000000000:table/a;",
            "Invalid TableArn: Invalid ResourceArn provided as input "
            "arn:aws:dynamodb:us-east-1:000000000000:table/a;",
        ),
    ],
)
def test_resources(fails: Any, operation: str, arn: str | None, message: str) -> None:
    given = {} if arn is None else {"ResourceArn": arn}
    fails(METHODS[operation], "ValidationException", message, **given, **OPERATIONS[operation])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_table_that_is_not_there(
    fails: Any, client: Any, stream_table: str, operation: str
) -> None:
    stream = client.describe_table(TableName=stream_table)["Table"]["LatestStreamArn"]
    for arn in (NOT_THERE, stream):
        fails(
            METHODS[operation],
            "ResourceNotFoundException",
            f"Requested resource not found: ResourceArn: {arn} not found",
            ResourceArn=arn,
            **OPERATIONS[operation],
        )


# Of its own: other tests look at the tags of the shared table, too.
@pytest.fixture(scope="module")
def arn(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    name = create_table(f"test-tags-{uuid.uuid4().hex[:12]}", {"pk": "S"})
    yield client.describe_table(TableName=name)["Table"]["TableArn"]
    client.delete_table(TableName=name)


TOO_MANY = "Number of Tags exceed the current limit for the provided ResourceArn"
KEY, VALUE = "The Tag Key provided is invalid, Key: ", "The Tag Value provided is invalid, Value: "


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (None, constraints(missing("tags"))),
        ([{"Key": "a"}], f"{VALUE}null"),
        ([{"Value": "a"}], f"{KEY}null"),
        ([{"Key": "", "Value": "x"}], KEY),
        ([{"Key": "x" * 129, "Value": "x"}], KEY + "x" * 129),
        ([{"Key": "a", "Value": "x" * 257}], VALUE + "x" * 257),
        *[([{"Key": f"a{sign}", "Value": ""}], f"{KEY}a{sign}") for sign in "#,%~|\U0001f511"],
        ([{"Key": "a", "Value": "b#c"}], f"{VALUE}b#c"),
        *[
            ([{"Key": key, "Value": ""}], f"Tag Key cannot be prefixed with aws:, Key: {key}")
            for key in ("aws:owner", "AWS:owner")
        ],
        (
            [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found a",
        ),
        ([{"Key": f"k{number}", "Value": ""} for number in range(51)], TOO_MANY),
    ],
)
def test_tags_that_cannot_be(client: Any, fails: Any, tagged: str, tags: Any, message: str) -> None:
    good = {"Key": "good", "Value": ""}
    given = {} if tags is None else {"Tags": [good, *tags]}
    fails("tag_resource", "ValidationException", message, ResourceArn=tagged, **given)
    # All or nothing.
    assert set(tags_of(client, tagged)) == {"kept", "other"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["kept", ""], KEY),
        (["kept", "aws:owner"], "Tag Key cannot be prefixed with aws:, Key: aws:owner"),
        (["kept", *map(str, range(50))], TOO_MANY),
    ],
)
def test_keys_that_cannot_be(
    client: Any, fails: Any, tagged: str, keys: list[str], message: str
) -> None:
    fails("untag_resource", "ValidationException", message, ResourceArn=tagged, TagKeys=keys)
    assert set(tags_of(client, tagged)) == {"kept", "other"}


def test_something_must_be_given(fails: Any, arn: str) -> None:
    fails(
        "tag_resource",
        "ValidationException",
        "Atleast one Tag needs to be provided as Input.",
        ResourceArn=arn,
        Tags=[],
    )
    fails(
        "untag_resource",
        "ValidationException",
        "Atleast one Tag Key needs to be provided as Input.",
        ResourceArn=arn,
        TagKeys=[],
    )


def tags_of(client: Any, arn: str) -> dict[str, str]:
    pages = client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


@pytest.fixture
def tagged(client: Any, arn: str) -> str:
    """The ARN of a table with exactly the tags kept=1 and other=2."""
    if present := list(tags_of(client, arn)):
        client.untag_resource(ResourceArn=arn, TagKeys=present)
    client.tag_resource(
        ResourceArn=arn,
        Tags=[{"Key": "kept", "Value": "1"}, {"Key": "other", "Value": "2"}],
    )
    return arn


def test_tags_are_added_and_replaced(client: Any, tagged: str) -> None:
    client.tag_resource(
        ResourceArn=tagged,
        Tags=[
            {"Key": "other", "Value": ""},
            {"Key": "Ünï ключ", "Value": "表 a+b-c=d.e_f:g/h@i"},
            {"Key": "myaws:Kept", "Value": "x"},
        ],
    )
    assert tags_of(client, tagged) == {
        "kept": "1",
        "other": "",
        "Ünï ключ": "表 a+b-c=d.e_f:g/h@i",
        "myaws:Kept": "x",
    }


def test_tags_are_removed(client: Any, tagged: str) -> None:
    client.untag_resource(ResourceArn=tagged, TagKeys=["other", "absent"])
    assert tags_of(client, tagged) == {"kept": "1"}


def test_the_answer_has_no_body(raw: Any, tagged: str) -> None:
    request = {"ResourceArn": tagged, "Tags": [{"Key": "a", "Value": "b"}]}
    assert raw("TagResource", request) == (200, None)
    assert raw("UntagResource", {"ResourceArn": tagged, "TagKeys": ["a"]}) == (200, None)


def test_a_table_without_tags(raw: Any, client: Any, tagged: str) -> None:
    client.untag_resource(ResourceArn=tagged, TagKeys=["kept", "other"])
    assert raw("ListTagsOfResource", {"ResourceArn": tagged}) == (200, {"Tags": []})


def test_fifty_tags_are_the_most(client: Any, fails: Any, tagged: str) -> None:
    more = [{"Key": f"k{number}", "Value": "x"} for number in range(48)]
    client.tag_resource(ResourceArn=tagged, Tags=more)
    assert len(tags_of(client, tagged)) == 50
    fails(
        "tag_resource",
        "ValidationException",
        TOO_MANY,
        ResourceArn=tagged,
        Tags=[{"Key": "kept", "Value": "changed"}, {"Key": "one-more", "Value": "x"}],
    )
    assert tags_of(client, tagged)["kept"] == "1"
    # One that is there may still be changed.
    client.tag_resource(ResourceArn=tagged, Tags=[{"Key": "kept", "Value": "3"}])
    assert tags_of(client, tagged)["kept"] == "3"


def test_tags_come_all_at_once(raw: Any, client: Any, tagged: str) -> None:
    more = [{"Key": f"k{number}", "Value": "x"} for number in range(10)]
    client.tag_resource(ResourceArn=tagged, Tags=more)
    # A token that was never given out begins at the beginning.
    for token in ({}, {"NextToken": "x"}):
        status, answer = raw("ListTagsOfResource", {"ResourceArn": tagged, **token})
        assert (status, answer.keys(), len(answer["Tags"])) == (200, {"Tags"}, 12)


def test_another_server_sees_them(client: Any, second_client: Any, tagged: str) -> None:
    client.tag_resource(ResourceArn=tagged, Tags=[{"Key": "seen", "Value": "yes"}])
    assert tags_of(second_client, tagged)["seen"] == "yes"


def test_a_table_is_made_with_its_tags(client: Any, new_table: Callable[..., str]) -> None:
    name = new_table({"pk": "S"}, Tags=[{"Key": "team", "Value": "blue"}])
    made = client.describe_table(TableName=name)["Table"]["TableArn"]
    assert tags_of(client, made) == {"team": "blue"}
