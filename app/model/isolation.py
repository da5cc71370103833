"""How a table's writes keep out of each other's way: the tag `system:write_isolation`.

The names are those that Scylla's Alternator has for it:
https://docs.scylladb.com/manual/stable/alternator/compatibility.html#write-isolation-policies
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .table import Table

TAG = "system:write_isolation"

ALWAYS = "always_use_lwt"
ONLY_RMW = "only_rmw_uses_lwt"
FORBID = "forbid_rmw"
UNSAFE = "unsafe_rmw"

_NAMES = {
    **dict.fromkeys(("a", "always", ALWAYS), ALWAYS),
    **dict.fromkeys(("o", ONLY_RMW), ONLY_RMW),
    **dict.fromkeys(("f", "forbid", FORBID), FORBID),
    **dict.fromkeys(("u", "unsafe", UNSAFE), UNSAFE),
}
NAMES = (ALWAYS, ONLY_RMW, FORBID, UNSAFE)

# How a store that knows both kinds writes. Between the two nobody writes at all: a plain write and
# a lightweight transaction of one item are ordered by clocks, not by each other.
LWT = "lwt"
PLAIN = "plain"
TO_LWT = "to lwt"
TO_PLAIN = "to plain"
HELD = frozenset((TO_LWT, TO_PLAIN))
_HELD_FOR = {LWT: TO_LWT, PLAIN: TO_PLAIN}


def named(text: str) -> str | None:
    """The policy of that name or abbreviation."""
    return _NAMES.get(text)


def wanted(table: Table) -> str:
    """LWT or PLAIN. What depends on the item as it was is only right under LWT: entries of indexes,
    those of the time to live too, and records of streams."""
    ordered = table.kept_indexes or table.ttl is not None or table.stream is not None
    return LWT if table.isolation == ALWAYS or ordered else PLAIN


def held(table: Table, to: str) -> Table:
    """The next version of a table that is to be written in the way `to`: nobody writes."""
    return replace(table, writes=_HELD_FOR[to], version=table.version + 1)


def begun(table: Table, before: str) -> Table:
    """The table with its new policy, held in the same version if that wants another way of writing:
    no version promises what plain writes do not keep. `before`: its policy until now.

    ONLY_RMW has writes of both kinds, so that those before it and behind it are kept apart as well.
    """
    to = wanted(table)
    apart = table.isolation != before and ONLY_RMW in (table.isolation, before) and to == PLAIN
    if table.writes in HELD or (table.writes == to and not apart):
        return table
    return replace(table, writes=_HELD_FOR[to])


def released(table: Table) -> Table:
    """The next version of a held table. One that was held for plain writes, and has got another
    policy since, goes back: nobody has written meanwhile."""
    to = PLAIN if table.writes == TO_PLAIN and table.isolation != ALWAYS else LWT
    return replace(table, writes=to, version=table.version + 1)
