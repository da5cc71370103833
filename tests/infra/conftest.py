"""What `make synth` writes, once for all tests; nothing is bundled, built or looked up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Assembly:
    folder: Path

    def templates(self, stage: str) -> dict[str, dict[str, Any]]:
        """Parts, such as `network`, to their templates."""
        start = f"dynaspan-{stage}-"
        return {
            path.name.removeprefix(start).removesuffix(".template.json"): json.loads(
                path.read_text()
            )
            for path in sorted(self.folder.glob(f"{start}*.template.json"))
        }

    def resources(self, stage: str, part: str, kind: str) -> list[dict[str, Any]]:
        """Properties of all of a type."""
        found = self.templates(stage)[part]["Resources"].values()
        return [one.get("Properties", {}) for one in found if one["Type"] == kind]


def synthesize(folder: Path, context: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    names = ("PATH", "HOME", "TMPDIR", "LANG", "DYNASPAN_TEST_RUN")
    return subprocess.run(
        [sys.executable, "infra/app.py"],
        cwd=ROOT,
        # Neither credentials nor a region.
        env={name: os.environ[name] for name in names if name in os.environ}
        | {"CDK_OUTDIR": str(folder / "cdk.out"), "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In place of what `make package` builds."""
    folder = tmp_path_factory.mktemp("bundles")
    for architecture in ("arm64", "x86_64"):
        (folder / architecture).mkdir()
        (folder / architecture / "dynaspan.py").write_text("")
    return folder


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Assembly:
    folder = tmp_path_factory.mktemp("assembly")
    done = synthesize(folder, {"bundles": str(bundles)})
    assert done.returncode == 0, done.stderr
    return Assembly(folder / "cdk.out")


@pytest.fixture
def refused(tmp_path: Path, bundles: Path) -> Callable[[dict[str, Any]], str]:
    def run(context: dict[str, Any]) -> str:
        done = synthesize(tmp_path, {"bundles": str(bundles)} | context)
        assert done.returncode == 1
        return done.stderr

    return run
