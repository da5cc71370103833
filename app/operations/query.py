"""Query: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html"""

from __future__ import annotations

from .. import errors
from ..expressions import Condition, KeyCondition, Placeholders, condition, legacy
from ..model.rows import Bounds, Key, KeyValue, Page
from ..model.table import KeyAttribute, Table
from .context import Context
from .keys import check_condition_value
from .paging import collect
from .parameters import placeholders_of, refuse_mixed
from .registry import Answer, Request
from .selection import Selection, check_select, page_answer, requested_projection
from .start_key import given_start, query_start
from .tables import refuse_index, usable_table

_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_LEGACY = ("AttributesToGet", "QueryFilter", "KeyConditions")


async def run(ctx: Context, request: Request) -> Answer:
    refuse_mixed(request, expressions=_EXPRESSIONS, legacy=_LEGACY)
    start = given_start(request)
    check_select(request, "Querying")
    placeholders = placeholders_of(request, _EXPRESSIONS)
    wanted = _filter(request, placeholders)
    projection = requested_projection(request, placeholders)
    key_condition = _key_condition(request, placeholders)
    placeholders.check_unused()
