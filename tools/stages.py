"""The stages of `make test`: each within a budget, one Cassandra node for all that need it.

    python -m tools.stages [--long] [NAME ...]

Prints each stage's time against its budget, ends a stage at twice its budget, and closes with the
sum of all tests. Fails when a test fails, a stage overruns, or a process is left behind.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from .cassandra import Node, StartFailed, Unavailable
from .loopback import own_address

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
_MEMORY = "/dev/shm"
_MEMORY_BYTES = 8 * 2**30


@dataclass(frozen=True, slots=True)
class Stage:
    """`paths` under tests/, given to pytest; those that hold no test are left out. Seconds.

    long_paths: instead of them in `make test-long`.
    """

    name: str
    budget: float
    long_budget: float
    paths: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    cassandra: bool = False
    long_paths: tuple[str, ...] = ()


# Operations whose work depends most on how items are kept.
_ATTRIBUTES = ("update_item", "put_item", "query", "transact_write_items", "translators")
# Those that make, change and delete tables, and read and write them.
_KEYSPACE_EACH = ("create_table", "delete_table", "update_table", "put_item", "layouts")
_KEYSPACES = ("put_item", "update_item", "indexes", "layouts")


def stages(tests: Path = TESTS) -> tuple[Stage, ...]:
    """In the order they run. `pure` is all that no other has, so that nothing is forgotten."""
    sqlite = ("--store", "sqlite")
    cassandra = ("--store", "cassandra")
    two = ("--numprocesses", "2", "--dist", "loadfile")
    service = ("store", "operations", "clients", "replication")
    on_cassandra = (*service, "store_cassandra")
    others = (
        Stage("sqlite", 120, 300, service, (*sqlite, *two)),
        Stage("cassandra", 420, 800, on_cassandra, (*cassandra, *two), cassandra=True),
        Stage(
            "attributes",
            60,
            400,
            tuple(f"operations/test_{name}.py" for name in _ATTRIBUTES),
            (*cassandra, *two, "--translator", "attributes"),
            cassandra=True,
            long_paths=("store", "operations"),
        ),
        Stage(
            "cpp",
            75,
            700,
            ("store",),
            (*cassandra, *two, "--driver", "cpp"),
            cassandra=True,
            long_paths=("store", "store_cassandra", "operations"),
        ),
        Stage(
            "per-table",
            60,
            400,
            tuple(f"operations/test_{name}.py" for name in _KEYSPACE_EACH),
            (*cassandra, *two, "--layout", "per-table"),
            cassandra=True,
            long_paths=("operations",),
        ),
        Stage("faults-sqlite", 75, 420, ("faults",), sqlite),
        Stage("faults-cassandra", 210, 900, ("faults",), cassandra, cassandra=True),
        Stage("keyspaces", 90, 300, ("keyspaces",), cassandra=True),
        Stage(
            "operations-keyspaces",
            60,
            400,
            tuple(f"operations/test_{name}.py" for name in _KEYSPACES),
            ("--store", "keyspaces"),
            cassandra=True,
            long_paths=("operations",),
        ),
        Stage("differential", 60, 300, ("differential",), sqlite),
        Stage("replication", 90, 900, ("hybrid",)),
        Stage("databases", 210, 600, ("databases",)),
        Stage("infra", 120, 180, ("infra",)),
    )
    taken = {path for stage in others for path in stage.paths}
    pure = tuple(
        entry.name
        for entry in sorted(tests.iterdir())
        if entry.name not in taken and (entry.is_dir() or entry.name.startswith("test_"))
    )
    return (Stage("pure", 150, 300, pure, two), *others)


@dataclass(frozen=True, slots=True)
class Result:
    stage: Stage
    seconds: float
    budget: float
    passed: int
    failed: int
    skipped: int

    def line(self) -> str:
        late = "  OVER BUDGET" if self.seconds > self.budget else ""
        return (
            f"{self.stage.name:<18} {self.seconds:6.1f} s of {self.budget:4.0f} s  "
            f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped{late}"
        )


def has_tests(path: Path) -> bool:
    return path.is_file() or any(path.rglob("test_*.py"))


def run(stage: Stage, *, long: bool, environment: dict[str, str], report: Path) -> Result | None:
    """None when no test of the stage exists. Ends the stage at twice its budget."""
    chosen = (stage.long_paths if long else ()) or stage.paths
    paths = [TESTS / path for path in chosen if has_tests(TESTS / path)]
    if not paths:
        return None
    budget = stage.long_budget if long else stage.budget
    print(f"\n== {stage.name} (budget {budget:.0f} s)", flush=True)
    begin = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-rfEs", "--durations=5", *stage.arguments]
    status = _finish([*command, f"--junitxml={report}", *paths], environment, 2 * budget)
    seconds = time.monotonic() - begin
    passed, failed, skipped = count(report)
    if status != 0 and failed == 0:
        failed = 1
    result = Result(stage, seconds, budget, passed, failed, skipped)
    print(result.line(), flush=True)
    return result


def count(report: Path) -> tuple[int, int, int]:
    """(passed, failed, skipped) of a JUnit file; zeros where it was not written."""
    if not report.exists():
        return 0, 0, 0
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ET.parse(report).getroot().iter("testsuite"):
        for key in totals:
            totals[key] += int(suite.get(key, "0"))
    failed = totals["failures"] + totals["errors"]
    return totals["tests"] - failed - totals["skipped"], failed, totals["skipped"]


def _finish(command: Sequence[str | Path], environment: dict[str, str], timeout: float) -> int:
    # A session of its own, so that a stage that overruns is ended with all that it started.
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        print(f"ended after {timeout:.0f} s, twice its budget", flush=True)
        return 1
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def starting_node(wanted: bool) -> Iterator[Node | None]:
    """A node that is still starting, in a folder of its own; None when none is wanted."""
    if not wanted:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="dynaspan-cassandra-", dir=_in_memory()) as home:
        address, (port, storage_port) = own_address(2)
        node = Node(
            Path(home), address=address, port=port, storage_port=storage_port, throwaway=True
        )
        node.start()
        try:
            yield node
        finally:
            node.stop()


def _in_memory() -> str | None:
    """A folder that is no disk, where a table is dropped in a third of the time: for each, the node
    writes out all that it has in memory. None where there is not plenty of it."""
    if os.path.ismount(_MEMORY) and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES:
        return _MEMORY
    return None


def left_behind(mark: str) -> list[psutil.Process]:
    """Processes that were started by this run, by their environment, and have not ended."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DYNASPAN_TEST_RUN") == mark:
                found.append(process)
        except psutil.Error:
            continue
    return found


def run_all(chosen: Sequence[Stage], *, long: bool) -> bool:
    """Whether everything passed."""
    mark = uuid.uuid4().hex
    environment = {**os.environ, "DYNASPAN_TEST_RUN": mark}
    environment["DYNASPAN_TEST_LONG"] = "1" if long else ""
    results: list[Result] = []
    with (
        tempfile.TemporaryDirectory(prefix="dynaspan-reports-") as reports,
        starting_node(any(stage.cassandra for stage in chosen)) as node,
    ):
        for stage in chosen:
            if stage.cassandra and node is not None:
                node.wait_ready()
                environment["DYNASPAN_TEST_CASSANDRA"] = node.contact_point
            report = Path(reports) / f"{stage.name}.xml"
            result = run(stage, long=long, environment=environment, report=report)
            if result is not None:
                results.append(result)
    print("\n" + "\n".join(result.line() for result in results))
    left = left_behind(mark)
    for process in left:
        print(f"left behind: {process}")
        process.kill()
    psutil.wait_procs(left, timeout=5)
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results) + len(left)
    skipped = sum(result.skipped for result in results)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed == 0 and passed > 0


def main() -> int:
    table = {stage.name: stage for stage in stages()}
    parser = argparse.ArgumentParser(prog="python -m tools.stages")
    parser.add_argument("--long", action="store_true", help="full counts and larger budgets")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(table))
    options = parser.parse_args()
    if unknown := set(options.names) - set(table):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = [stage for stage in table.values() if stage.name in (options.names or table)]
    try:
        return 0 if run_all(chosen, long=options.long) else 1
    except (Unavailable, StartFailed) as exc:
        print(f"Cassandra: {exc}\n0 passed, 1 failed")
    except KeyboardInterrupt:
        print("interrupted")
    return 1


if __name__ == "__main__":
    sys.exit(main())
