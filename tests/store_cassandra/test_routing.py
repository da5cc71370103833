"""The node that a statement goes to first is found in two ways, which must agree."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from cassandra.metadata import KeyspaceMetadata, Metadata
from cassandra.policies import SimpleConvictionPolicy
from cassandra.pool import Host

from app.store.cassandra.routing import Replicas, Route

PARTITIONER = "org.apache.cassandra.dht.Murmur3Partitioner"
KEYS = [b"key %d" % number for number in range(300)]
TOKENS_EACH = 16


class Ring:
    """Four nodes in one datacentre and two in another, as the driver knows them."""

    def __init__(self) -> None:
        self.metadata = Metadata()
        self.nodes = [self.node(f"127.0.0.{n}", "ours" if n < 5 else "other") for n in range(1, 7)]
        self.metadata.keyspaces["ks"] = KeyspaceMetadata(
            "ks", True, "NetworkTopologyStrategy", {"ours": "3", "other": "2"}
        )
        self.policy = Replicas("ours")
        self.policy.populate(SimpleNamespace(metadata=self.metadata), self.nodes)
        self.turn(seed=1)

    def node(self, address: str, datacenter: str) -> Host:
        host = Host(address, SimpleConvictionPolicy)
        host.set_location_info(datacenter, "rack")
        host.set_up()
        return self.metadata.add_or_return_host(host)[0]

    def turn(self, seed: int) -> None:
        chance = random.Random(seed)
        tokens = {
            node: [str(chance.randrange(-(2**63), 2**63)) for _ in range(TOKENS_EACH)]
            for node in self.nodes
        }
        self.metadata.rebuild_token_map(PARTITIONER, tokens)

    def planned(self, key: bytes) -> Host:
        return next(self.policy.make_query_plan(None, Route("ks", key)))


@pytest.fixture
def ring() -> Ring:
    return Ring()


def test_both_ways_begin_with_the_same_replica(ring: Ring) -> None:
    # The plan asks the driver for the replicas, which it works out then.
    found = [(ring.planned(key), ring.policy.first("ks", key)) for key in KEYS]
    assert all(planned is first for planned, first in found)
    assert len({first for _, first in found}) == 4


def test_a_ring_that_has_turned(ring: Ring) -> None:
    before = [(ring.planned(key), ring.policy.first("ks", key)) for key in KEYS]
    ring.turn(seed=2)
    after = [(ring.planned(key), ring.policy.first("ks", key)) for key in KEYS]
    assert after != before
    assert all(planned is first for planned, first in after)


def test_a_node_that_is_down_or_hangs_is_left_to_the_plan(ring: Ring) -> None:
    nodes = {key: ring.planned(key) for key in KEYS}
    key = KEYS[0]
    nodes[key].set_down()
    assert all(ring.policy.first("ks", other) is not nodes[key] for other in KEYS)
    nodes[key].set_up()
    assert ring.policy.first("ks", key) is nodes[key]
    ring.policy.suspect(nodes[key])
    assert ring.policy.first("ks", key) is None


def test_what_has_no_key_or_no_known_keyspace_is_left_to_the_plan(ring: Ring) -> None:
    assert ring.policy.first("ks", None) is None
    assert ring.policy.first(None, KEYS[0]) is None
    assert ring.policy.first("unknown", KEYS[0]) is None
