"""The table of translators and write isolations, and the items that all of them take."""

from __future__ import annotations

from bench.catalogue import find
from bench.choices import CHOICES, Choice, markdown
from bench.flat import ADD, CHOOSING, SET, contents
from bench.measurement import Measurement


def test_what_a_policy_refuses_is_not_asked() -> None:
    refusing = [(c.translator, w.name) for c in CHOICES for w in CHOOSING if c.refuses(w)]
    assert refusing == [
        ("document", SET.name),
        ("document", ADD.name),
        ("attributes", ADD.name),
    ]


def test_a_cell_has_both_cpus_and_the_statements() -> None:
    choice = Choice("document", "forbid_rmw")
    done = Measurement(1, 1.0, 0, 1, cpu=81.6, storage_cpu=202.2, statements=1.04)
    (line,) = [
        line for line in markdown({(choice, CHOOSING[0].name): done}).splitlines() if "82" in line
    ]
    assert line.startswith("| `document`, `forbid_rmw` | 82, 202, 1.0 | refused | refused |")


def test_the_load_generator_finds_each_workload() -> None:
    assert [find(workload.name) for workload in CHOOSING] == list(CHOOSING)


# The keys that are asked for are there.
def test_items_are_there_before_they_are_asked_for() -> None:
    keys = {request.body["Item"]["pk"]["S"] for request in contents("t")}
    asked = {
        workload.request("t", number).body["Key"]["pk"]["S"]
        for workload in (SET, ADD)
        for number in range(50)
    }
    assert asked <= keys


# An update that changes nothing is not written.
def test_each_set_changes_its_item() -> None:
    requests = [SET.request("t", number).body for number in range(SET.different)]
    cities: dict[str, list[str]] = {}
    for body in requests:
        city = body["ExpressionAttributeValues"][":v"]["S"]
        cities.setdefault(body["Key"]["pk"]["S"], []).append(city)
    assert all(len(each) == len(set(each)) > 1 for each in cities.values())
