"""Where DynamoDB Local is known not to answer as DynamoDB does, each case as narrow as it can be.

`why` is said of DynamoDB Local 2.6.0. What is not in this table is a difference of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .servers import error_of, normal
from .steps import TABLE, Step

Answer = tuple[int, Any]


_OPERATIONS = "tests/operations/test_"


@dataclass(frozen=True)
class Known:
    """`test` pins what DynamoDB does, as far as it is known."""

    why: str
    test: str
    applies: Callable[[Step, Answer, Answer], bool]


def _messages(ours: Answer, local: Answer) -> tuple[str, str]:
    if ours[0] == 200 or local[0] == 200:
        return "", ""
    return error_of(ours[1])[1], error_of(local[1])[1]


def _without_capacity(answer: Answer) -> Any:
    body = dict(answer[1])
    body.pop("ConsumedCapacity", None)
    return normal(body)


def _only_capacity(ours: Answer, local: Answer) -> bool:
    return ours[0] == local[0] == 200 and _without_capacity(ours) == _without_capacity(local)


def _units(answer: Answer) -> float:
    consumed = answer[1]["ConsumedCapacity"]
    told = consumed if isinstance(consumed, list) else [consumed]
    return float(sum(each["CapacityUnits"] for each in told))


def _uninvited_capacity(step: Step, ours: Answer, local: Answer) -> bool:
    return (
        step.operation == "DeleteItem"
        and "ReturnConsumedCapacity" not in step.request
        and _only_capacity(ours, local)
    )


def _absent_items(step: Step, ours: Answer, local: Answer) -> bool:
    if step.operation != "BatchGetItem" or not _only_capacity(ours, local):
        return False
    wanted = step.request["RequestItems"][TABLE]["Keys"]
    absent = len(wanted) - len(ours[1]["Responses"][TABLE])
    return _units(ours) == _units(local) + absent / 2


def _batch_writes(step: Step, ours: Answer, local: Answer) -> bool:
    if step.operation != "BatchWriteItem" or not _only_capacity(ours, local):
        return False
    return 0 < abs(_units(ours) - _units(local)) <= 4 * len(step.request["RequestItems"][TABLE])


def _empty_query(step: Step, ours: Answer, local: Answer) -> bool:
    return (
        step.operation == "Query"
        and _only_capacity(ours, local)
        and (_units(ours), _units(local)) == (0.5, 0)
        and ours[1]["ScannedCount"] == 0
    )


def _no_cursor_at_a_bound(step: Step, ours: Answer, local: Answer) -> bool:
    if step.operation != "Query" or (ours[0], local[0]) != (200, 200):
        return False
    cursor = ours[1].get("LastEvaluatedKey")
    values = step.request.get("ExpressionAttributeValues", {}).values()
    words = (" BETWEEN ",) if step.request.get("ScanIndexForward", True) else (" BETWEEN ", " >= ")
    return (
        ours[1]["ScannedCount"] == step.request.get("Limit")
        and any(word in step.request["KeyConditionExpression"] for word in words)
        and "LastEvaluatedKey" not in local[1]
        and cursor is not None
        and any(value in values for name, value in cursor.items() if name in ("sk", "d"))
        and normal(local[1] | {"LastEvaluatedKey": cursor}) == normal(ours[1])
    )


def _overlap(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return "Two document paths" in one and one.split("path two")[0] == two.split("path two")[0]


def _bytes_as_java(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return (
        "java.nio.HeapByteBuffer" in two
        and one.partition("operand:")[0] == two.partition("operand:")[0]
    )


def _type_names(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return (
        "AttributeUpdates" in step.request
        and "is not supported for the type" in one
        and one.rpartition(" ")[0] == two.rpartition(" ")[0]
    )


def _updates_one_by_one(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return (
        "AttributeUpdates" in step.request
        and "is not supported for the type" in one
        and two == "Type mismatch for attribute to update"
    )


_WITH_THE_ITEM = (
    "The document path provided in the update expression is invalid for update",
    "The provided expression refers to an attribute that does not exist in the item",
    "An operand in the update expression has an incorrect data type",
)


def _two_faults(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return step.operation == "UpdateItem" and one in _WITH_THE_ITEM and two in _WITH_THE_ITEM


def _index_key_type(step: Step, ours: Answer, local: Answer) -> bool:
    text = "attempted to update the secondary index key to unsupported type"
    return step.operation in ("UpdateItem", "TransactWriteItems") and text in str(ours[1])


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


def _select(message: str) -> bool:
    return "when choosing to get" in message or "ALL_PROJECTED_ATTRIBUTES can" in message


def _select_of_a_query(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return step.operation == "Query" and _select(two) and one.endswith(f": {two}")


_START = "The provided starting key is invalid"
_START_WORDS = {
    "Exclusive Start Key must have same size as table's key schema": _START,
    "Type mismatch for attribute to update": _START,
    "The provided starting key does not match the range key predicate": (
        "The provided starting key is outside query boundaries based on provided conditions"
    ),
}


def _start_words(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return (
        "ExclusiveStartKey" in step.request
        and two in _START_WORDS
        and one.startswith(_START_WORDS[two])
    )


def _start_before_select(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return "ExclusiveStartKey" in step.request and two in _START_WORDS and _select(one)


def _key_after_condition(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    found = re.search(r"\b(pk|sk)\b", step.request.get("UpdateExpression", ""))
    return bool(
        found is not None
        and one.endswith(f"Cannot update attribute {found[1]}. This attribute is part of the key")
        and two == "The conditional request failed"
    )


def _paths_before_select(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    return _select(one) and two.startswith("Key attributes must be scalars; ")


def _index_before_text(step: Step, ours: Answer, local: Answer) -> bool:
    one, two = _messages(ours, local)
    missed = f"The table does not have the specified index: {step.request.get('IndexName')}"
    faults = (
        "Invalid FilterExpression: ",
        "Invalid ProjectionExpression: ",
        "One or more parameter values were invalid: ComparisonOperator ",
    )
    return two == missed and (_select(one) or one.startswith(faults))


KNOWN = (
    Known(
        "DeleteItem tells of capacity unasked",
        _OPERATIONS + "delete_item.py::test_deleting_what_is_not_there_is_no_fault",
        _uninvited_capacity,
    ),
    Known(
        "BatchGetItem counts nothing for items that are absent",
        _OPERATIONS + "batch_get_item.py::test_capacity_is_told_for_each_table",
        _absent_items,
    ),
    Known(
        "BatchWriteItem counts deletes of absent items and changes of indexes otherwise",
        _OPERATIONS + "capacity.py::test_a_batch_adds_up_by_table",
        _batch_writes,
    ),
    Known(
        "a query that finds nothing counts nothing",
        _OPERATIONS + "capacity.py::test_a_query_that_finds_nothing_counts_the_least",
        _empty_query,
    ),
    Known(
        "a full page that ends at the bound it goes to has no key",
        _OPERATIONS + "paging.py::test_a_full_page_at_a_bound_has_a_key",
        _no_cursor_at_a_bound,
    ),
    Known(
        "of overlapping or conflicting paths the second is named wrongly",
        _OPERATIONS + "update_expressions.py::test_bad_expressions",
        _overlap,
    ),
    Known(
        "AttributeUpdates are refused with longer names of types",
        _OPERATIONS + "legacy.py::test_bad_updates",
        _type_names,
    ),
    Known(
        "of two faults that only the item shows it tells the other",
        _OPERATIONS + "update_expressions.py::test_updates_that_the_item_does_not_allow",
        _two_faults,
    ),
    Known(
        "bytes are shown as Java prints their buffer",
        _OPERATIONS + "condition_expressions.py::test_bad_conditions",
        _bytes_as_java,
    ),
    Known(
        "updates to index keys of a wrong type are taken, or refused in other words",
        _OPERATIONS
        + "indexes.py::test_items_that_cannot_be_in_an_index_are_refused_and_change_nothing",
        _index_key_type,
    ),
    Known(
        "paths into index keys are looked for at different times",
        _OPERATIONS + "indexes.py::test_paths_into_index_keys",
        _scalars,
    ),
    Known(
        "a fault that shows with the item refuses a transaction, not its action",
        _OPERATIONS + "transact_write_items.py::test_faults_of_single_items",
        _transaction_reasons,
    ),
    Known(
        "wrong starting keys are refused in other words",
        _OPERATIONS + "query.py::test_bad_starting_keys",
        _start_words,
    ),
    Known(
        "a wrong Select of a Query is refused as one of a Scan",
        _OPERATIONS + "query.py::test_bad_parameters",
        _select_of_a_query,
    ),
    Known(
        "it looks at the starting key before Select",
        _OPERATIONS + "errors.py::test_one_of_two_faults",
        _start_before_select,
    ),
    Known(
        "it asks the condition before it sees that an update changes the key",
        _OPERATIONS + "update_item.py::test_a_change_of_the_key_is_found_before_the_condition",
        _key_after_condition,
    ),
    Known(
        "it holds the first of AttributeUpdates against the item before it has seen all types",
        _OPERATIONS + "legacy.py::test_types_of_all_updates_come_before_the_item",
        _updates_one_by_one,
    ),
    Known(
        "it looks at paths into keys before Select",
        _OPERATIONS + "errors.py::test_one_of_two_faults",
        _paths_before_select,
    ),
    Known(
        "it looks for the index before Select, filters and projections",
        _OPERATIONS + "errors.py::test_one_of_two_faults",
        _index_before_text,
    ),
)


def same(step: Step, ours: Answer, local: Answer) -> bool:
    if ours[0] != local[0]:
        return False
    if ours[0] == 200:
        # Which items come first in a table is nobody's to say.
        limited = step.operation == "Scan" and "Limit" in step.request
        return limited or bool(_shown(step, ours) == _shown(step, local))
    return error_of(ours[1]) == error_of(local[1])


def _shown(step: Step, answer: Answer) -> Any:
    found = normal(answer[1])
    if step.operation == "Scan":
        # Items of several partitions are in no order, and some are there on one side only.
        found.pop("ScannedCount")
        found["Items"] = sorted(found.get("Items", ()), key=repr)
    return found


def known(step: Step, ours: Answer, local: Answer) -> str | None:
    """Why the answers differ; None where nobody knows."""
    return next((each.why for each in KNOWN if each.applies(step, ours, local)), None)
