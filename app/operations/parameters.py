"""Cross-field rules that several operations share."""

from __future__ import annotations

from collections.abc import Iterable

from .. import errors
from ..expressions import Placeholders
from .registry import Request


def refuse_mixed(request: Request, *, expressions: Iterable[str], legacy: Iterable[str]) -> None:
    """Expression parameters and the older ones cannot be used together.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
    """
    new = [name for name in expressions if request.get(name) is not None]
    if not new:
        return
    old = [name for name in legacy if request.get(name) is not None]
    if request.get("ConditionalOperator") is not None:
        old.append("ConditionalOperator")
    if old:
        raise errors.validation(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} "
            f"Expression parameters: {{{', '.join(new)}}}"
        )


def placeholders_of(request: Request, expressions: tuple[str, ...]) -> Placeholders:
    """ExpressionAttributeNames and -Values, which make sense only beside an expression."""
    names = request.get("ExpressionAttributeNames")
    values = request.get("ExpressionAttributeValues")
    if (names is None and values is None) or any(
        request.get(name) is not None for name in expressions
    ):
        return Placeholders(names, values)
    given = "ExpressionAttributeNames" if names is not None else "ExpressionAttributeValues"
    taking = _takes_values(expressions) if names is None else expressions
    verb = "is" if len(taking) == 1 else "are"
    raise errors.validation(
        f"{given} can only be specified when using expressions: {' and '.join(taking)} {verb} null"
    )


def _takes_values(expressions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in expressions if name != "ProjectionExpression")
