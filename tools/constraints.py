"""`make constraints`: pins the newest release of each dependency in constraints.txt.

Run it with the oldest Python that is supported, so that the pins suit the newer ones too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# What make installs, on every supported Python, extras included. Made by `make constraints`.
"""


def normalized(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements() -> list[str]:
    """What pyproject.toml asks for directly, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(entry for extra in extras for entry in extra)]


def pinned() -> dict[str, str]:
    """Normalized name -> version, as constraints.txt has it."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def _resolve() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        subprocess.run([*pip, "--report", report, *requirements()], check=True)
        installs = json.loads(report.read_text())["install"]
    return {normalized(i["metadata"]["name"]): i["metadata"]["version"] for i in installs}


if __name__ == "__main__":
    pins = "".join(f"{name}=={version}\n" for name, version in sorted(_resolve().items()))
    (ROOT / "constraints.txt").write_text(HEADER + pins)
