"""What a record takes in the batch of its item: WRITE_SAFETY B6."""

from __future__ import annotations

import random

import pytest

from app.model.rows import Item, Key
from app.model.stream import record_of, with_new_stream
from app.model.table import KeyAttribute, Table
from app.store.base import Write
from app.store.cassandra import outbox

LARGE = 300_000


def blob(view: str, old: str, new: str) -> bytes:
    table = Table("0" * 32, "t", KeyAttribute("p", "S"), None, 1.0)
    table = with_new_stream(table, view, 4, 2.0)
    images: list[Item] = [{"p": {"S": "a"}, "v": {"S": text}} for text in (old, new)]
    record = record_of(table, *images)
    return outbox.encode(Write(table, Key("a", None), 1, images[1], (), record))


def noise(seed: int) -> str:
    """That cannot be compressed by much."""
    return random.Random(seed).randbytes(LARGE // 2).hex()


# All statements of a batch are one mutation, which a node takes up to 16 MiB of.
@pytest.mark.parametrize(
    ("view", "images"),
    [("KEYS_ONLY", 0), ("NEW_IMAGE", 1), ("OLD_IMAGE", 1), ("NEW_AND_OLD_IMAGES", 2)],
)
def test_only_images_that_are_shown_are_kept(view: str, images: int) -> None:
    size = len(blob(view, noise(1), noise(2)))
    assert images * LARGE * 0.4 <= size <= images * LARGE + 1000


def test_images_are_compressed() -> None:
    assert len(blob("NEW_AND_OLD_IMAGES", "text " * (LARGE // 5), "word " * (LARGE // 5))) < 20_000
