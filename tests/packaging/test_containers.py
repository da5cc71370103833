from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.config import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()


# A misspelt setting in the environment is ignored, so that a container would run with the default.
@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml"])
def test_settings_of_containers_exist(file: str) -> None:
    names = set(re.findall(r"^[\s#]*DYNASPAN_([A-Z_]+)[=:]", (ROOT / file).read_text(), re.M))
    assert names
    assert {name.lower() for name in names} <= set(Settings.model_fields)


# Off loopback nobody is served unsigned unless somebody says so.
def test_the_image_verifies_signatures_and_does_not_run_as_root() -> None:
    assert "DYNASPAN_AUTH=enforce" in DOCKERFILE
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.M)


# .dockerignore lets through by name: what is copied must be named, and exist.
def test_what_the_image_copies_is_let_through() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M)
        for source in line.split()[:-1]
    }
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)


# The version that the image runs is one that the distribution supports.
def test_both_stages_use_one_python() -> None:
    assert set(re.findall(r"^FROM python:(\S+)-slim", DOCKERFILE, re.M)) == {"3.13"}
