"""What a Query or Scan reads: a table, or one of its indexes."""

from __future__ import annotations

from dataclasses import dataclass

from .. import errors
from ..model.rows import Item
from ..model.table import Index, KeyAttribute, Table
from .registry import Request


@dataclass(frozen=True, slots=True)
class Target:
    """`index` is None for the table itself. Keys are those of what is read."""

    table: Table
    index: Index | None
    partition: tuple[KeyAttribute, ...]
    sort: tuple[KeyAttribute, ...]

    @property
    def keys(self) -> tuple[KeyAttribute, ...]:
        return self.partition + self.sort

    @property
    def cursor(self) -> dict[str, KeyAttribute]:
        """The attributes of ExclusiveStartKey and LastEvaluatedKey, by name."""
        return {key.name: key for key in (*self.keys, *self.table.keys)}

    def last_key(self, item: Item) -> Item:
        return {name: item[name] for name in self.cursor}


def target_of(request: Request, table: Table) -> Target:
    """Raises for an index that is not there, and for a consistent read of a global one."""
    name = request.get("IndexName")
    if name is None:
        sort = () if table.sort_key is None else (table.sort_key,)
        return Target(table, None, (table.partition_key,), sort)
    index = table.index(name)
    if index is None:
        raise errors.validation(f"The table does not have the specified index: {name}")
    if index.backfilling or index.status not in ("ACTIVE", "UPDATING"):
        raise errors.validation(
            f"Cannot read from backfilling global secondary index: {name}"
            if index.status == "CREATING"
            else f"The table does not have the specified index: {name}"
        )
    if not index.local and request.get("ConsistentRead"):
        raise errors.validation("Consistent reads are not supported on global secondary indexes")
    return Target(table, index, index.partition, index.sort)
