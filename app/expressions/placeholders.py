"""ExpressionAttributeNames and ExpressionAttributeValues of one request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .. import errors
from ..errors import ApiError
from ..values import in_hash_order, normalize
from .refusal import invalid, undefined

_TAKES_NO_VALUES = "ProjectionExpression"
_MAX_KEY = 255
_MAX_NAME = 65535

_is_name_key = re.compile(r"#[A-Za-z0-9_]+").fullmatch
_is_value_key = re.compile(r":[A-Za-z0-9_]+").fullmatch


class Placeholders:
    """Call `check` before any expression is bound, and `check_unused` when all are.

    `environment` maps the keys of both to what they stand for.
    """

    __slots__ = ("_names", "_used", "_values", "environment")

    def __init__(
        self, names: Mapping[str, str] | None = None, values: Mapping[str, Any] | None = None
    ) -> None:
        self._names = names
        self._values = values
        self._used: set[str] = set()
        self.environment: Mapping[str, Any] = names or values or {}
        if names and values:
            self.environment = {**names, **values}

    def check(self, expressions: Mapping[str, str | None]) -> None:
        """Syntax of keys, and values, which become canonical in place.

        `expressions` are all expression parameters of the operation in the service's order, those
        that were not given as None. Raises ValidationException.
        """
        names, values = self._names, self._values
        check_takers(names, values, expressions)
        if names is not None:
            _check_names(names)
        if values is not None:
            _check_values(values)

    def use(self, keys: Iterable[str]) -> None:
        """`keys` count as used from now on."""
        self._used.update(keys)

    def name(self, key: str, parameter: str) -> str:
        """What `#name` stands for, used from now on. Raises `Invalid {parameter}: ...`."""
        return str(self._get(key, parameter))

    def value(self, key: str, parameter: str) -> dict[str, Any]:
        """What `:value` stands for, used from now on. Raises `Invalid {parameter}: ...`."""
        value: dict[str, Any] = self._get(key, parameter)
        return value

    def check_unused(self) -> None:
        """Raises ValidationException when a name or value occurs in no expression."""
        names, values = self._names or (), self._values or ()
        if len(self._used) == len(names) + len(values):
            return
        for parameter, given in (
            ("ExpressionAttributeNames", names),
            ("ExpressionAttributeValues", values),
        ):
            unused = [key for key in given if key not in self._used]
            if unused:
                raise errors.validation(
                    f"Value provided in {parameter} unused in expressions: "
                    f"keys: {{{', '.join(in_hash_order(unused))}}}"
                )

    def _get(self, key: str, parameter: str) -> Any:
        if key not in self.environment:
            raise invalid(parameter, undefined(key))
        self._used.add(key)
        return self.environment[key]


def _is_given(text: str | None) -> bool:
    return text is not None


def check_takers(names: object, values: object, expressions: Mapping[str, str | None]) -> None:
    """Raises ValidationException for names or values, if not None, that no expression can use.

    `expressions` are those of `Placeholders.check`.
    """
    if names is not None and not any(map(_is_given, expressions.values())):
        raise errors.validation(
            "ExpressionAttributeNames can only be specified when using expressions"
        )
    if values is None:
        return
    takers = []
    for name, text in expressions.items():
        if name != _TAKES_NO_VALUES:
            if text is not None:
                return
            takers.append(name)
    raise errors.validation(
        "ExpressionAttributeValues can only be specified when using expressions: "
        f"{' and '.join(takers)} {'is' if len(takers) == 1 else 'are'} null"
    )


def _check_names(names: Mapping[str, str]) -> None:
    if not names:
        raise errors.validation("ExpressionAttributeNames must not be empty")
    for key in names:
        if len(key) > _MAX_KEY or not _is_name_key(key):
            raise _invalid_key("ExpressionAttributeNames", key)
    for key, name in names.items():
        if not name:
            raise _invalid_name(key, "Empty attribute name")
        if len(name) > _MAX_NAME // 4 and len(name.encode()) > _MAX_NAME:
            raise _invalid_name(
                key, f"Attribute name is too large, must be less than {_MAX_NAME + 1} bytes"
            )


def _check_values(values: Mapping[str, Any]) -> None:
    if not values:
        raise errors.validation("ExpressionAttributeValues must not be empty")
    for key in values:
        if len(key) > _MAX_KEY or not _is_value_key(key):
            raise _invalid_key("ExpressionAttributeValues", key)
    for key, value in values.items():
        try:
            # By itself a value may be as deep as an item, which it is only a part of.
            normalize(value, 0)
        except ApiError as error:
            raise errors.validation(
                f"ExpressionAttributeValues contains invalid value: {error.message} for key {key}"
            ) from None


def _invalid_key(parameter: str, key: str) -> ApiError:
    size = len(key.encode())
    if not key:
        why = "The expression attribute map contains an empty key;"
    elif size > _MAX_KEY:
        why = "The expression attribute map contains a key that is too long;"
        if parameter == "ExpressionAttributeNames":
            why += f" size of key: {size}"
    else:
        why = f'Syntax error; key: "{key}"'
    return errors.validation(f"{parameter} contains invalid key: {why}")


def _invalid_name(key: str, why: str) -> ApiError:
    return errors.validation(
        f"ExpressionAttributeNames contains invalid value: {why} for key {key}"
    )
