"""The driver port: everything the store asks of a CQL driver.

Adapters are `python_driver` and `cpp_driver`. An adapter binds only str, bytes, int, None, maps of
text to blob and sets of text, never decimals, which acsylla corrupts. It never repeats a statement
by itself: only the caller knows whether that is safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from enum import Enum
from typing import Any, NamedTuple, Protocol

Value = str | bytes | int | Mapping[str, bytes] | Set[str] | None


class Consistency(Enum):
    """Of the read or of the commit; every conditional statement agrees at LOCAL_SERIAL."""

    LOCAL_ONE = "LOCAL_ONE"
    LOCAL_QUORUM = "LOCAL_QUORUM"
    LOCAL_SERIAL = "LOCAL_SERIAL"


class Statement:
    """CQL with `?` for each value, prepared by the adapter when it is first executed.

    conditional: a lightweight transaction, whose outcome may stay unknown in ways of its own.
    raw: values are bytes as the protocol has them, given and returned, whatever their types.
    prepared: the adapter's own; it lives and dies with this object.
    """

    __slots__ = ("conditional", "consistency", "cql", "prepared", "raw")

    def __init__(
        self,
        cql: str,
        consistency: Consistency,
        *,
        conditional: bool = False,
        raw: bool = False,
    ) -> None:
        self.cql = cql
        self.consistency = consistency
        self.conditional = conditional
        self.raw = raw
        self.prepared: Any = None

    def __repr__(self) -> str:
        return f"Statement({self.cql!r}, {self.consistency.value})"


class Result(NamedTuple):
    """All rows of the answer; nothing is paged behind the caller's back."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class DriverFault(Exception):
    """Base of what `execute` and `execute_ddl` raise; the driver's own exceptions are the cause."""


class NotSent(DriverFault):
    """Nothing reached a node, or the node said that it did nothing. Safe to send again."""


class OutcomeUnknown(DriverFault):
    """The statement may have been executed, may still be, or may never be."""


class Unconfigured(DriverFault):
    """The node knows no such table or keyspace; nothing was done."""


class Session(Protocol):
    """Connections to one cluster. For use on the event loop that opened it."""

    async def open(self, seconds: float) -> None:
        """Connects. Raises StoreUnavailable with one sentence, within about so many seconds."""
        ...

    async def close(self) -> None: ...

    async def execute(
        self, statement: Statement, values: Sequence[Value], seconds: float
    ) -> Result:
        """One round trip (and one more the first time). Raises DriverFault, at the latest after
        `seconds`; anything else it raises is a bug."""
        ...

    async def ask_each(self, cql: str, seconds: float) -> dict[str, Result | DriverFault]:
        """What each node of the datacentre, by `host:port`, answers to a plain SELECT or LIST."""
        ...

    async def execute_ddl(self, cql: str, seconds: float) -> None:
        """A change of the schema; returns when all live nodes have it. Raises DriverFault."""
        ...

    async def refresh_keyspace(self, keyspace: str) -> None:
        """Learns the keyspace's replication, for routing to replicas. Raises DriverFault."""
        ...

    async def datacenters(self) -> dict[str, int]:
        """Name of each datacentre and the number of its nodes, as one node sees it now. Raises
        DriverFault."""
        ...
