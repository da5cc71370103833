"""Filter criteria of an event source mapping: which records are delivered.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..config import ConfigError

_MOST_FILTERS = 10
_ABSENT = object()

Match = Callable[[Any], bool]
"""Of a value, or of _ABSENT."""


class Filters:
    """A record is delivered if one of the patterns matches it, or if there is none."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Patterns as Lambda takes them, JSON each. Raises ConfigError."""
        if len(texts) > _MOST_FILTERS:
            raise ConfigError(f"filter: at most {_MOST_FILTERS} are taken")
        self._patterns = [_pattern(text) for text in texts]

    def wants(self, record: Mapping[str, Any]) -> bool:
        return not self._patterns or any(matches(record) for matches in self._patterns)


def _pattern(text: str) -> Match:
    try:
        pattern = json.loads(text)
    except ValueError as fault:
        raise ConfigError(f"filter: {text} is not JSON: {fault}") from None
    if not isinstance(pattern, dict) or not pattern:
        raise ConfigError(f"filter: {text} is no pattern: it must be an object with members")
    return _object(pattern)


def _object(pattern: Mapping[str, Any]) -> Match:
    """All members must match; of `$or` one of the patterns."""
    parts = [_member(name, wanted) for name, wanted in pattern.items()]
    return lambda value: all(part(value) for part in parts)


def _member(name: str, wanted: Any) -> Match:
    if name == "$or":
        if not isinstance(wanted, list) or len(wanted) < 2:
            raise ConfigError("filter: $or takes a list of two or more patterns")
        choices = [_object(_checked_object(choice)) for choice in wanted]
        return lambda value: any(choice(value) for choice in choices)
    if isinstance(wanted, dict):
        inner = _object(wanted)
    elif isinstance(wanted, list) and wanted:
        inner = _any_of([_rule(rule) for rule in wanted])
    else:
        raise ConfigError(f"filter: what {name} is held against must be a list with members")
    return lambda value: inner(value[name] if _has(value, name) else _ABSENT)


def _has(value: Any, name: str) -> bool:
    return isinstance(value, Mapping) and name in value


def _checked_object(pattern: Any) -> Mapping[str, Any]:
    if not isinstance(pattern, dict):
        raise ConfigError("filter: $or takes a list of two or more patterns")
    return pattern


def _any_of(rules: Sequence[Match]) -> Match:
    """Of a list one element must match, as EventBridge does it."""

    def match(value: Any) -> bool:
        values = value if isinstance(value, list) and value else [value]
        return any(rule(each) for rule in rules for each in values)

    return match


def _rule(rule: Any) -> Match:
    if not isinstance(rule, dict):
        return lambda value: _same(value, rule)
    if len(rule) != 1:
        raise ConfigError(f"filter: {json.dumps(rule)} must have one operator")
    ((operator, operand),) = rule.items()
    make = _OPERATORS.get(operator)
    if make is None:
        raise ConfigError(f"filter: there is no operator {operator}")
    return make(operand)


def _same(value: Any, wanted: Any) -> bool:
    # True == 1 in Python only.
    return (type(value) is type(wanted) and value == wanted) or _both_numbers(value, wanted)


def _both_numbers(value: Any, wanted: Any) -> bool:
    numbers = all(_is_number(each) for each in (value, wanted))
    return numbers and value == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exists(operand: Any) -> Match:
    if not isinstance(operand, bool):
        raise ConfigError("filter: exists takes true or false")

    def match(value: Any) -> bool:
        # Only leaves exist: an object in the record's place is none.
        found = value is not _ABSENT and not isinstance(value, Mapping)
        return found is operand

    return match


def _text(name: str, test: Callable[[str, str], bool]) -> Callable[[Any], Match]:
    """prefix and suffix, also with {"equals-ignore-case": ...}."""

    def make(operand: Any) -> Match:
        folded = isinstance(operand, dict) and set(operand) == {"equals-ignore-case"}
        wanted = operand["equals-ignore-case"] if folded else operand
        if not isinstance(wanted, str):
            raise ConfigError(f"filter: {name} takes a text")
        if folded:
            low = wanted.lower()
            return lambda value: isinstance(value, str) and test(value.lower(), low)
        return lambda value: isinstance(value, str) and test(value, wanted)

    return make


def _equals_ignore_case(operand: Any) -> Match:
    if not isinstance(operand, str):
        raise ConfigError("filter: equals-ignore-case takes a text")
    return lambda value: isinstance(value, str) and value.lower() == operand.lower()


def _wildcard(operand: Any) -> Match:
    r"""* is any text, \* and \\ are those characters."""
    if not isinstance(operand, str):
        raise ConfigError("filter: wildcard takes a text")
    parts = re.findall(r"\\[*\\]|.", operand, re.DOTALL)
    if any(pair == ("*", "*") for pair in pairwise(parts)):
        raise ConfigError("filter: wildcard takes a text without two * in a row")
    if "\\" in parts:
        raise ConfigError("filter: wildcard takes \\ before * and \\ only")
    found = re.compile(
        "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL
    )
    return lambda value: isinstance(value, str) and found.fullmatch(value) is not None


def _cidr(operand: Any) -> Match:
    """An IPv4 or IPv6 address in this block."""
    try:
        block = ipaddress.ip_network(operand if isinstance(operand, str) else "", strict=False)
    except ValueError:
        raise ConfigError('filter: cidr takes a block such as "10.0.0.0/24"') from None

    def match(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in block
        except ValueError:
            return False

    return match


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


def _numeric(operand: Any) -> Match:
    """["=", 5] or [">", 0, "<=", 5]."""
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise ConfigError('filter: numeric takes a list such as [">", 0, "<=", 5]')
    tests = []
    for sign, bound in zip(operand[::2], operand[1::2], strict=True):
        if sign not in _COMPARISONS or not _is_number(bound):
            raise ConfigError('filter: numeric takes a list such as [">", 0, "<=", 5]')
        tests.append((_COMPARISONS[sign], bound))
    return lambda value: _is_number(value) and all(test(value, bound) for test, bound in tests)


def _anything_but(operand: Any) -> Match:
    """A value, a list of values, or {"prefix": ...} and the like, also of a list; absent values do
    not match."""
    if isinstance(operand, dict) and len(operand) == 1:
        ((operator, wanted),) = operand.items()
        if operator not in _TEXTS:
            raise ConfigError(f"filter: anything-but takes no {operator}")
        choices = wanted if isinstance(wanted, list) and wanted else [wanted]
        inner = _any_of([_rule({operator: each}) for each in choices])
    else:
        values = operand if isinstance(operand, list) else [operand]
        inner = _any_of([_rule(value) for value in values])

    def match(value: Any) -> bool:
        leaf = value is not _ABSENT and not isinstance(value, Mapping)
        return leaf and not inner(value)

    return match


_TEXTS = frozenset(("prefix", "suffix", "equals-ignore-case", "wildcard"))
_OPERATORS: Mapping[str, Callable[[Any], Match]] = {
    "exists": _exists,
    "prefix": _text("prefix", str.startswith),
    "suffix": _text("suffix", str.endswith),
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "cidr": _cidr,
    "numeric": _numeric,
    "anything-but": _anything_but,
}
