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
from .accept import compiled
from .constraints import faults
from .reader import read
from .references import check_references
from .shapes import Shape, input_shape, targets

OPERATION_NAMES = frozenset(targets())
"""Every X-Amz-Target of the API, e.g. "DynamoDB_20120810.PutItem"."""

_MOST_FAULTS = 10


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


def examine(shape: Shape, request: Any) -> None:
    """The exact check, in the service's order."""
    late = read(shape, request)
    check_references(shape, request)
    found = list(islice(faults(shape, request), _MOST_FAULTS))
    if found:
        errors_ = "errors" if len(found) > 1 else "error"
        raise errors.validation(f"{len(found)} validation {errors_} detected: {'; '.join(found)}")
    if late is not None:
        raise late
