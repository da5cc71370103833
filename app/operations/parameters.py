"""Cross-field rules that several operations share."""

from __future__ import annotations

from collections.abc import Iterable

from .. import errors
from ..expressions import Placeholders, check_takers
from .registry import Request


def refuse_mixed(request: Request, *, expressions: Iterable[str], legacy: Iterable[str]) -> None:
    """Expression parameters and the older ones cannot be used together, and without any of the
    former there is no use for names and values. All that is asked before any value is looked at.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
    """
    new = [name for name in expressions if request.get(name) is not None]
    if not new:
        _check_takers(request, expressions)
        return
    old = [name for name in legacy if request.get(name) is not None]
    if old:
        raise errors.validation(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} "
            f"Expression parameters: {{{', '.join(new)}}}"
        )
    if new == ["ProjectionExpression"]:
        _check_takers(request, expressions)


def placeholders_of(request: Request, expressions: Iterable[str]) -> Placeholders:
    """ExpressionAttributeNames and -Values, checked against the expressions of the operation."""
    placeholders = Placeholders(
        request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    )
    placeholders.check({name: request.get(name) for name in expressions})
    return placeholders


def _check_takers(request: Request, expressions: Iterable[str]) -> None:
    names = request.get("ExpressionAttributeNames")
    values = request.get("ExpressionAttributeValues")
    # Most requests without expressions have neither.
    if names is not None or values is not None:
        check_takers(names, values, {name: request.get(name) for name in expressions})
