"""Table and Key of the operations on one item that is named by its key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.texts import BAD_KEYS, EMPTY_KEYS, NO_TABLE, bad_name, no_coral, own_words

pytestmark = pytest.mark.parametrize("operation", ["get_item", "delete_item", "update_item"])


@no_coral
@pytest.mark.parametrize("name", ["ab", "x" * 256, "a;bc"])
def test_table_names(fails: Any, operation: str, name: str) -> None:
    fails(operation, "ValidationException", bad_name(name), TableName=name, Key={"pk": {"S": "a"}})


@own_words
@pytest.mark.parametrize(("bad", "message"), BAD_KEYS)
def test_keys_that_do_not_fit(
    fails: Any, operation: str, table: str, bad: dict[str, Any], message: str
) -> None:
    fails(operation, "ValidationException", message, TableName=table, Key=bad)


@pytest.mark.parametrize(("bad", "message"), EMPTY_KEYS)
def test_keys_that_are_no_values(
    fails: Any, operation: str, table: str, bad: dict[str, Any], message: str
) -> None:
    fails(operation, "ValidationException", message, TableName=table, Key=bad)


@own_words
def test_a_table_that_is_not_there(fails: Any, operation: str) -> None:
    key = {"pk": {"S": "a"}}
    fails(operation, "ResourceNotFoundException", NO_TABLE, TableName="not-there", Key=key)
