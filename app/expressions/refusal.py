"""An expression that the service refuses."""

from __future__ import annotations

from .. import errors
from ..errors import ApiError


class Refused(Exception):
    """Its text lacks only the `Invalid ConditionExpression: ` in front."""


def invalid(parameter: str, refusal: Refused) -> ApiError:
    """`parameter` is the request member, e.g. "FilterExpression"."""
    return errors.validation(f"Invalid {parameter}: {refusal}")


def undefined(key: str) -> Refused:
    """`key` is a `#name` or `:value` that the request does not give."""
    if key.startswith("#"):
        what = "name used in the document path is not defined; attribute name"
    else:
        what = "value used in expression is not defined; attribute value"
    return Refused(f"An expression attribute {what}: {key}")
