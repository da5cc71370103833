"""Throughput of tables and global indexes: provisioned, on demand, warm.

It is told, not sold: nothing here is throttled by any of it.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from dataclasses import replace
from time import gmtime, strftime
from typing import Any

from .. import errors
from ..model.table import Throughput, Units
from .registry import Request

_MOST_UNITS = 1_000_000_000_000
# Decreases that a day begins with; after them one in an hour.
_FREE_DECREASES = 4
_HOUR, _DAY = 3600, 86_400
_ZONE = "Coordinated Universal Time"
NO_LIMIT = -1
# What the service gives an on-demand table, and each of its indexes, to begin with.
ON_DEMAND_WARM = Units(12_000, 4_000)
_INITIAL = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
)
_PROVISIONED = "the table BillingMode is PROVISIONED"
_OUTSIDE = "is outside of valid range"


def throughput(mode: str, given: dict[str, Any] | None, index: str | None = None) -> Throughput:
    """The throughput a table of this billing mode has, or its index of this name."""
    if mode == "PAY_PER_REQUEST":
        if given is not None:
            raise errors.invalid_parameters(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST"
            )
        return Throughput(0, 0)
    if given is None:
        raise errors.invalid_parameters(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
            "BillingMode is PROVISIONED"
        )
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if given[member] > _MOST_UNITS:
            of = "" if index is None else f" for index {index}"
            raise errors.validation(
                f"Given value {given[member]} for {member} is out of bounds{of}"
            )
    return Throughput(given["ReadCapacityUnits"], given["WriteCapacityUnits"])


def moved(old: Throughput, new: Throughput, now: float, index: str | None = None) -> Throughput:
    """`old`, of a table or of its index of this name, changed to the units of `new`."""
    if (old.read, old.write) == (new.read, new.write):
        what, of = ("the table",) * 2 if index is None else (f"the index {index}", f"index {index}")
        raise errors.validation(
            f"The provisioned throughput for {what} will not change. The requested value equals "
            f"the current value. Current ReadCapacityUnits provisioned for {of}: {old.read}. "
            f"Requested ReadCapacityUnits: {new.read}. "
            f"Current WriteCapacityUnits provisioned for {of}: {old.write}. "
            f"Requested WriteCapacityUnits: {new.write}. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
            "higher limits."
        )
    result = replace(old, read=new.read, write=new.write)
    if new.read > old.read or new.write > old.write:
        result = replace(result, increased=now)
    if new.read < old.read or new.write < old.write:
        decreases = decreases_today(old, now)
        _check_decreases(old, decreases, now)
        result = replace(result, decreased=now, decreases_today=decreases + 1)
    return result


def decreases_today(throughput: Throughput, now: float) -> int:
    """Decreases are counted for each day in UTC."""
    last = throughput.decreased
    same_day = last is not None and int(last // _DAY) == int(now // _DAY)
    return throughput.decreases_today if same_day else 0


def _check_decreases(old: Throughput, today: int, now: float) -> None:
    last = old.decreased
    if today < _FREE_DECREASES or last is None or now - last >= _HOUR:
        return
    # Another day begins anew.
    following = min(last + _HOUR, (now // _DAY + 1) * _DAY)
    raise errors.limit_exceeded(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given "
        "UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be "
        f"performed at most once every {_HOUR} seconds. Number of decreases today: {today}. "
        f"Last decrease at {_date(last)}. Next decrease can be made at {_date(following)}"
    )


def _date(at: float) -> str:
    moment = gmtime(at)
    day = strftime(f"%A, %B {moment.tm_mday}, %Y", moment)
    return f"{day} at {moment.tm_hour % 12 or 12}:{strftime('%M:%S %p', moment)} {_ZONE}"


def on_demand(request: Request, mode: str, old: Units | None, *, made: bool) -> Units | None:
    """OnDemandThroughput, over what the table or index has of it; None where nothing is bounded.

    `made`: the table is, with all its indexes; of one that there is -1 takes a bound away.
    """
    given = request.get("OnDemandThroughput") or {}
    index = request.get("IndexName")
    for name in _members("Max{}RequestUnits"):
        if name not in given:
            continue
        if mode != "PAY_PER_REQUEST":
            of = "" if index is None else f" for index{'' if made else ' '}: {index}"
            raise errors.invalid_parameters(
                f"{name} for OnDemandThroughput{of} cannot be specified when "
                + ("table BillingMode is PROVISIONED." if made else _PROVISIONED)
            )
        if given[name] < 1 and (made or given[name] != NO_LIMIT):
            of = "table" if index is None else f"index : {index}"
            raise errors.invalid_parameters(
                f"Requested {name} for OnDemandThroughput for {of} {_OUTSIDE}"
            )
    if mode != "PAY_PER_REQUEST":
        return None
    read, write = _over(given, "Max{}RequestUnits", old or Units(NO_LIMIT, NO_LIMIT))
    return None if read == write == NO_LIMIT else Units(read, write)


def warm_now(units: Throughput, mode: str, warm: Units | None) -> Units:
    """What a table or index of `units` is warm for; `warm` is what it was made or was warm for."""
    least = ON_DEMAND_WARM if mode == "PAY_PER_REQUEST" else Units(units.read, units.write)
    if warm is None:
        return least
    return Units(max(least.read, warm.read), max(least.write, warm.write))


def first_warm(request: Request, units: Throughput, mode: str) -> Units | None:
    """WarmThroughput of what is made; None for what it has anyway."""
    if not request.get("WarmThroughput"):
        return None
    lower = "{}CapacityUnits of ProvisionedThroughput"
    if mode == "PAY_PER_REQUEST":
        lower = f"initial throughput for OnDemand. See: {_INITIAL}"
    return _warmer(request, warm_now(units, mode, None), lower)


def raised_warm(request: Request, now: Units) -> Units:
    """WarmThroughput of what is warm for `now`."""
    return _warmer(
        request, now, "current WarmThroughput, decreasing WarmThroughput is not supported"
    )


def _warmer(request: Request, least: Units, lower: str) -> Units:
    """`lower` ends the refusal of less than `least`."""
    given = request.get("WarmThroughput") or {}
    read, write = _over(given, "{}UnitsPerSecond", least)
    index = request.get("IndexName")
    of = "table" if index is None else f"index {index}"
    for kind, wanted, bound in (("Read", read, least.read), ("Write", write, least.write)):
        if wanted < bound:
            raise errors.invalid_parameters(
                f"Requested {kind}UnitsPerSecond for WarmThroughput for {of} is lower than "
                + lower.format(kind)
            )
    return Units(read, write)


def _over(given: dict[str, Any], form: str, old: Units) -> tuple[int, int]:
    read, write = _members(form)
    return given.get(read, old.read), given.get(write, old.write)


def _members(form: str) -> tuple[str, str]:
    return form.format("Read"), form.format("Write")
