"""What is wrong with a node, a table or a keyspace: pure judgements over what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..base import Finding
from .patience import SHARE

THREE = 3
# An item, its entries in local indexes and the images of a stream: what one batch may hold.
_LARGEST_BATCH = 8 * 1024 * 1024
_LEAST_GC_GRACE_SECONDS = 3600
_LEAST_TOMBSTONES = 1_000_000
_RIGHTS = ("CREATE", "ALTER", "DROP", "SELECT", "MODIFY")
SETTINGS = (
    *("paxos_variant", "commitlog_sync", "max_mutation_size", "native_transport_max_frame_size"),
    *("cas_contention_timeout", "write_request_timeout", "tombstone_failure_threshold"),
)
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def of_node(
    node: str, settings: Mapping[str, str | None], *, replicas: int, deadline: float
) -> Iterator[Finding]:
    """From `system_views.settings`, those of SETTINGS. `replicas`: the fewest of any datacentre."""
    variant = settings.get("paxos_variant")
    if variant != "v2":
        yield Finding(
            "paxos",
            f"node {node} runs with paxos_variant {variant}: writes take twice as many messages, "
            "and a round that another node finishes gets a new time",
            "set paxos_variant: v2 in cassandra.yaml of every node",
        )
    if replicas == 1 and settings.get("commitlog_sync") == "periodic":
        yield Finding(
            "commit log",
            f"node {node} acknowledges a write up to 10 s before it is on disk, and no other node "
            "has it",
            "set commitlog_sync: group and commitlog_sync_group_window: 10ms, or keep 3 replicas",
        )
    for name in ("max_mutation_size", "native_transport_max_frame_size"):
        size = number(settings.get(name))
        if size is not None and size < _LARGEST_BATCH:
            yield Finding(
                "sizes",
                f"node {node} has {name} {settings[name]}: large items with indexes are refused",
                f"set {name}: 16MiB (max_mutation_size: with commitlog_segment_size: 32MiB)",
            )
    tombstones = settings.get("tombstone_failure_threshold")
    if tombstones is not None and int(tombstones) < _LEAST_TOMBSTONES:
        yield Finding(
            "tombstones",
            f"node {node} has tombstone_failure_threshold {tombstones}: an index partition that so "
            "many items have left within three hours (a queue) cannot be read",
            f"set tombstone_failure_threshold: {_LEAST_TOMBSTONES}",
        )
    share = SHARE * deadline
    for name, most in (("cas_contention_timeout", share), ("write_request_timeout", deadline)):
        seconds = number(settings.get(name))
        if seconds is not None and seconds > most:
            yield Finding(
                "timeouts",
                f"node {node} has {name} {settings[name]}: it may take longer for a write than the "
                f"{most:g} s that it is given",
                f"lower it, or serve with --deadline {seconds * deadline / most:g}",
            )


def of_datacenter(
    keyspace: str, name: str, *, replicas: int, nodes: int, local: bool
) -> Finding | None:
    """local: its nodes are the ones that are asked."""
    alter = f"ALTER KEYSPACE {keyspace}, then nodetool repair"
    if replicas == 0 and local:
        trouble = f"keeps nothing in datacentre {name}, whose nodes are asked"
    elif replicas > nodes:
        trouble = f"is to keep {replicas} of each row in datacentre {name}, which has {nodes} nodes"
    elif replicas == THREE - 1:
        trouble = f"keeps 2 of each row in datacentre {name}: none of its nodes may fail"
    elif 0 < replicas < THREE <= nodes:
        trouble = f"keeps {replicas} of each row in datacentre {name}, which has {nodes} nodes"
        alter = f"ALTER KEYSPACE {keyspace} to 3, then nodetool repair"
    else:
        return None
    return Finding("replication", f"keyspace {keyspace} {trouble}", alter)


def of_table(name: str, read_repair: str, gc_grace: int, time_to_live: int) -> Iterator[Finding]:
    """The options of one of our tables, from `system_schema.tables`; times in seconds."""
    alter = f"ALTER TABLE {name} WITH"
    if read_repair != "BLOCKING":
        yield Finding(
            "tables",
            f"table {name} has read_repair {read_repair}: consistent reads may go back in time",
            f"{alter} read_repair = 'BLOCKING'",
        )
    if gc_grace < _LEAST_GC_GRACE_SECONDS:
        yield Finding(
            "tables",
            f"table {name} has gc_grace_seconds {gc_grace}: what was deleted may come back",
            f"{alter} gc_grace_seconds = 86400",
        )
    if time_to_live:
        yield Finding(
            "tables",
            f"table {name} forgets its rows after {time_to_live} s",
            f"{alter} default_time_to_live = 0",
        )


def of_user(user: str, granted: Mapping[str, set[str]], keyspace: str) -> Finding | None:
    """`granted`: resource as LIST PERMISSIONS names it -> rights."""
    has = granted.get("<all keyspaces>", set()) | granted.get(f"<keyspace {keyspace}>", set())
    missing = [right for right in _RIGHTS if right not in has]
    if not missing:
        return None
    return Finding(
        "permissions",
        f"user {user} lacks {', '.join(missing)} on keyspace {keyspace}",
        f"GRANT ALL PERMISSIONS ON KEYSPACE {keyspace} TO {quoted(user)}",
    )


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def number(text: str | None) -> float | None:
    """Bytes or seconds, of `16MiB` or `1800ms`."""
    found = re.fullmatch(r"(\d+)([A-Za-z]+)", text or "")
    if found is None or found[2] not in _UNITS:
        return None
    return float(found[1]) * _UNITS[found[2]]
