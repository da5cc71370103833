"""What the curves ask for by name, and what is made of their points."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import catalogue, curves, scale
from bench.curve_picture import draw
from bench.curves import Curves, Point


def test_a_name_tells_the_load_generator_what_to_ask() -> None:
    workload = catalogue.find(scale.name("GetItem", items=100, tables=3))
    asked = [workload.request("t", number).body for number in range(300)]
    assert {body["TableName"] for body in asked} == {"t.0", "t.1", "t.2"}
    partitions = {int(body["Key"]["pk"]["S"][1:]) for body in asked}
    # From the first to the last of 15 partitions of 7 items.
    assert (min(partitions), max(partitions)) == (0, 14)
    with pytest.raises(KeyError):
        catalogue.find("a workload that nobody knows")


def test_what_is_asked_for_is_what_was_filled_in() -> None:
    fill = scale.filling(scale.fill_name(0, 40, tables=2))
    assert fill is not None
    there = set()
    for request in fill("t"):
        for table, entries in request.body["RequestItems"].items():
            items = [entry["PutRequest"]["Item"] for entry in entries]
            there |= {(table, item["pk"]["S"], item["sk"]["S"]) for item in items}
    assert len(there) == 80
    workload = scale.find(scale.name("GetItem", items=40, tables=2))
    for number in range(200):
        body = workload.request("t", number).body
        assert (body["TableName"], body["Key"]["pk"]["S"], body["Key"]["sk"]["S"]) in there
    assert scale.filling("contents") is None


FOUND = Curves(
    [
        Point("items", "dynaspan, SQLite", "GetItem", x, cpu, 50.0)
        for x, cpu in ((1_000, 100.0), (10_000, 90.0), (100_000, 120.0))
    ],
    {"dynaspan, SQLite": 60.0},
    ["items, dynaspan, SQLite: 1000000, 100000 were there in time"],
)


def test_a_table_tells_how_far_from_flat_a_curve_is() -> None:
    text = curves.markdown(FOUND)
    assert "| dynaspan, SQLite: GetItem | 100 µs, 2.0 | 90 µs, 1.8 | 120 µs, 2.4 | 1.20 |" in text
    assert "dynaspan, SQLite 60 MB" in text
    assert "- left out: items, dynaspan, SQLite: 1000000" in text


def test_curves_are_read_as_they_were_written_and_drawn(tmp_path: Path) -> None:
    curves.write_json(FOUND, tmp_path / "curves.json")
    assert curves.read_json(tmp_path / "curves.json") == FOUND
    draw(FOUND, tmp_path / "curves.svg")
    drawn = (tmp_path / "curves.svg").read_text()
    assert drawn.count("<circle") == 3
    assert "100,000" in drawn
