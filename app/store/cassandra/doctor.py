"""Asks a cluster what an operator should know: one sentence each, and a remedy where it is wrong.

`preflight` refuses what would lose data; this also tells of what may, or will be slow. It only
asks: it needs neither keyspaces nor the right to make them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...clock import Clock
from ..base import Finding
from . import symptoms
from .schema import catalog_keyspace, is_ours, replicas
from .session import Consistency, DriverFault, Result, Session, Statement
from .url import Address

_SECONDS = 2.0
_MOST_SKEW_SECONDS = 1.0


class Doctor:
    """`deadline`: the seconds that a request may spend on the store."""

    def __init__(self, session: Session, address: Address, clock: Clock, deadline: float) -> None:
        self._session = session
        self._address = address
        self._clock = clock
        self._deadline = deadline
        self._keyspaces = (address.keyspace, catalog_keyspace(address.keyspace))
        self._replicas = symptoms.THREE

    async def examine(self) -> list[Finding]:
        checks = {
            "partitioner": self._partitioner,
            "replication": self._replication,
            "settings": self._settings,
            "clock": self._clocks,
            "schema": self._schema,
            "tables": self._tables,
            "permissions": self._permissions,
        }
        found: list[Finding] = []
        for name, check in checks.items():
            try:
                found += await check()
            except DriverFault as fault:
                remedy = "make Cassandra answer this user"
                found.append(Finding(name, f"this could not be asked: {fault}", remedy))
        return found

    async def _partitioner(self) -> list[Finding]:
        ((name,),) = await self._ask("SELECT partitioner FROM system.local WHERE key = 'local'")
        if name.endswith("Murmur3Partitioner"):
            return [Finding("partitioner", "the cluster uses Murmur3Partitioner")]
        remedy = "use a cluster that was made with Murmur3Partitioner"
        return [Finding("partitioner", f"the cluster uses {name}: scans need another", remedy)]

    async def _replication(self) -> list[Finding]:
        nodes = await self._session.datacenters()
        rows = await self._ask("SELECT keyspace_name, replication FROM system_schema.keyspaces")
        made = {
            name: replication for name, replication in rows if is_ours(self._address.keyspace, name)
        }
        if not made:
            wanted = replicas(self._address.replication, nodes)
            self._replicas = min(wanted.values(), default=1)
            text = f"there are no keyspaces yet; they will keep {_factors(wanted)}"
            return [Finding("replication", text)]
        found = []
        factors: dict[str, int] = {}
        for keyspace, replication in made.items():
            factors = {name: int(replication.get(name, 0)) for name in nodes}
            self._replicas = min([self._replicas, *filter(None, factors.values())])
            for name, factor in factors.items():
                local = name == self._address.local_dc or len(nodes) == 1
                found.append(
                    symptoms.of_datacenter(
                        keyspace, name, replicas=factor, nodes=nodes[name], local=local
                    )
                )
        sentence = f"the keyspaces keep {_factors(factors)}"
        return [each for each in found if each] or [Finding("replication", sentence)]

    async def _ours(self) -> list[str]:
        """The store's two, and those of single tables."""
        rows = await self._ask("SELECT keyspace_name FROM system_schema.keyspaces")
        found = [name for (name,) in rows if is_ours(self._address.keyspace, name)]
        return list(dict.fromkeys((*self._keyspaces, *found)))

    async def _settings(self) -> list[Finding]:
        names = ", ".join(f"'{name}'" for name in symptoms.SETTINGS)
        answers = await self._session.ask_each(
            f"SELECT name, value FROM system_views.settings WHERE name IN ({names})", _SECONDS
        )
        found: list[Finding] = []
        for node, answer in answers.items():
            if isinstance(answer, DriverFault):
                sentence = f"node {node} does not tell its settings: {answer}"
                remedy = "start it, or GRANT SELECT ON KEYSPACE system_views TO the user"
                found.append(Finding("settings", sentence, remedy))
                continue
            settings = {str(name): value for name, value in answer.rows}
            found += symptoms.of_node(
                node, settings, replicas=self._replicas, deadline=self._deadline
            )
        right = f"Paxos, commit log, sizes and timeouts are right on {', '.join(sorted(answers))}"
        return found or [Finding("settings", right)]

    async def _clocks(self) -> list[Finding]:
        before = self._clock.time()
        answers = await self._session.ask_each(
            "SELECT toUnixTimestamp(now()) FROM system.local WHERE key = 'local'", _SECONDS
        )
        after = self._clock.time()
        found = []
        for node, answer in answers.items():
            if isinstance(answer, DriverFault):
                continue
            theirs = int(answer.rows[0][0]) / 1000
            skew = max(before - theirs, theirs - after)
            if skew > _MOST_SKEW_SECONDS:
                sentence = f"the clocks of this machine and node {node} differ by {skew:.1f} s"
                remedy = "let both follow the same time servers (NTP)"
                found.append(Finding("clock", sentence, remedy))
        return found or [Finding("clock", "the clocks of this machine and the nodes agree")]

    async def _schema(self) -> list[Finding]:
        own = await self._ask("SELECT schema_version FROM system.local")
        peers = await self._ask("SELECT schema_version FROM system.peers_v2")
        versions = {str(version) for (version,) in (*own, *peers)}
        if len(versions) == 1:
            return [Finding("schema", "all nodes agree on the schema")]
        remedy = "wait; if it stays so: nodetool describecluster, and restart the nodes that differ"
        return [Finding("schema", f"the nodes have {len(versions)} different schemas", remedy)]

    async def _tables(self) -> list[Finding]:
        found: list[Finding] = []
        count = 0
        for keyspace in await self._ours():
            rows = await self._ask(
                "SELECT table_name, read_repair, gc_grace_seconds, default_time_to_live "
                f"FROM system_schema.tables WHERE keyspace_name = '{keyspace}'"
            )
            count += len(rows)
            for name, *options in rows:
                found += symptoms.of_table(f"{keyspace}.{name}", *options)
        return found or [Finding("tables", f"the options of {count} tables are right")]

    async def _permissions(self) -> list[Finding]:
        user = self._address.user
        if user is None:
            return [Finding("permissions", "no user is named, so that there are none to look at")]
        roles = await self._list(f"LIST ROLES OF {symptoms.quoted(user)}")
        if roles is None:
            return [Finding("permissions", "the cluster does not tell what a user may do")]
        if any(role["super"] for role in roles):
            return [Finding("permissions", f"user {user} is a superuser")]
        permissions = await self._list(f"LIST ALL PERMISSIONS OF {symptoms.quoted(user)}")
        if permissions is None:
            return [Finding("permissions", "the cluster does not restrict what users may do")]
        granted: dict[str, set[str]] = {}
        for each in permissions:
            granted.setdefault(each["resource"], set()).add(each["permission"])
        found = [symptoms.of_user(user, granted, keyspace) for keyspace in await self._ours()]
        right = Finding("permissions", f"user {user} may do what is needed")
        return [each for each in found if each] or [right]

    async def _list(self, cql: str) -> list[dict[str, Any]] | None:
        """None where there is nothing to list, as the cluster lets everybody do everything."""
        for answer in (await self._session.ask_each(cql, _SECONDS)).values():
            if isinstance(answer, Result):
                return answer.records()
        return None

    async def _ask(self, cql: str) -> Any:
        statement = Statement(cql, Consistency.LOCAL_ONE)
        return (await self._session.execute(statement, (), _SECONDS)).rows


def _factors(factors: Mapping[str, int]) -> str:
    each = [f"{factor} in {name}" for name, factor in sorted(factors.items()) if factor]
    return f"of each row {', '.join(each)}"
