from __future__ import annotations

from bench.capacity import document
from bench.contenders import CASSANDRA, ECHO, READING
from bench.measurement import Measurement
from bench.publish import summary
from bench.report import Report
from bench.run import Cell


def cell(workload: str, contender: str, cpu: float, storage_cpu: float = 0.0) -> Cell:
    measurement = Measurement(1000, 1.0, 0, 1000, cpu=cpu, storage_cpu=storage_cpu)
    return Cell(workload, contender, 0, 0, measurement)


REPORT = Report(
    [
        *(cell("GetItem", ECHO, 50), cell("GetItem", CASSANDRA, 120, 200)),
        *(cell("PutItem", ECHO, 50), cell("PutItem", CASSANDRA, 150, 400)),
        *(cell("UpdateItem", ECHO, 50), cell("UpdateItem", CASSANDRA, 215, 600)),
    ],
    {},
)


def test_the_summary_has_cassandras_own_cpu_and_the_ratio_to_echo() -> None:
    assert "| GetItem | 50 | 120 | 200 | 2.4 |" in summary(REPORT)


# What it remembers is of no use to a task among many.
def test_capacity_takes_changes_that_read_first() -> None:
    cells = [*REPORT.cells, cell("UpdateItem", READING, 300, 700)]
    assert "| UpdateItem | 300 | 700 |" in document(Report(cells, {}))


# 120 s of CPU a second, tasks of four vCPUs that are filled to 60 %.
def test_capacity_is_what_the_arithmetic_gives() -> None:
    text = document(REPORT)
    assert "120 µs x 1,000,000 / 0.6 / 4 = 50 tasks" in text
    # Three replicas take part in a fifth of the operations, one in the others.
    assert "400 µs x 1,000,000 / 0.6 / 8 = 84 nodes" in text
    # 2,628,000 million reads of half a unit at 0.125.
    assert "$164,250" in text
