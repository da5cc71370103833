"""Throughput of tables and global indexes: provisioned, on demand, warm.

It is told, not sold: nothing here is throttled by any of it.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from dataclasses import replace
from time import gmtime, strftime
from typing import Any

from .. import errors
from ..errors import ApiError
from ..model.table import Throughput, Units
from .registry import Request

_MOST_UNITS = 1_000_000_000_000
# Decreases that a day begins with; after them one in an hour.
_FREE_DECREASES = 4
_HOUR = 3600
NO_LIMIT = -1
# What the service gives an on-demand table, and each of its indexes, to begin with.
ON_DEMAND_WARM = Units(12_000, 4_000)


def throughput(mode: str, given: dict[str, Any] | None) -> Throughput:
    """The throughput a table of this billing mode has."""
    if mode == "PAY_PER_REQUEST":
        if given is not None:
            raise _invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST"
            )
        return Throughput(0, 0)
    if given is None:
        raise _invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
            "BillingMode is PROVISIONED"
        )
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if given[member] > _MOST_UNITS:
            raise errors.validation(f"Given value {given[member]} for {member} is out of bounds")
    return Throughput(given["ReadCapacityUnits"], given["WriteCapacityUnits"])


def moved(old: Throughput, new: Throughput, now: float, what: str) -> Throughput:
    """`old` changed to the units of `new`. `what` is "the table" or "the index NAME"."""
    if (old.read, old.write) == (new.read, new.write):
        raise errors.validation(
            f"The provisioned throughput for {what} will not change. The requested value equals "
            f"the current value. Current ReadCapacityUnits provisioned for {what}: {old.read}. "
            f"Requested ReadCapacityUnits: {new.read}. "
            f"Current WriteCapacityUnits provisioned for {what}: {old.write}. "
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
    same_day = last is not None and int(last // 86400) == int(now // 86400)
    return throughput.decreases_today if same_day else 0


def _check_decreases(old: Throughput, today: int, now: float) -> None:
    last = old.decreased
    if today < _FREE_DECREASES or last is None or now - last >= _HOUR:
        return
    raise errors.limit_exceeded(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given "
        "UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be "
        f"performed at most once every {_HOUR} seconds. Number of decreases today: {today}. "
        f"Last decrease at {_date(last)}. Next decrease can be made at {_date(last + _HOUR)}"
    )


def _date(at: float) -> str:
    moment = gmtime(at)
    day = strftime(f"%A, %B {moment.tm_mday}, %Y", moment)
    return f"{day} at {moment.tm_hour % 12 or 12}:{strftime('%M:%S %p', moment)} UTC"


def on_demand(request: Request, mode: str, old: Units | None) -> Units | None:
    """OnDemandThroughput, over what the table or index has of it; None where nothing is bounded."""
    if mode != "PAY_PER_REQUEST":
        if request.get("OnDemandThroughput"):
            raise _invalid(
                "Neither MaxReadRequestUnits nor MaxWriteRequestUnits can be specified when "
                "BillingMode is PROVISIONED"
            )
        return None
    read, write = _units(request, "OnDemandThroughput", "Max{}RequestUnits", old, least=NO_LIMIT)
    units = Units(read or NO_LIMIT, write or NO_LIMIT)
    return None if units == Units(NO_LIMIT, NO_LIMIT) else units


def warm(request: Request, units: Throughput, mode: str, old: Units | None) -> Units | None:
    """WarmThroughput, over what the table or index has of it; None for what it has anyway."""
    if not request.get("WarmThroughput"):
        return old
    read, write = _units(request, "WarmThroughput", "{}UnitsPerSecond", old, least=1)
    least = ON_DEMAND_WARM if mode == "PAY_PER_REQUEST" else Units(units.read, units.write)
    return Units(read or least.read, write or least.write)


def _units(
    request: Request, member: str, form: str, old: Units | None, *, least: int
) -> tuple[int | None, int | None]:
    given = request.get(member) or {}
    names = [form.format(kind) for kind in ("Read", "Write")]
    for name in names:
        value = given.get(name, 1)
        if value < least or value == 0:
            index = request.get("IndexName")
            of = "table" if index is None else f"index {index}"
            raise _invalid(f"Requested {name} for {member} for {of} is outside of valid range")
    before = (None, None) if old is None else (old.read, old.write)
    read, write = (given.get(name, value) for name, value in zip(names, before, strict=True))
    return read, write


def _invalid(message: str) -> ApiError:
    return errors.validation(f"One or more parameter values were invalid: {message}")
