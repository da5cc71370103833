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
    fault,
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
        ("a-table", "Invalid TableArn: Invalid ResourceArn provided as input a-table"),
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
def test_a_table_that_is_not_there(fails: Any, operation: str) -> None:
    fails(
        METHODS[operation],
        "ResourceNotFoundException",
        f"Requested resource not found: ResourceArn: {NOT_THERE} not found",
        ResourceArn=NOT_THERE,
        **OPERATIONS[operation],
    )


# Of its own: other tests look at the tags of the shared table, too.
@pytest.fixture(scope="module")
def arn(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    name = create_table(f"test-tags-{uuid.uuid4().hex[:12]}", {"pk": "S"})
    yield client.describe_table(TableName=name)["Table"]["TableArn"]
    client.delete_table(TableName=name)


AT_LEAST_ONE = "have length greater than or equal to 1"


@pytest.mark.parametrize(
    ("tags", "faults"),
    [
        (None, [missing("tags")]),
        ([{"Key": "a"}], [missing("tags.1.member.value")]),
        (
            [{"Key": "", "Value": "x"}, {"Key": "x" * 129, "Value": "x" * 257}],
            [
                fault("", "tags.1.member.key", AT_LEAST_ONE),
                fault("x" * 129, "tags.2.member.key", "have length less than or equal to 128"),
                fault("x" * 257, "tags.2.member.value", "have length less than or equal to 256"),
            ],
        ),
    ],
)
def test_broken_constraints(fails: Any, arn: str, tags: Any, faults: list[str]) -> None:
    given = {} if tags is None else {"Tags": tags}
    fails("tag_resource", "ValidationException", constraints(*faults), ResourceArn=arn, **given)


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


def test_keys_differ(fails: Any, arn: str) -> None:
    fails(
        "tag_resource",
        "ValidationException",
        INVALID + "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ResourceArn=arn,
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
    )


def test_keys_of_aws(fails: Any, arn: str) -> None:
    tags = [{"Key": "aws:owner", "Value": "x"}]
    fails("tag_resource", "AccessDeniedException", None, ResourceArn=arn, Tags=tags)


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
        Tags=[{"Key": "other", "Value": ""}, {"Key": "Ünï", "Value": "ç"}],
    )
    assert tags_of(client, tagged) == {"kept": "1", "other": "", "Ünï": "ç"}


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
        None,
        ResourceArn=tagged,
        Tags=[{"Key": "kept", "Value": "changed"}, {"Key": "one-more", "Value": "x"}],
    )
    assert tags_of(client, tagged)["kept"] == "1"
    # One that is there may still be changed.
    client.tag_resource(ResourceArn=tagged, Tags=[{"Key": "kept", "Value": "3"}])
    assert tags_of(client, tagged)["kept"] == "3"


def test_tags_come_in_pages(client: Any, tagged: str) -> None:
    more = [{"Key": f"k{number}", "Value": "x"} for number in range(10)]
    client.tag_resource(ResourceArn=tagged, Tags=more)
    first = client.list_tags_of_resource(ResourceArn=tagged)
    assert len(first["Tags"]) == 10
    second = client.list_tags_of_resource(ResourceArn=tagged, NextToken=first["NextToken"])
    assert len(second["Tags"]) == 2
    assert "NextToken" not in second


@pytest.mark.parametrize("token", ["x", "-1", "99", "\uff11"])
def test_a_token_that_was_not_given_out(fails: Any, tagged: str, token: str) -> None:
    fails("list_tags_of_resource", "ValidationException", None, ResourceArn=tagged, NextToken=token)


def test_another_server_sees_them(client: Any, second_client: Any, tagged: str) -> None:
    client.tag_resource(ResourceArn=tagged, Tags=[{"Key": "seen", "Value": "yes"}])
    assert tags_of(second_client, tagged)["seen"] == "yes"


def test_a_table_is_made_with_its_tags(client: Any, new_table: Callable[..., str]) -> None:
    name = new_table({"pk": "S"}, Tags=[{"Key": "team", "Value": "blue"}])
    made = client.describe_table(TableName=name)["Table"]["TableArn"]
    assert tags_of(client, made) == {"team": "blue"}
