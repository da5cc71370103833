"""A translator that another package brings."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import StoreError
from app.store.cassandra import CassandraStore
from app.store.cassandra.translator import GROUP
from tests.store_cassandra.support import MakeStore, created, item_of, new_key, new_table, put

_CODE = """
import zlib

class Packed:
    columns = (("packed", "blob"), ("length", "int"))

    def values(self, image):
        data = __import__("orjson").dumps(image.item)
        return zlib.compress(data), len(data)

    def json(self, stored):
        return zlib.decompress(stored)

    def size(self, stored):
        return len(stored)
"""


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a translator that is installed for this test."""
    name = f"packed{uuid.uuid4().hex[:8]}"
    (tmp_path / f"{name}.py").write_text(_CODE)
    info = tmp_path / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}:Packed\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


async def test_an_entry_point_is_a_translator(make_store: MakeStore, packed: str) -> None:
    store = await make_store()
    found = store.translation(packed)
    assert found is not None
    assert not found.blind_update
    table = await created(store, replace(new_table(), translator=packed))
    key = new_key()
    await put(store, table, key, item=item_of(key, a="1"))
    row = await store.get(table, key, consistent=True)
    assert row is not None
    assert row.item == item_of(key, a="1")


async def test_what_is_not_installed_is_no_translator(store: CassandraStore) -> None:
    assert store.translation("not-installed") is None
    table = replace(new_table(), translator="not-installed")
    with pytest.raises(StoreError, match="not-installed"):
        await store.get(table, new_key(), consistent=True)
