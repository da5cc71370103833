"""The file of `dynaspan tables attach --map`: which attribute is which column.

    partition_key = { attribute = "who", columns = ["country", "customer"] }
    sort_key = "order"
    leave_out = ["internal"]

    [attributes]
    Total = "total"
    Paid = { column = "paid", type = "N" }

What it does not name is served as without it. `columns` and `type` change nothing: they are
compared with what the table has, so that a table that has changed is not served as something else.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ....config import ConfigError
from ....model.attachment import Column, CqlType
from . import scalars
from .schema import Found

_MOST_NAME_BYTES = 64 * 1024 - 1
_COLLECTIONS = {"list": "L", "tuple": "L", "map": "M", "udt": "M"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Key(_Part):
    attribute: str = Field(min_length=1, max_length=255)
    columns: list[str] | None = None


class _Attribute(_Part):
    column: str
    type: Literal["S", "N", "B", "BOOL", "SS", "NS", "BS", "L", "M"] | None = None


class _File(_Part):
    partition_key: _Key | None = None
    sort_key: _Key | None = None
    leave_out: list[str] = []
    attributes: dict[str, _Attribute] = {}

    @field_validator("partition_key", "sort_key", mode="before")
    @classmethod
    def _only_a_name(cls, given: object) -> object:
        return {"attribute": given} if isinstance(given, str) else given

    @field_validator("attributes", mode="before")
    @classmethod
    def _only_columns(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {
            name: {"column": each} if isinstance(each, str) else each
            for name, each in given.items()
        }


class Mapped(NamedTuple):
    """What is to be attached; the names are None where the file does not say them."""

    found: Found
    partition_key: str | None
    sort_key: str | None


def mapped(found: Found, path: Path) -> Mapped:
    """Raises ConfigError with the file's name and what is wrong in it."""
    try:
        file = _File.model_validate(tomllib.loads(path.read_text()))
        return _applied(found, file)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: {place}: {first['msg']}") from fault
    except (OSError, ValueError) as fault:
        raise ConfigError(f"{path}: {fault}") from fault


def attribute_type(type: CqlType) -> str:
    """Of what a column holds: S, N, ... L for a set that no set of DynamoDB's can hold."""
    if type.name in _COLLECTIONS:
        return _COLLECTIONS[type.name]
    if type.name != "set":
        return scalars.kind(type.name)
    (element,) = type.parts
    name = attribute_type(element)
    return name + "S" if name in ("S", "N", "B") else "L"


def _applied(found: Found, file: _File) -> Mapped:
    attached = found.attached
    _check_key("partition_key", file.partition_key, attached.partition)
    _check_key("sort_key", file.sort_key, attached.clustering)
    columns = {column.name: column for column in attached.columns}
    called: dict[str, str] = {}
    for attribute, part in file.attributes.items():
        column = _served(found, columns, part.column)
        if part.column in called:
            raise ValueError(f"column {part.column} is two attributes")
        if part.column in file.leave_out:
            raise ValueError(f"column {part.column} is an attribute, and left out")
        if not 0 < len(attribute.encode()) <= _MOST_NAME_BYTES:
            raise ValueError("an attribute's name has 1 to 65535 bytes")
        held = attribute_type(column.type)
        if part.type not in (None, held):
            raise ValueError(f"column {part.column} is {held}, not {part.type}")
        called[part.column] = attribute
    for name in file.leave_out:
        _served(found, columns, name)
    kept = tuple(
        replace(column, called=called.get(column.name))
        for column in attached.columns
        if column.name not in file.leave_out
    )
    left_out = found.left_out | dict.fromkeys(file.leave_out, "as the map says")
    return Mapped(
        Found(replace(attached, columns=kept), left_out),
        file.partition_key.attribute if file.partition_key else None,
        file.sort_key.attribute if file.sort_key else None,
    )


def _check_key(part: str, given: _Key | None, columns: tuple[Column, ...]) -> None:
    if given is None:
        return
    names = [column.name for column in columns]
    if not names:
        raise ValueError(f"{part}: the table has no clustering columns")
    if given.columns is not None and given.columns != names:
        raise ValueError(f"{part}: the columns are {', '.join(names)}")


def _served(found: Found, columns: dict[str, Column], name: str) -> Column:
    if name in columns:
        return columns[name]
    if name in found.left_out:
        raise ValueError(f"column {name} cannot be served: {found.left_out[name]}")
    key = (*found.attached.partition, *found.attached.clustering)
    if any(column.name == name for column in key):
        raise ValueError(f"column {name} is part of the key")
    raise ValueError(f"there is no column {name}")
