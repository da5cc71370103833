"""ExecuteStatement: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html"""

from __future__ import annotations

from typing import Any

from .. import errors
from ..model import capacity
from ..model.plans import NotWritten
from ..partiql import EXISTS_REFUSED, Bound, Exists, bind
from .context import Context
from .item_writes import index_units, old_for_answer, refuse, written_units
from .registry import Answer, Request
from .statement_pages import read_page
from .statement_reads import reading_of
from .statement_writes import refuse_without_where, returned, write_plan
from .tables import usable_table
from .writes import run_write


async def run(ctx: Context, request: Request) -> Answer:
    statement = bind(request["Statement"], request.get("Parameters"))
    if isinstance(statement.statement, Exists):
        raise errors.validation(EXISTS_REFUSED)
    if statement.reads:
        reading = await reading_of(ctx, statement, consistent=request.get("ConsistentRead", False))
        return await read_page(ctx, request, statement, reading)
    return await _write(ctx, request, statement)


async def _write(ctx: Context, request: Request, write: Bound) -> Answer:
    refuse_without_where(write)
    table = await usable_table(ctx, write.table)
    mode = request.get("ReturnConsumedCapacity", "NONE")
    plan = write_plan(table, write, old=old_for_answer(request))
    outcome = await run_write(ctx, plan)
    if isinstance(outcome, NotWritten):
        raise refuse(request, outcome)
    item = returned(write, outcome)
    result: dict[str, Any] = {"Items": [item] if item else []}
    if mode != "NONE":
        result["ConsumedCapacity"] = capacity.consumed(
            table, written_units(outcome), index_units(outcome), mode
        )
    return result
