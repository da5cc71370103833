"""Lambda's filter patterns: which records a pattern lets through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.config import ConfigError
from app.triggers.filters import Filters

RECORD = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"pk": {"S": "user#1"}},
        "NewImage": {
            "pk": {"S": "user#1"},
            "email": {"S": "Anna@Example.COM"},
            "tags": {"SS": ["red", "blue"]},
            "from": {"S": "10.1.2.3"},
            "path": {"S": "a*b\\c"},
            "empty": {"S": ""},
        },
        "SizeBytes": 59,
        "flag": True,
        "nothing": None,
    },
}


def image(**attributes: Any) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": attributes}}


WANTED = [
    {"eventName": ["INSERT", "MODIFY"]},
    {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "user#"}]}}}},
    {"dynamodb": {"Keys": {"pk": {"S": [{"suffix": "#1"}]}}}},
    image(email={"S": [{"equals-ignore-case": "anna@example.com"}]}),
    image(email={"S": [{"prefix": {"equals-ignore-case": "ANNA"}}]}),
    image(email={"S": [{"wildcard": "Anna@*.COM"}]}),
    image(tags={"SS": ["blue", "green"]}),
    image(age={"N": [{"exists": False}]}),
    image(email={"S": [{"exists": True}]}),
    image(email={"S": [{"anything-but": ["x", "y"]}]}),
    image(email={"S": [{"anything-but": {"prefix": "Bo"}}]}),
    {"dynamodb": {"SizeBytes": [{"numeric": [">", 50, "<=", 59]}]}},
    {"dynamodb": {"SizeBytes": [59.0]}},
    {"dynamodb": {"flag": [True], "nothing": [None]}},
    image(empty={"S": [""]}),
    image(**{"from": {"S": [{"cidr": "10.1.0.0/16"}]}}),
    image(path={"S": [{"wildcard": "a\\*b*c"}]}),
    image(path={"S": [{"wildcard": "a*\\\\c"}]}),
    image(email={"S": [{"anything-but": {"prefix": ["Bo", "Chris"]}}]}),
    image(email={"S": [{"anything-but": {"wildcard": "*@*.org"}}]}),
    image(email={"S": [{"suffix": {"equals-ignore-case": ".com"}}]}),
    {"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"flag": [True]}}]},
]
UNWANTED = [
    {"eventName": ["REMOVE"]},
    {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": ["user#2"]}}}},
    image(email={"S": ["anna@example.com"]}),
    image(email={"S": [{"exists": False}]}),
    image(age={"N": [{"exists": True}]}),
    image(age={"N": [{"anything-but": ["1"]}]}),
    image(email={"S": [{"anything-but": {"prefix": "Anna"}}]}),
    image(email={"S": [{"wildcard": "Anna@*.org"}]}),
    {"dynamodb": {"SizeBytes": [{"numeric": ["<", 59]}]}},
    {"dynamodb": {"SizeBytes": ["59"]}},
    image(**{"from": {"S": [{"cidr": "10.2.0.0/16"}]}}),
    image(email={"S": [{"cidr": "0.0.0.0/0"}]}),
    image(path={"S": [{"wildcard": "a\\*c"}]}),
    image(email={"S": [{"anything-but": {"suffix": [".org", ".COM"]}}]}),
    image(email={"S": [{"anything-but": {"equals-ignore-case": ["x", "ANNA@example.com"]}}]}),
    {"dynamodb": {"flag": [1]}},
    # An object is no leaf.
    {"dynamodb": {"Keys": [{"exists": True}]}},
    {"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"flag": [False]}}]},
]


@pytest.mark.parametrize("pattern", WANTED, ids=json.dumps)
def test_a_record_that_is_wanted(pattern: dict[str, Any]) -> None:
    assert Filters([json.dumps(pattern)]).wants(RECORD)


@pytest.mark.parametrize("pattern", UNWANTED, ids=json.dumps)
def test_a_record_that_is_not(pattern: dict[str, Any]) -> None:
    assert not Filters([json.dumps(pattern)]).wants(RECORD)


def test_one_of_several_patterns_is_enough() -> None:
    assert Filters(['{"eventName": ["REMOVE"]}', '{"eventName": ["INSERT"]}']).wants(RECORD)


def test_without_a_pattern_all_are_wanted() -> None:
    assert Filters([]).wants(RECORD)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is no pattern"),
        ("{}", "is no pattern"),
        ('{"a": "x"}', "what a is held against must be a list"),
        ('{"a": []}', "what a is held against must be a list"),
        ('{"a": [{"like": "x"}]}', "no operator like"),
        ('{"a": [{"prefix": 1}]}', "prefix takes a text"),
        ('{"a": [{"numeric": [">"]}]}', "numeric takes a list"),
        ('{"a": [{"numeric": ["!", 1]}]}', "numeric takes a list"),
        ('{"a": [{"wildcard": "a**"}]}', "two \\* in a row"),
        ('{"a": [{"wildcard": "a\\\\b"}]}', "before"),
        ('{"a": [{"cidr": "10.0.0.0/99"}]}', "cidr takes a block"),
        ('{"a": [{"cidr": 1}]}', "cidr takes a block"),
        ('{"a": [{"anything-but": {"numeric": ["=", 1]}}]}', "anything-but takes no numeric"),
        ('{"a": [{"exists": 1}]}', "exists takes"),
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', "one operator"),
        ('{"$or": [{"a": [1]}]}', "two or more"),
    ],
)
def test_a_pattern_that_is_none(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Filters([text])


def test_more_patterns_than_are_taken() -> None:
    with pytest.raises(ConfigError, match="at most 10"):
        Filters(['{"a": [1]}'] * 11)
