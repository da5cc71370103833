"""A row is kept as it came and converted when asked."""

from __future__ import annotations

from app.model.rows import Key, Row

KEY = Key("p", None)
ITEM = {"p": {"S": "\u00e9"}, "n": {"N": "1"}}
DATA = '{"p":{"S":"\u00e9"},"n":{"N":"1"}}'.encode()


def test_an_item_from_bytes() -> None:
    assert Row(KEY, 1, data=DATA).item == ITEM


def test_bytes_from_an_item() -> None:
    assert Row(KEY, 1, item=ITEM).data == DATA


# Answers splice them in unread: no second encoding may differ from what was stored.
def test_bytes_are_given_as_they_came() -> None:
    row = Row(KEY, 1, data=DATA)
    assert row.item == ITEM
    assert row.data is DATA


def test_an_item_is_read_once() -> None:
    row = Row(KEY, 1, data=DATA)
    assert row.item is row.item
