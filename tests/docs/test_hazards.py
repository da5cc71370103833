"""What the documents beside the code say of tests is true, and no hazard has lost its test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((ROOT / "app").rglob("*.md"))
_TEST = re.compile(r"`((?:tests|app/testing)/[\w/]+\.py)(?:::(\w+))?`")
# Of those that the write safety rules name: what transactions, streams and the time to live touch.
HAZARDS = {
    "STREAMS.md": "A2 A3 A4 A5 A6 A7 A8 A13 B1 B3 B6",
    "TRANSACTIONS.md": "A1 A2 A9 A10 A11 B4 B5 B6",
    "INDEXES.md": "A3 A13 B8",
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_in_documents_exist(document: Path) -> None:
    for path, name in _TEST.findall(document.read_text()):
        file = ROOT / path
        assert file.is_file(), path
        assert not name or f"def {name}(" in file.read_text(), (path, name)


@pytest.mark.parametrize("name", HAZARDS)
def test_each_hazard_has_a_test(name: str) -> None:
    tested = set()
    for line in (ROOT / "app/store/cassandra" / name).read_text().splitlines():
        if line.startswith("|") and _TEST.search(line):
            tested |= set(re.findall(r"\b[AB]\d+\b", line.split("|")[1]))
    assert set(HAZARDS[name].split()) <= tested
