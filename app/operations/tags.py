"""Tags of a table: their rules, and finding the table an ARN names.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .. import errors
from ..model import isolation
from ..model.limits import TAG, Limits, WrongLimits, relaxed
from ..model.table import LAYOUTS, SHARED, Table
from .context import Context
from .names import table_of_arn
from .tables import refuse_state, refuse_virtual
from .write_kinds import settle_writes

MOST_TAGS = 50
_UNTAGGABLE = ("CREATING", "DELETING")
TRANSLATOR = "dynaspan:translator"
LAYOUT = "dynaspan:keyspace_layout"
Tags = tuple[tuple[str, str], ...]


def given_tags(tags: list[dict[str, str]]) -> Tags:
    """Tags of a request. A key given twice, too many, or in AWS's own namespace is refused."""
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise errors.validation(
            "One or more parameter values were invalid: "
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if any(key.startswith("aws:") for key in keys):
        raise errors.access_denied("Tag keys starting with 'aws:' are reserved for system use")
    if len(tags) > MOST_TAGS:
        raise _too_many()
    return tuple((tag["Key"], tag["Value"]) for tag in tags)


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
    """The table a tag operation's ResourceArn names."""
    table = await ctx.store.table(table_of_arn(arn))
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
        raise errors.validation(
            f"One or more parameter values were invalid: Tag {TAG}: {fault}"
        ) from None


def translator_of(ctx: Context, tags: Tags) -> str:
    """Of a table that is made with these tags. Raises ValidationException."""
    name = dict(tags).get(TRANSLATOR, ctx.settings.translator)
    if ctx.store.translation(name) is None:
        raise errors.validation(
            f"One or more parameter values were invalid: Tag {TRANSLATOR}: this store has no "
            f"translator {name}"
        )
    return name


def layout_of(ctx: Context, tags: Tags) -> str:
    """Of a table that is made with these tags. Raises ValidationException."""
    name = dict(tags).get(LAYOUT, ctx.settings.keyspace_layout)
    if name not in LAYOUTS or (name != SHARED and not ctx.store.capabilities.keyspaces):
        raise errors.validation(
            f"One or more parameter values were invalid: Tag {LAYOUT}: this store has no layout "
            f"{name}"
        )
    return name


def isolation_of(ctx: Context, tags: Tags) -> str:
    """Of a table that has these tags. Raises ValidationException."""
    text = dict(tags).get(isolation.TAG)
    if text is None:
        return ctx.settings.write_isolation
    name = isolation.named(text)
    if name is None:
        raise errors.validation(
            f"One or more parameter values were invalid: Tag {isolation.TAG} is one of "
            f"{', '.join(isolation.NAMES)}"
        )
    return name


def _check_fixed(table: Table, tags: Tags) -> None:
    """The data is kept in its way and in its place, so these stay."""
    for tag, has in ((TRANSLATOR, table.translator), (LAYOUT, table.layout)):
        told = dict(tags).get(tag)
        if told != dict(table.tags).get(tag) and told != has:
            raise errors.validation(
                f"One or more parameter values were invalid: Tag {tag} is given when a table is "
                f"made: {table.name} has {has}"
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
                raise errors.validation(
                    f"One or more parameter values were invalid: Tag {isolation.TAG}: table "
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
    return errors.validation(
        f"One or more parameter values were invalid: Too many tags: at most {MOST_TAGS}"
    )
