from __future__ import annotations

from pathlib import Path

from bench.profile import PARTS

ROOT = Path(__file__).resolve().parents[2]


# What a module that has moved takes would be counted elsewhere, and nobody would see it.
def test_the_parts_of_a_profile_are_there() -> None:
    own = [path for path in PARTS if path.startswith(("/app/", "/bench/"))]
    assert own
    for path in own:
        module = ROOT / path.lstrip("/")
        assert module.is_dir() if path.endswith("/") else module.with_suffix(".py").is_file(), path
