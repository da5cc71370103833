"""Tags of a table: their rules, and finding the table an ARN names.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from unicodedata import category

from .. import errors
from ..model import isolation
from ..model.limits import TAG, Limits, WrongLimits, relaxed
from ..model.table import LAYOUTS, SHARED, Table
from .context import Context
from .names import table_of_resource
from .stream_names import stream_name
from .tables import refuse_state, refuse_virtual
from .write_kinds import settle_writes

MOST_TAGS = 50
MOST_KEY, MOST_VALUE = 128, 256
OWN = "dynaspan:"
_SIGNS = frozenset("_.:/=+-@")
_UNTAGGABLE = ("CREATING", "DELETING")
TRANSLATOR = "dynaspan:translator"
LAYOUT = "dynaspan:keyspace_layout"
Tags = tuple[tuple[str, str], ...]


def given_tags(tags: list[dict[str, str]]) -> Tags:
    """Tags of a request. A key given twice, too many, or in AWS's own namespace is refused."""
    keys = given_keys([tag.get("Key") for tag in tags])
    found: dict[str, str] = {}
    for key, tag in zip(keys, tags, strict=True):
        value = tag.get("Value")
        # Limits are told with commas, too.
        text = value.replace(",", "") if value and key.startswith(OWN) else value
        if text is None or len(text) > MOST_VALUE or not _is_spelled(text):
            shown = "null" if value is None else value
            raise errors.validation(f"The Tag Value provided is invalid, Value: {shown}")
        if key in found:
            raise errors.validation(
                f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}"
            )
        found[key] = tag["Value"]
    return tuple(found.items())


def given_keys(keys: Sequence[str | None]) -> list[str]:
    """Those of tags to be added or removed. Raises ValidationException."""
    if len(keys) > MOST_TAGS:
        raise _too_many()
    found = []
    for key in keys:
        if not key or len(key) > MOST_KEY or not _is_spelled(key):
            shown = "null" if key is None else key
            raise errors.validation(f"The Tag Key provided is invalid, Key: {shown}")
        if key.lower().startswith("aws:"):
            raise errors.validation(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        found.append(key)
    return found


def _is_spelled(text: str) -> bool:
    """Letters, numbers and spaces of any script, and a few signs.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    return all(each in _SIGNS or category(each)[0] in "LNZ" for each in text)


def require_some(given: list[Any], what: str) -> None:
    """`what` is "Tag" or "Tag Key"."""
    if not given:
        # "Atleast" is the service's.
        raise errors.validation(f"Atleast one {what} needs to be provided as Input.")


def merged(old: Tags, new: Tags) -> Tags:
    """`new` over `old`: a key that is there keeps its place and gets the new value."""
    result = tuple({**dict(old), **dict(new)}.items())
    if len(result) > MOST_TAGS:
        raise _too_many()
    return result


async def tagged_table(ctx: Context, arn: str) -> Table:
    """The table a tag operation's ResourceArn names: a stream has no tags."""
    name = table_of_resource(arn)
    table = None if stream_name(arn) else await ctx.store.table(name)
    if table is None:
        raise errors.resource_not_found(
            f"Requested resource not found: ResourceArn: {arn} not found"
        )
    return table


def limits_of(ctx: Context, tags: Tags) -> Limits:
    """Of a table that has these tags. Raises ValidationException."""
    text = dict(tags).get(TAG)
    if text is None:
        return ctx.limits
    try:
        return relaxed(text, ctx.limits, item_bytes=ctx.store.capabilities.item_bytes)
    except WrongLimits as fault:
        raise errors.invalid_parameters(f"Tag {TAG}: {fault}") from None


def translator_of(ctx: Context, tags: Tags) -> str:
    """Of a table that is made with these tags. Raises ValidationException."""
    name = dict(tags).get(TRANSLATOR, ctx.settings.translator)
    if ctx.store.translation(name) is None:
        raise errors.invalid_parameters(f"Tag {TRANSLATOR}: this store has no translator {name}")
    return name


def layout_of(ctx: Context, tags: Tags) -> str:
    """Of a table that is made with these tags. Raises ValidationException."""
    name = dict(tags).get(LAYOUT, ctx.settings.keyspace_layout)
    if name not in LAYOUTS or (name != SHARED and not ctx.store.capabilities.keyspaces):
        raise errors.invalid_parameters(f"Tag {LAYOUT}: this store has no layout {name}")
    return name


def isolation_of(ctx: Context, tags: Tags) -> str:
    """Of a table that has these tags. Raises ValidationException."""
    text = dict(tags).get(isolation.TAG)
    if text is None:
        return ctx.settings.write_isolation
    name = isolation.named(text)
    if name is None:
        raise errors.invalid_parameters(
            f"Tag {isolation.TAG} is one of {', '.join(isolation.NAMES)}"
        )
    return name


def _check_fixed(table: Table, tags: Tags) -> None:
    """The data is kept in its way and in its place, so these stay."""
    for tag, has in ((TRANSLATOR, table.translator), (LAYOUT, table.layout)):
        told = dict(tags).get(tag)
        if told != dict(table.tags).get(tag) and told != has:
            raise errors.invalid_parameters(
                f"Tag {tag} is given when a table is made: {table.name} has {has}"
            )


async def change_tags(ctx: Context, arn: str, change: Callable[[Tags], Tags]) -> None:
    """Replaces a table's tags, again if somebody else changed the table meanwhile."""
    while True:
        table = await tagged_table(ctx, arn)
        refuse_virtual(table)
        refuse_state(ctx, table, _UNTAGGABLE)
        tags = change(table.tags)
        if tags == table.tags:
            return
        _check_fixed(table, tags)
        limits = table.limits
        if dict(tags).get(TAG) != dict(table.tags).get(TAG):
            limits = limits_of(ctx, tags)
        policy = table.isolation
        if dict(tags).get(isolation.TAG) != dict(table.tags).get(isolation.TAG):
            policy = isolation_of(ctx, tags)
            if table.attached is not None and policy != isolation.ALWAYS:
                raise errors.invalid_parameters(
                    f"Tag {isolation.TAG}: table "
                    f"{table.name} is attached, and always written by lightweight transactions"
                )
        changed = replace(
            table, tags=tags, limits=limits, isolation=policy, version=table.version + 1
        )
        if policy != table.isolation and ctx.store.capabilities.plain_writes:
            changed = isolation.begun(changed, table.isolation)
        if await ctx.store.change_table(changed):
            if policy != table.isolation:
                await settle_writes(ctx, changed)
                # What is forbidden is so through every process.
                await ctx.store.settled(changed)
            return


def _too_many() -> errors.ApiError:
    return errors.validation("Number of Tags exceed the current limit for the provided ResourceArn")
