"""SELECT as the queries or the scan that it comes down to.

Equality or IN on a whole partition key, or the same by OR, is one query for each value (and each of
an IN on the sort key); everything else reads the whole table or index.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from .. import errors
from ..errors import ApiError
from ..expressions import Condition, KeyComparison, Projection
from ..expressions.paths import Parts
from ..model.rows import WHOLE, Item
from ..model.table import KeyAttribute
from ..partiql import Bound, KeyTerm, Order, Select
from ..values import to_key
from .context import Context
from .fetching import query_fetch, scan_fetch
from .key_ranges import KeyRange, key_range
from .paging import After, Fetch
from .selection import check_scalar_paths, selection_of
from .start_key import query_start, scan_start
from .statement_items import (
    columns_of,
    no_partition_to_order,
    nothing_to_order,
    shown_columns,
)
from .statement_writes import check_type
from .tables import usable_table
from .targets import Target, target_of

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html
_MOST_PARTITIONS = 50
_MOST_RANGES = 100
_EQUALITIES = ("EQ", "IN")
_RANGES = ("LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH")


@dataclass(frozen=True, slots=True)
class Reading:
    """`ranges` are read one after the other; None for a scan.

    fetched: the index does not hold all that is wanted, so that the items are read as well.
    `columns` are what is shown under each label, None for all that is read.
    """

    target: Target
    ranges: tuple[KeyRange, ...] | None
    reverse: bool
    filter: Condition | None
    columns: tuple[tuple[str, Parts], ...] | None
    fetched: bool
    consistent: bool

    def fetch(self, ctx: Context, number: int) -> Fetch:
        if self.ranges is None:
            return scan_fetch(ctx, self.target, WHOLE, consistent=self.consistent)
        return query_fetch(
            ctx,
            self.target,
            self.ranges[number],
            consistent=self.consistent,
            reverse=self.reverse,
        )

    def start(self, ctx: Context, number: int, last: Item) -> After:
        """Where range `number` goes on behind the item with the key `last`."""
        if self.ranges is None:
            return scan_start(ctx.store, self.target, WHOLE, last)
        return query_start(self.target, self.ranges[number], last)

    def shown(self, item: Item) -> Item:
        return shown_columns(self.columns, item)


async def reading_of(ctx: Context, read: Bound, *, consistent: bool) -> Reading:
    """Raises ValidationException and ResourceNotFoundException."""
    statement = read.statement
    assert isinstance(statement, Select)
    table = await usable_table(ctx, statement.table)
    request = {} if statement.index is None else {"IndexName": statement.index}
    target = target_of(request, table)
    columns = columns_of(statement)
    shown = None
    if columns is not None:
        shown = Projection([(name,) for name in dict.fromkeys(parts[0] for _, parts in columns)])
    wanted = read.wanted
    check_scalar_paths(target, wanted, None)
    selection = selection_of({}, target, wanted, shown)
    terms = read.key_terms(statement.where, [key.name for key in target.keys])
    ranges = _ranges(target, terms, statement.order)
    if consistent and target.index is not None and not target.index.local:
        raise errors.validation("Consistent read cannot be true when scanning a GSI")
    _check_order(target, statement, ranges)
    return Reading(
        target,
        ranges,
        _reverse(target, statement.order),
        wanted,
        columns,
        selection.fetched,
        consistent,
    )


def _ranges(
    target: Target, terms: Sequence[KeyTerm], order: Sequence[Order]
) -> tuple[KeyRange, ...] | None:
    """In the order wanted; None when no equality holds the partition key."""
    hashes: list[list[KeyComparison]] = []
    for key in target.partition:
        term = _term(key, terms, _EQUALITIES)
        if term is None:
            return None
        values = _distinct(term.operands)
        for each in order:
            if each.name == key.name:
                values = _sorted(values, descending=each.descending)
        hashes.append(_equals(values))
    if max(map(len, hashes)) > _MOST_PARTITIONS:
        raise _too_many(max(map(len, hashes)))
    names = [key.name for key in target.partition]
    choices = list(hashes)
    reverse = _reverse(target, order)
    for key in target.sort:
        term = _term(key, terms, _EQUALITIES) or _term(key, terms, _RANGES)
        if term is None:
            break
        wanted = [KeyComparison(term.operator, term.operands)]
        if term.operator == "IN":
            wanted = _equals(_sorted(_distinct(term.operands), descending=reverse))
            if prod(map(len, choices)) * len(wanted) > _MOST_RANGES:
                # The filter has it, too.
                break
        names.append(key.name)
        choices.append(wanted)
        if term.operator not in _EQUALITIES:
            break
    found = [dict(zip(names, each, strict=True)) for each in product(*choices)]
    if len(found) > _MOST_RANGES:
        raise _too_many(len(found))
    return tuple(key_range(target, each) for each in found)


def _reverse(target: Target, order: Sequence[Order]) -> bool:
    names = [key.name for key in target.sort]
    # Of two the first counts.
    return next((each.descending for each in order if each.name in names), False)


def _term(key: KeyAttribute, terms: Sequence[KeyTerm], operators: Sequence[str]) -> KeyTerm | None:
    for term in terms:
        if term.name == key.name and term.operator in operators:
            for value in term.operands:
                check_type(key, value)
            return term
    return None


def _equals(values: Iterable[Item]) -> list[KeyComparison]:
    return [KeyComparison("EQ", (value,)) for value in values]


def _distinct(values: Iterable[Item]) -> list[Item]:
    found: list[Item] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _sorted(values: Iterable[Item], *, descending: bool) -> list[Item]:
    return sorted(values, key=to_key, reverse=descending)


def _too_many(count: int) -> ApiError:
    return errors.validation(
        f"The IN operator is provided with too many operands; number of operands: {count}"
    )


def _check_order(target: Target, statement: Select, ranges: tuple[KeyRange, ...] | None) -> None:
    if not statement.order:
        return
    if statement.where is None:
        raise nothing_to_order()
    if ranges is None:
        raise no_partition_to_order()
    names = [key.name for key in target.keys]
    for each in statement.order:
        if each.refusal is not None:
            raise errors.validation(each.refusal)
        if each.name not in names:
            raise errors.validation(
                f"Variable reference {each.name} in ORDER BY clause must be part of the primary key"
            )
