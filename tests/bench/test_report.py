from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from bench.contenders import ECHO
from bench.measurement import Measurement, percentile
from bench.picture import draw
from bench.report import Report, markdown, read_json, write_json
from bench.run import Cell


def cell(contender: str, repeat: int, cpu: float, workload: str = "GetItem") -> Cell:
    return Cell(workload, contender, repeat, 0, Measurement(1000, 1.0, 0, 1000, cpu=cpu))


CELLS = [
    *(cell(ECHO, 0, 50), cell("dynaspan, SQLite", 0, 100)),
    *(cell(ECHO, 1, 100), cell("dynaspan, SQLite", 1, 250)),
    *(cell(ECHO, 2, 10), cell("dynaspan, SQLite", 2, 30)),
]


# On a machine that is busy in some turns the ratio within each turn is what holds.
def test_ratios_are_made_within_a_turn() -> None:
    found = Report(CELLS, {}).ratio("GetItem", "dynaspan, SQLite", ECHO)
    assert found is not None
    assert (found.low, found.middle, found.high) == (2.0, 2.5, 3.0)


def test_a_contender_that_took_no_part_has_no_ratio() -> None:
    assert Report(CELLS, {}).ratio("GetItem", "moto server", ECHO) is None


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    report = Report(CELLS, {"moto server": "not installed"})
    write_json(report, tmp_path / "results.json")
    read = read_json(tmp_path / "results.json")
    assert (read.cells, read.absent) == (report.cells, report.absent)


def test_tables_show_median_and_extremes() -> None:
    assert "| GetItem | 50 (10-100) | 100 (30-250) |" in markdown(Report(CELLS, {}))


def test_percentiles() -> None:
    ordered = [float(n) for n in range(1000)]
    assert [percentile(ordered, part) for part in (0.5, 0.99, 0.999)] == [500.0, 990.0, 999.0]
    assert percentile([], 0.5) == 0.0


# Shown by every viewer: well-formed, and each contender's figure beside its bar.
def test_the_picture_shows_every_figure(tmp_path: Path) -> None:
    draw(Report(CELLS, {}), tmp_path / "results.svg")
    texts = [text.text for text in ElementTree.parse(tmp_path / "results.svg").iter() if text.text]
    assert {"GetItem", ECHO, "dynaspan, SQLite", "50", "100"} <= set(texts)
