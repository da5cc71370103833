"""What UpdateTable answers: much of it is as it was before, until the table is ACTIVE again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..model.table import Table, Throughput
from .context import Context
from .describe import census_of, description
from .registry import Request
from .throughput_rules import decreases_today


async def updated_description(
    ctx: Context, request: Request, before: Table, changed: Table, *, shown: bool
) -> dict[str, Any]:
    """`shown`: the table is UPDATING for the change."""
    now = ctx.clock.time()
    # To say again how it is billed, or its class, changes nothing, but is answered so.
    again = "BillingMode" in request or "TableClass" in request
    status = "UPDATING" if shown or again else before.state(now)
    told = replace(_with_units_before(changed, before, now), options=before.options)
    described = description(ctx, told, await census_of(ctx, before), status=status)
    if before.billing_mode != changed.billing_mode == "PAY_PER_REQUEST":
        described["BillingModeSummary"] = {"BillingMode": changed.billing_mode}
    _tell_bounds(described, request)
    updates = request.get("GlobalSecondaryIndexUpdates") or ()
    given = {each["Update"]["IndexName"]: each["Update"] for each in updates if "Update" in each}
    for index in described.get("GlobalSecondaryIndexes", ()):
        update = given.get(index["IndexName"], {})
        _tell_bounds(index, update)
        if index["IndexStatus"] == "ACTIVE" and update.keys() - {"IndexName", "WarmThroughput"}:
            index["IndexStatus"] = "UPDATING"
    return described


def _tell_bounds(described: dict[str, Any], given: dict[str, Any]) -> None:
    """A bound that is taken away is told, this time."""
    if given.get("OnDemandThroughput"):
        bounds = described.get("OnDemandThroughput", {}) | given["OnDemandThroughput"]
        described["OnDemandThroughput"] = bounds
    if given.get("WarmThroughput") and "WarmThroughput" in described:
        described["WarmThroughput"]["Status"] = "UPDATING"


def _with_units_before(changed: Table, before: Table, now: float) -> Table:
    """New units are there when it is ACTIVE again, but those of another mode at once.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/API_UpdateTable_v20111205.html
    """
    if changed.billing_mode != before.billing_mode:
        return changed
    indexes = []
    for index in changed.indexes:
        old = before.index(index.name)
        if old is not None:
            units = _units_of(old.throughput, index.throughput, now)
            index = replace(index, throughput=units, warm=old.warm)
        indexes.append(index)
    units = _units_of(before.throughput, changed.throughput, now)
    return replace(changed, throughput=units, warm=before.warm, indexes=tuple(indexes))


def _units_of(old: Throughput, new: Throughput, now: float) -> Throughput:
    count = decreases_today(old, now)
    return replace(new, read=old.read, write=old.write, decreases_today=count)
