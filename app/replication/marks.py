"""Marks: which record was applied last to an item, for as long as an older one may come.

They are items of a table of their own, written in one transaction with the item that they are of.
"""

from __future__ import annotations

import asyncio
from hashlib import blake2b

import orjson

from ..errors import ApiError
from ..model.isolation import ALWAYS, TAG
from ..model.plans import Change as PlannedChange
from ..model.plans import Old, Put, Refused, WritePlan
from ..model.rows import Item
from ..model.table import Table
from ..operations import create_table, update_time_to_live
from ..operations.context import Context
from ..operations.item_plans import put_plan
from ..operations.tables import usable_table
from .records import Change, Moment

TABLE = "dynaspan.replication"
"""Made when it is first needed. Its items are small: 32 bytes of key, label and number."""

_KEY, _STREAM, _SEQUENCE, _UNTIL = "item", "stream", "sequence", "until"
_PAUSE = 0.05


async def marks_table(ctx: Context) -> Table:
    """Raises ApiError and StoreError."""
    found = await ctx.store.table(TABLE)
    if found is None or found.ttl is None:
        await _make(ctx)
    deadline = ctx.clock.monotonic() + ctx.settings.deadline
    while True:
        try:
            return await usable_table(ctx, TABLE)
        except ApiError:
            if ctx.clock.monotonic() > deadline:
                raise
        await asyncio.sleep(_PAUSE)


def mark_plan(marks: Table, target: Table, change: Change, until: float) -> WritePlan:
    """Refused if the item has been told of this change, or of a later one, before.

    until: epoch second at which the mark of a deleted item may go.
    """
    name = orjson.dumps((target.id, change.keys), option=orjson.OPT_SORT_KEYS)
    moment = change.moment
    mark: Item = {
        _KEY: {"S": blake2b(name, digest_size=32).hexdigest()},
        _STREAM: {"S": moment.stream},
        _SEQUENCE: {"S": str(moment.sequence)},
    }
    if change.image is None:
        mark[_UNTIL] = {"N": str(int(until))}
    plan = put_plan(marks, mark)

    def advance(old: Item | None) -> PlannedChange:
        if old is not None and not _moment(old) < moment:
            return Refused()
        return Put(mark)

    return WritePlan(plan.table, plan.key, advance, Old.NEEDED)


def _moment(mark: Item) -> Moment:
    return Moment(mark[_STREAM]["S"], int(mark[_SEQUENCE]["S"]))


async def _make(ctx: Context) -> None:
    """Several processes may do so at once, and any may die on the way."""
    attributes = [{"AttributeName": _KEY, "AttributeType": "S"}]
    keys = [{"AttributeName": _KEY, "KeyType": "HASH"}]
    request = {
        "TableName": TABLE,
        "AttributeDefinitions": attributes,
        "KeySchema": keys,
        "BillingMode": "PAY_PER_REQUEST",
        # Of two who apply changes at once the later change must win, whatever the default is.
        "Tags": [{"Key": TAG, "Value": ALWAYS}],
    }
    expiry = {"AttributeName": _UNTIL, "Enabled": True}
    try:
        await create_table.run(ctx, request)
    except ApiError as fault:
        if fault.code != "ResourceInUseException":
            raise
    try:
        await update_time_to_live.run(ctx, {"TableName": TABLE, "TimeToLiveSpecification": expiry})
    except ApiError as fault:
        # Somebody else was faster, or it is being made: whoever comes next looks again.
        if fault.code not in ("ValidationException", "ResourceInUseException"):
            raise
