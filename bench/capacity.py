"""What a million operations a second would need and cost: `python -m bench.capacity`.

Reads bench/results.json, writes bench/capacity.md, with every step of the arithmetic. Prices are
meant to be list prices of us-east-1: those of Fargate were compared with public guides, the others
were written down without a look at the lists. Change them here, and run it again.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

from .contenders import CASSANDRA, ECHO, READING
from .report import Report, read_json

_HERE = Path(__file__).resolve().parent
RATE = 1_000_000
_HOURS = 730
_SECONDS = _HOURS * 3600
_MILLIONS = RATE * _SECONDS / 1e6

# https://aws.amazon.com/fargate/pricing/, Linux on x86: of a vCPU and of a GB for an hour.
_VCPU, _GB = 0.04048, 0.004445
_TASK_VCPUS, _TASK_GB = 4, 8
# Of a fleet that is to take the loss of a zone and the peak of a minute.
_BUSY = 0.6
# https://aws.amazon.com/ec2/pricing/on-demand/: i4i.2xlarge, 8 vCPUs, 1.9 TB of NVMe.
_NODE_VCPUS, _NODE = 8, 0.686
# Of three replicas an eventually consistent read asks one, a write all; measured with one.
_READ_REPLICAS, _WRITE_REPLICAS = 1, 3
# https://aws.amazon.com/dynamodb/pricing/on-demand/: of a million units.
_DYNAMODB_READ, _DYNAMODB_WRITE = 0.125, 0.625
# https://aws.amazon.com/keyspaces/pricing/: 0.29 and 1.45, less the 56 % of November 2024.
_KEYSPACES_READ, _KEYSPACES_WRITE = 0.29 * 0.44, 1.45 * 0.44


@dataclass(frozen=True, slots=True)
class Kind:
    """One operation on an item of 300 bytes: units of DynamoDB, and what is asked of Keyspaces.

    A conditional write costs what any write does there, also when its condition fails:
    https://docs.aws.amazon.com/keyspaces/latest/devguide/lightweight_transactions.html
    """

    name: str
    reads: float
    writes: float
    keyspaces_reads: float
    keyspaces_writes: float

    @property
    def replicas(self) -> int:
        return _WRITE_REPLICAS if self.writes else _READ_REPLICAS


KINDS = (
    Kind("GetItem", 0.5, 0, 0.5, 0),
    Kind("PutItem", 0, 1, 0, 1),
    # Reads first, at LOCAL_QUORUM, then writes under a condition.
    Kind("UpdateItem", 0, 1, 1, 1),
)
MIXES = (
    ("reads only", {"GetItem": 1.0}),
    ("80 % GetItem, 20 % PutItem", {"GetItem": 0.8, "PutItem": 0.2}),
    ("half GetItem, half UpdateItem", {"GetItem": 0.5, "UpdateItem": 0.5}),
)


def document(report: Report) -> str:
    cpu = {kind.name: _median(report, kind.name, storage=False) for kind in KINDS}
    storage = {kind.name: _median(report, kind.name, storage=True) for kind in KINDS}
    echo = report.spread("GetItem", ECHO, lambda m: m.cpu)
    assert echo is not None
    task = _TASK_VCPUS * _VCPU + _TASK_GB * _GB
    parts = [
        "# A million operations a second",
        "Written by `python -m bench.capacity` from `bench/results.json`; prices and assumptions "
        "are in that script, and prices must be looked up before anybody relies on them. "
        "It is arithmetic from one machine, no measurement of a fleet: a vCPU "
        f"is taken to do what one here did, where raw ASGI echo costs {echo.middle:.0f} µs. "
        "Measure yours, and "
        "divide.",
        "## What an operation takes",
        _table(
            [
                "",
                "CPU of dynaspan, µs",
                "CPU of one Cassandra, µs",
                "replicas at work",
                "units of DynamoDB",
                "units of Keyspaces",
            ],
            [
                [
                    kind.name,
                    f"{cpu[kind.name]:.0f}",
                    f"{storage[kind.name]:.0f}",
                    str(kind.replicas),
                    f"{kind.reads or kind.writes:g} {'write' if kind.writes else 'read'}",
                    _units(kind),
                ]
                for kind in KINDS
            ],
        ),
        "Items of 300 bytes; reads are eventually consistent. A write by lightweight transaction "
        "costs Keyspaces what any write does, and a failed one as much; UpdateItem pays a read "
        "before it, as a task hardly ever has written the item last when there are many.",
        f"A Fargate task of {_TASK_VCPUS} vCPUs and {_TASK_GB} GB costs {_TASK_VCPUS} x {_VCPU} + "
        f"{_TASK_GB} x {_GB} = ${task:.4f} an hour; an i4i.2xlarge of "
        f"{_NODE_VCPUS} vCPUs ${_NODE}. Both are filled to {_BUSY:.0%}. A month has {_HOURS} "
        f"hours, and {_MILLIONS:,.0f} million "
        "operations.",
    ]
    for title, mix in MIXES:
        parts += [f"## {title}", *_mix(mix, cpu, storage, task)]
    parts += [
        "## Alternator",
        "ScyllaDB's own comparison claims a seventh of DynamoDB's cost, against provisioned "
        "capacity, for its database without a proxy in front "
        "([2018](https://www.scylladb.com/2018/12/13/scylla-vs-amazon-dynamodb/)). Of the "
        "sums above "
        "the proxy is the smaller part: what Cassandra needs for a lightweight transaction is what "
        "decides. Where a table can do without, its tag `system:write_isolation` says so.",
    ]
    return "\n\n".join(parts) + "\n"


def _mix(
    mix: dict[str, float], cpu: dict[str, float], storage: dict[str, float], task: float
) -> list[str]:
    kinds = {kind.name: kind for kind in KINDS}
    proxy = sum(share * cpu[name] for name, share in mix.items())
    tasks = math.ceil(proxy * RATE / 1e6 / _BUSY / _TASK_VCPUS)
    behind = sum(share * storage[name] * kinds[name].replicas for name, share in mix.items())
    nodes = math.ceil(behind * RATE / 1e6 / _BUSY / _NODE_VCPUS)
    fargate, cassandra = tasks * task * _HOURS, nodes * _NODE * _HOURS
    read_units = sum(share * kinds[name].keyspaces_reads for name, share in mix.items())
    write_units = sum(share * kinds[name].keyspaces_writes for name, share in mix.items())
    keyspaces = _MILLIONS * (read_units * _KEYSPACES_READ + write_units * _KEYSPACES_WRITE)
    reads = sum(share * kinds[name].reads for name, share in mix.items())
    writes = sum(share * kinds[name].writes for name, share in mix.items())
    dynamodb = _MILLIONS * (reads * _DYNAMODB_READ + writes * _DYNAMODB_WRITE)
    sums = [
        [
            "Fargate",
            f"{proxy:.0f} µs x {RATE:,} / {_BUSY} / {_TASK_VCPUS} = {tasks} tasks",
            f"${fargate:,.0f}",
        ],
        [
            "Cassandra",
            f"{behind:.0f} µs x {RATE:,} / {_BUSY} / {_NODE_VCPUS} = {nodes} nodes",
            f"${cassandra:,.0f}",
        ],
        [
            "Keyspaces, in place of Cassandra",
            f"{read_units:g} reads at ${_KEYSPACES_READ:.4f} and {write_units:g} writes at "
            f"${_KEYSPACES_WRITE:.4f} a million",
            f"${keyspaces:,.0f}",
        ],
        [
            "DynamoDB on demand, in place of all",
            f"{reads:g} reads at ${_DYNAMODB_READ} and {writes:g} writes at "
            f"${_DYNAMODB_WRITE} a million",
            f"${dynamodb:,.0f}",
        ],
    ]
    return [
        _table(["", "arithmetic", "a month"], sums),
        f"dynaspan on Cassandra ${fargate + cassandra:,.0f}, on Keyspaces "
        f"${fargate + keyspaces:,.0f}, DynamoDB ${dynamodb:,.0f}: "
        f"{dynamodb / (fargate + cassandra):.1f} and "
        f"{dynamodb / (fargate + keyspaces):.1f} times as much. Storage, traffic, load balancers "
        "and the people who run a Cassandra are in none of them; reserved capacity would "
        "lower all.",
    ]


def _median(report: Report, workload: str, *, storage: bool) -> float:
    # Of many tasks each has hardly ever written an item last.
    for name in (READING, CASSANDRA):
        found = report.spread(workload, name, lambda m: m.storage_cpu if storage else m.cpu)
        if found is not None:
            return found.middle
    raise SystemExit(f"the run has no {workload} on Cassandra")


def _units(kind: Kind) -> str:
    units = [
        f"{count:g} {what}"
        for count, what in ((kind.keyspaces_reads, "read"), (kind.keyspaces_writes, "write"))
        if count
    ]
    return ", ".join(units)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    (_HERE / "capacity.md").write_text(document(read_json(_HERE / "results.json")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
