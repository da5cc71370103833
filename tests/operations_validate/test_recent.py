"""What a process remembers of items it wrote, and when it relies on that."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

from app.aside import LARGE_BYTES
from app.model.isolation import HELD, LWT
from app.model.rows import Item, Key, Row
from app.model.table import KeyAttribute, Table
from app.operations.recent import Recent

TABLE = Table("0" * 32, "t", KeyAttribute("pk", "S"), None, created=0.0)
KEY = Key("k", None)


def item(text: str = "x") -> Item:
    return {"pk": {"S": "k"}, "text": {"S": text}}


def write(recent: Recent, version: int, key: Key = KEY, text: str = "x") -> None:
    """A write of what this process read before."""
    row = Row(key, version - 1, item=item())
    recent.settled(TABLE, key, row, version, item(text))


def test_an_item_is_guessed_to_be_as_it_was_written() -> None:
    recent = Recent()
    write(recent, 7, text="new")
    row = recent.guess(TABLE, KEY)
    assert row is not None
    assert (row.key, row.version, row.item) == (KEY, 7, item("new"))


def test_no_guess_of_what_was_never_written_or_is_gone() -> None:
    recent = Recent()
    assert recent.guess(TABLE, KEY) is None
    write(recent, 7)
    recent.settled(TABLE, KEY, Row(KEY, 7, item=item()), 8, None)
    assert recent.guess(TABLE, KEY) is None
    write(recent, 9)
    recent.forget(TABLE, KEY)
    assert recent.guess(TABLE, KEY) is None


# It costs the writing of its JSON, for nothing where items are only put.
def test_an_overwritten_item_is_remembered_if_it_was_before() -> None:
    recent = Recent()
    recent.overwritten(TABLE, KEY, 5, item("new"))
    assert recent.guess(TABLE, KEY) is None
    write(recent, 7)
    recent.overwritten(TABLE, KEY, 9, item("new"))
    row = recent.guess(TABLE, KEY)
    assert row is not None
    assert (row.version, row.item) == (9, item("new"))
    recent.overwritten(TABLE, KEY, None, item("unknown"))
    assert recent.guess(TABLE, KEY) is None


# Another one was first, or the version is not known: nothing is known of the item.
def test_no_guess_after_a_lost_race_or_without_a_version() -> None:
    recent = Recent()
    write(recent, 7)
    recent.settled(TABLE, KEY, Row(KEY, 7, item=item()), None, item())
    assert recent.guess(TABLE, KEY) is None
    recent.settled(TABLE, KEY, None, None, item())
    assert recent.guess(TABLE, KEY) is None


# Others write it without asking for a version.
def test_no_guess_in_a_table_that_is_not_written_by_lwt_alone() -> None:
    for writes in (*HELD, "plain", LWT):
        recent, table = Recent(), replace(TABLE, writes=writes)
        recent.settled(table, KEY, None, 7, item())
        assert (recent.guess(table, KEY) is not None) == (writes == LWT)
        assert recent.guess(replace(table, version=table.version + 1), KEY) is None


def test_a_table_that_others_write_is_not_guessed_until_guesses_would_be_right() -> None:
    recent = Recent()
    for version in range(10, 60, 10):
        # What was read is never what was written here last.
        write(recent, version)
    assert recent.misses == 4
    assert recent.guess(TABLE, KEY) is None
    for version in range(51, 71):
        write(recent, version)
    assert recent.hits == 20
    assert recent.guess(TABLE, KEY) is not None


def test_bytes_are_bounded_and_the_oldest_go() -> None:
    most = 400_000
    recent = Recent(most)
    keys = [Key(str(number), None) for number in range(2000)]
    tracemalloc.start()
    for key in keys:
        write(recent, 1 << 60, key, "x" * 50)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The keys are those of this test.
    assert taken < most
    known = [key for key in keys if recent.guess(TABLE, key) is not None]
    assert known == keys[-len(known) :]
    assert 300 < len(known) < 1000


def test_one_item_never_takes_all() -> None:
    recent = Recent(64 * 100)
    write(recent, 7, text="x" * 100)
    assert recent.guess(TABLE, KEY) is None
    recent = Recent(0)
    write(recent, 7)
    assert recent.guess(TABLE, KEY) is None


# What is made of a guess is made on the event loop.
def test_what_is_worked_on_aside_is_not_guessed() -> None:
    recent = Recent(1 << 30)
    write(recent, 7, text="x" * LARGE_BYTES)
    assert recent.guess(TABLE, KEY) is None
    write(recent, 8, text="x" * (LARGE_BYTES - 100))
    assert recent.guess(TABLE, KEY) is not None
