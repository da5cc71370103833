"""Is a request what the API's model says? One check for each operation, compiled when first used.

The column of checks is the service's: JSON types, the table's name, constraints. A request with
nothing wrong is accepted by closures in one pass (`accept`); anything else goes the exact way,
which finds the service's words or makes the request plain.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any

from ... import errors
from ...model.limits import MOST
from .accept import compiled
from .constraints import faults
from .reader import read
from .references import check_references
from .shapes import Shape, input_shape, targets

OPERATION_NAMES = frozenset(targets())
"""Every X-Amz-Target of the API, e.g. "DynamoDB_20120810.PutItem"."""

_MOST_FAULTS = 10

# Lists of which some tables take longer ones than the service does.
_PATIENT = {
    "BatchGetItem": {"KeyList": MOST.batch_get},
    "BatchWriteItem": {"WriteRequests": MOST.batch_write},
}


@cache
def validator(operation: str) -> Callable[[Any], None]:
    """The check of an operation's request, e.g. "PutItem". Raises KeyError for an unknown one.

    It raises SerializationException or ValidationException. A request that passes holds known
    members only, none of them null, each of its JSON type; members that are null or unknown have
    been removed, numbers cut to their range.
    """
    shape = input_shape(operation)
    accept = compiled(shape)

    def validate(request: Any) -> None:
        if not accept(request):
            examine(shape, request)

    return validate


@cache
def patient_validator(operation: str) -> Callable[[Any], None]:
    """As `validator`, for an operation on batches: a batch that is larger than the service's but
    not too large for some tables passes, and is to be looked at again."""
    shape = input_shape(operation)
    patient = input_shape(operation, _PATIENT[operation])
    accept, accept_patiently = compiled(shape), compiled(patient)

    def validate(request: Any) -> None:
        if not accept(request) and not accept_patiently(request):
            examine(shape, request, patient)

    return validate


def refuse_batch(operation: str, request: Any, most: int) -> None:
    """Raises what `validator` would say of a request that has passed `patient_validator`, were
    `most` the length of a list in it."""
    _refuse(input_shape(operation, dict.fromkeys(_PATIENT[operation], most)), request)


def examine(shape: Shape, request: Any, patient: Shape | None = None) -> None:
    """The exact check, in the service's order. Where nothing is wrong by `patient`, nothing is."""
    late = read(shape, request)
    check_references(shape, request)
    if patient is None or any(faults(patient, request)):
        _refuse(shape, request)
    if late is not None:
        raise late


def _refuse(shape: Shape, request: Any) -> None:
    found = list(islice(faults(shape, request), _MOST_FAULTS))
    if found:
        errors_ = "errors" if len(found) > 1 else "error"
        raise errors.validation(f"{len(found)} validation {errors_} detected: {'; '.join(found)}")
