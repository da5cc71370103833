"""Reserved words: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html"""

from __future__ import annotations

import pytest

from app.expressions import Placeholders, projection
from app.expressions.reserved import RESERVED
from app.expressions.tokens import KEYWORDS
from tests.expressions.ask import condition_fault, holds, message_of, update_fault


def test_there_are_573():
    assert len(RESERVED) == 573
    assert {"ABORT", "FLATTERN", "INNTER", "LOGED", "NAME", "TTL", "ZONE"} <= RESERVED


@pytest.mark.parametrize("name", sorted(RESERVED - KEYWORDS))
def test_each_is_refused_as_it_was_written(name):
    shown = name.capitalize()
    assert condition_fault(f"{shown} = :v") == (
        f"Attribute name is a reserved keyword; reserved keyword: {shown}"
    )


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_a_keyword_of_any_grammar_is_a_syntax_error(word):
    assert condition_fault(f"{word.lower()} = :v").startswith("Syntax error")
    assert update_fault(f"REMOVE {word.lower()}").startswith("Syntax error")
    assert "Syntax error" in message_of(lambda: projection(word, Placeholders()))


def test_nested_names_are_reserved_too():
    expected = "Attribute name is a reserved keyword; reserved keyword: status"
    assert condition_fault("attribute_exists(a.status)") == expected
    assert update_fault("REMOVE a.status") == expected
    assert message_of(lambda: projection("a.status", Placeholders())) == (
        f"Invalid ProjectionExpression: {expected}"
    )


def test_an_alias_may_stand_for_one_and_a_longer_name_is_none():
    item = {"name": {"S": "x"}, "names_": {"S": "x"}}
    assert holds("#n = names_", item, names={"#n": "name"})
