"""Where DynamoDB Local is known not to answer as DynamoDB does, each case as narrow as it can be.

`why` is said of DynamoDB Local 2.6.0. What is not in this table is a difference of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .requests import Step
from .servers import error_of, normal

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Known:
    why: str
    applies: Callable[[Step, Answer, Answer], bool]


def _messages(ours: Answer, local: Answer) -> tuple[str, str]:
    if ours[0] == 200 or local[0] == 200:
        return "", ""
    return error_of(ours[1])[1], error_of(local[1])[1]


def _without_capacity(answer: Answer) -> Any:
    body = dict(answer[1])
    body.pop("ConsumedCapacity", None)
    return normal(body)


def _only_capacity(step: Step, ours: Answer, local: Answer) -> bool:
    return ours[0] == local[0] == 200 and _without_capacity(ours) == _without_capacity(local)


def _uninvited_capacity(step: Step, ours: Answer, local: Answer) -> bool:
    return step.operation == "DeleteItem" and _only_capacity(step, ours, local)


def _batch_capacity(step: Step, ours: Answer, local: Answer) -> bool:
    return step.operation.startswith("Batch") and _only_capacity(step, ours, local)


def _empty_query(step: Step, ours: Answer, local: Answer) -> bool:
    return step.operation == "Query" and _only_capacity(step, ours, local) and not local[1]["Items"]


def _no_cursor_at_the_low_bound(step: Step, ours: Answer, local: Answer) -> bool:
    if step.operation != "Query" or (ours[0], local[0]) != (200, 200):
        return False
    cursor = ours[1].get("LastEvaluatedKey")
    values = step.request.get("ExpressionAttributeValues", {}).values()
    return (
        step.request.get("ScanIndexForward") is False
        and ours[1]["ScannedCount"] == step.request.get("Limit")
        and any(word in step.request["KeyConditionExpression"] for word in (" BETWEEN ", " >= "))
        and "LastEvaluatedKey" not in local[1]
        and cursor is not None
        and any(value in values for name, value in cursor.items() if name in ("sk", "d"))
        and normal(local[1] | {"LastEvaluatedKey": cursor}) == normal(ours[1])
    )


def _overlap(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return "Two document paths" in one and "Two document paths" in two


def _bytes_as_java(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return (
        "java.nio.HeapByteBuffer" in two
        and one.partition("operand:")[0] == two.partition("operand:")[0]
    )


def _type_names(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return (
        "is not supported for the type" in one and one.rpartition(" ")[0] == two.rpartition(" ")[0]
    )


_WITH_THE_ITEM = (
    "The document path provided in the update expression is invalid for update",
    "The provided expression refers to an attribute that does not exist in the item",
    "An operand in the update expression has an incorrect data type",
)


def _two_faults(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return one in _WITH_THE_ITEM and two in _WITH_THE_ITEM


def _index_key_type(step: Step, ours: Answer, local: Answer) -> bool:
    if ours[0] != 400:
        return False
    message = error_of(ours[1])[1]
    if step.operation == "TransactWriteItems":
        message = str(ours[1])
    return "attempted to update the secondary index key" in message


def _scalars(step: Step, ours: Answer, local: Answer) -> bool:
    text = "are not allowed: IndexKey: "
    return (ours[0] == 400 and text in str(ours[1])) or (local[0] == 400 and text in str(local[1]))


def _transaction_reasons(step: Step, ours: Answer, local: Answer) -> bool:
    if step.operation != "TransactWriteItems" or (ours[0], local[0]) != (400, 400):
        return False
    one, two = error_of(ours[1]), error_of(local[1])
    if one[0] != "TransactionCanceledException":
        return False
    if two[0] == "ValidationException":
        told = [reason.get("Message") for reason in ours[1]["CancellationReasons"]]
        return two[1] in told or "ValidationError" in one[1]
    # A full stop more behind the message of a failed check.
    return str(ours[1]["CancellationReasons"]) == str(local[1]["CancellationReasons"]).replace(
        "failed.", "failed"
    )


KNOWN = (
    Known("DeleteItem tells of capacity unasked", _uninvited_capacity),
    Known("batches count nothing for items that are absent, or twice", _batch_capacity),
    Known("a query that finds nothing counts nothing", _empty_query),
    Known("a full page that ends backwards at a low bound has no key", _no_cursor_at_the_low_bound),
    Known("of overlapping paths the second is named wrongly", _overlap),
    Known("AttributeUpdates are refused with longer names of types", _type_names),
    Known("of two faults that only the item shows it tells the other", _two_faults),
    Known("bytes are shown as Java prints their buffer", _bytes_as_java),
    Known("index keys of a wrong type are taken, or refused in other words", _index_key_type),
    Known("paths into index keys are looked for at different times", _scalars),
    Known(
        "a fault that shows with the item refuses a transaction, not its action",
        _transaction_reasons,
    ),
)


def same(ours: Answer, local: Answer) -> bool:
    if ours[0] != local[0]:
        return False
    if ours[0] == 200:
        return bool(normal(ours[1]) == normal(local[1]))
    return error_of(ours[1]) == error_of(local[1])


def known(step: Step, ours: Answer, local: Answer) -> str | None:
    """Why the answers differ; None where nobody knows."""
    return next((each.why for each in KNOWN if each.applies(step, ours, local)), None)
