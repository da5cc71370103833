"""Which node is asked first."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.pool import Host

# A node that let a request time out is asked last for so long.
_SUSPECT_SECONDS = 10.0


class Route(NamedTuple):
    """What a policy asks a statement for. `routing_key` None: any node is as good."""

    keyspace: str | None
    routing_key: bytes | None


ANY_NODE = Route(None, None)


class Replicas(TokenAwarePolicy):  # type: ignore[misc]
    """Replicas of the key first and always in the same order, nodes that hang last.

    One coordinator for each key keeps Paxos rounds from preempting each other (CASSANDRA-15746).
    """

    def __init__(self, local_dc: str | None) -> None:
        super().__init__(DCAwareRoundRobinPolicy(local_dc or ""), shuffle_replicas=False)
        self._suspects: dict[Host, float] = {}

    def suspect(self, node: Host) -> None:
        self._suspects[node] = time.monotonic() + _SUSPECT_SECONDS

    def make_query_plan(
        self, working_keyspace: str | None = None, query: Any = None
    ) -> Iterator[Host]:
        plan: Iterator[Host] = super().make_query_plan(working_keyspace, query)
        if not self._suspects:
            return plan
        now = time.monotonic()
        suspects = {node for node, until in list(self._suspects.items()) if until > now}
        if not suspects:
            self._suspects.clear()
        return iter(sorted(plan, key=suspects.__contains__))
