"""What must be so before this store may be used: a few cheap questions, one sentence each."""

from __future__ import annotations

from typing import Any

from ...clock import Clock
from ...errors import StoreUnavailable
from .patience import Patient
from .session import Consistency, Statement, Unconfigured

_MOST_SKEW_SECONDS = 60.0


async def check(patient: Patient, clock: Clock, *, allow_paxos_v1: bool) -> None:
    """Raises StoreUnavailable."""
    await _partitioner(patient)
    await _clocks(patient, clock)
    if not allow_paxos_v1:
        await _paxos(patient)


async def _partitioner(patient: Patient) -> None:
    name = await _one(patient, "SELECT partitioner FROM system.local WHERE key = 'local'")
    if not str(name).endswith("Murmur3Partitioner"):
        raise StoreUnavailable(f"this cluster uses {name}; scans need Murmur3Partitioner")


async def _clocks(patient: Patient, clock: Clock) -> None:
    """Markers of deletes and versions are measured by clocks that must agree roughly."""
    seconds = await skew(patient, clock)
    if seconds > _MOST_SKEW_SECONDS:
        raise StoreUnavailable(
            f"the clock of this machine and Cassandra's differ by {seconds:.0f} s, more than "
            f"{_MOST_SKEW_SECONDS:.0f} s: set them right"
        )


async def skew(patient: Patient, clock: Clock) -> float:
    """Seconds by which the clocks differ at least; not greater than 0: maybe not at all."""
    before = clock.time()
    cql = "SELECT toUnixTimestamp(now()) FROM system.local WHERE key = 'local'"
    theirs = int(await _one(patient, cql)) / 1000
    after = clock.time()
    return max(before - theirs, theirs - after)


async def _paxos(patient: Patient) -> None:
    """Under v1 a round finished by somebody else gets a new timestamp (and is twice as slow)."""
    try:
        variant = await _one(
            patient, "SELECT value FROM system_views.settings WHERE name = 'paxos_variant'"
        )
    except Unconfigured:
        variant = None
    if variant is None or str(variant).startswith("v1"):
        raise StoreUnavailable(
            "Cassandra runs with paxos_variant v1: set paxos_variant: v2 in cassandra.yaml of "
            "every node, or add ?allow_paxos_v1=true to the store URL"
        )


async def _one(patient: Patient, cql: str) -> Any:
    rows = (await patient.execute(Statement(cql, Consistency.LOCAL_ONE))).rows
    return rows[0][0] if rows else None
