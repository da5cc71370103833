"""What a table's translator and write isolation cost: `python -m bench.choices`.

One server, one node, a table for each choice, and the same requests for each: items of eight
attributes, 16 connections. Prints a Markdown table: CPU of the server and of the node in
microseconds, and CQL statements, for one operation. The least of the turns, as others use the
machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from cassandra.cluster import Cluster

from . import servers
from .contenders import Contender, create, fill_with
from .flat import ADD, CHOOSING, CONTENTS, SET
from .measurement import Measurement
from .run import measured
from .statements import Statements
from .worker import Worker
from .workloads import Workload

_TURNS, _SECONDS, _WARM_UP = 2, 1.2, 0.4
_SHARED = "theirs"
_COLUMNS = "pk text, sk text, name text, email text, city text, note text, total int, score decimal"


@dataclass(frozen=True, slots=True)
class Choice:
    translator: str
    isolation: str

    @property
    def table(self) -> str:
        return f"{self.translator}-{self.isolation}"

    def refuses(self, workload: Workload) -> bool:
        """A read-modify-write where that is forbidden."""
        if self.isolation != "forbid_rmw":
            return False
        return workload is ADD or (workload is SET and self.translator != "attributes")


_TITLES = ("PutItem", "SET", "ADD", "GetItem", "Query")
CHOICES = (
    *(
        Choice(translator, isolation)
        for translator in ("document", "attributes")
        for isolation in ("always_use_lwt", "forbid_rmw", "unsafe_rmw")
    ),
    Choice("columns", "always_use_lwt"),
)


def _attach(contact: str, table: str) -> None:
    """A table that somebody else has made."""
    host, _, port = contact.rpartition(":")
    cluster = Cluster([host], port=int(port), protocol_version=4)
    session = cluster.connect()
    replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
    session.execute(f"CREATE KEYSPACE {_SHARED} WITH replication = {replication}")
    session.execute(f"CREATE TABLE {_SHARED}.items ({_COLUMNS}, PRIMARY KEY (pk, sk))")
    cluster.shutdown()
    attach = ("tables", "attach", f"{_SHARED}.items", "--name", table)
    subprocess.run(
        [sys.executable, "-m", "app.cli", *attach, "--store", f"cassandra://{contact}"],
        cwd=servers.ROOT,
        check=True,
        capture_output=True,
    )


def measure() -> dict[tuple[Choice, str], Measurement]:
    """The least of all turns, of each figure by itself."""
    found: dict[tuple[Choice, str], Measurement] = {}
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dynaspan-bench-")))
        load = stack.enter_context(Worker("bench.load"))
        (home / "node").mkdir()
        node = stack.enter_context(servers.cassandra(home / "node"))
        assert node.pid is not None
        store = f"cassandra://{node.contact_point}"
        running = stack.enter_context(servers.dynaspan(home, store, storage=[node.pid]))
        counter = stack.enter_context(Statements(node.address, node.port))
        contenders: dict[Choice, Contender] = {}
        for choice in CHOICES:
            if choice.translator == "columns":
                _attach(node.contact_point, choice.table)
            else:
                tags = {
                    "dynaspan:translator": choice.translator,
                    "system:write_isolation": choice.isolation,
                }
                create(running.url, choice.table, tags)
            contender = Contender(choice.table, running, load, choice.table, statements=counter)
            fill_with(contender, CONTENTS)
            contenders[choice] = contender
        for _ in range(_TURNS):
            for workload in CHOOSING:
                for choice, contender in contenders.items():
                    if choice.refuses(workload):
                        continue
                    done = measured(contender, workload, _SECONDS, _WARM_UP, 0)
                    if done.failed:
                        raise RuntimeError(f"{choice.table}, {workload.name}: {done.failure}")
                    before = found.get((choice, workload.name), done)
                    found[choice, workload.name] = replace(
                        done,
                        cpu=min(before.cpu, done.cpu),
                        storage_cpu=min(before.storage_cpu, done.storage_cpu),
                    )
    return found


def markdown(found: dict[tuple[Choice, str], Measurement]) -> str:
    lines = [f"| translator, isolation | {' | '.join(_TITLES)} |", "|---|---|---|---|---|---|"]
    for choice in CHOICES:
        cells = [_cell(found.get((choice, workload.name))) for workload in CHOOSING]
        lines.append(f"| `{choice.translator}`, `{choice.isolation}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(done: Measurement | None) -> str:
    if done is None:
        return "refused"
    return f"{done.cpu:.0f}, {done.storage_cpu:.0f}, {done.statements or 0:.1f}"


if __name__ == "__main__":
    sys.stdout.write(markdown(measure()) + "\n")
