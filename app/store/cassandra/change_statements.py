"""CQL of changes of some attributes of an item, which are elements of a map: see TRANSLATORS.md."""

from __future__ import annotations

from .session import Consistency, Statement, Value
from .statements import LAST_SECONDS, Cas, ItemStatements

_QUORUM = Consistency.LOCAL_QUORUM


class ChangeCas(Cas):
    """A change of some attributes of an item that is there; `item` of `values` holds what is added,
    the bound to leave, the greatest bound to find, and the names that are removed, if there are."""

    def __init__(
        self, name: str, row: str, column: str, bound: str, *, sets: bool, removes: bool
    ) -> None:
        self._sets = sets
        found = f"{bound} <= ? AND " if sets else ""
        remove = f"{column} = {column} - ?"
        change = f"{column} = {column} + ?, {bound} = ?" if sets else remove
        texts = [
            f"UPDATE {name} SET ver = ?, {change} WHERE {row} "
            f"IF live = true AND {found}txid = null AND last[?] = null",
            f"UPDATE {name} USING TTL {LAST_SECONDS} SET last[?] = ? WHERE {row}",
        ]
        if sets and removes:
            texts.append(f"UPDATE {name} SET {remove} WHERE {row}")
        text = f"BEGIN BATCH {'; '.join(texts)}; APPLY BATCH"
        self.statement = Statement(text, _QUORUM, conditional=True)

    def values(
        self,
        row: tuple[Value, ...],
        version: int,
        item: tuple[Value, ...],
        expected: int | None,
        writer: bytes,
        fence: bytes,
    ) -> tuple[Value, ...]:
        if not self._sets:
            return (version, *item, *row, fence, writer, version, *row)
        added, bound, room, *removed = item
        values = (version, added, bound, *row, room, fence, writer, version, *row)
        return (*values, *removed, *row) if removed else values


class ChangeStatements:
    """Of one item table; `column` is the map, `bound` says how large its item is at most."""

    def __init__(self, items: ItemStatements, column: str, bound: str) -> None:
        self._name, self._row = items.name, items.row
        self._column, self._bound = column, bound
        self._changes: dict[tuple[bool, bool], Cas] = {}
        self._plain: dict[tuple[bool, bool], Statement] = {}
        self.bound = Statement(f"SELECT {bound}, live FROM {self._name} WHERE {self._row}", _QUORUM)
        """The bound of an item's size, and whether there is an item."""

    def change(self, *, sets: bool, removes: bool) -> Cas:
        shape = (sets, removes)
        cas = self._changes.get(shape)
        if cas is None:
            cas = self._changes[shape] = ChangeCas(
                self._name, self._row, self._column, self._bound, sets=sets, removes=removes
            )
        return cas

    def plain(self, *, sets: bool, removes: bool) -> Statement:
        """Compares nothing; values: version, what is added, bound and row, then names that are
        removed and row."""
        column = self._column
        shape = (sets, removes)
        found = self._plain.get(shape)
        if found is None:
            texts = []
            if sets:
                added = f"ver = ?, {column} = {column} + ?, {self._bound} = ?, live = true"
                texts.append(f"UPDATE {self._name} SET {added} WHERE {self._row}")
            if removes:
                texts.append(f"UPDATE {self._name} SET {column} = {column} - ? WHERE {self._row}")
            text = texts[0]
            if len(texts) > 1:
                text = f"BEGIN UNLOGGED BATCH {'; '.join(texts)}; APPLY BATCH"
            found = self._plain[shape] = Statement(text, _QUORUM)
        return found
