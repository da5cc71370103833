"""The AWS SDK for Java, version 2, with signatures verified; compiled without a JDK, by Eclipse's
compiler."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.runtime import Unavailable, jars, java

SDK = "software.amazon.awssdk:dynamodb:2.31.6"
COMPILER = "org.eclipse.jdt:ecj:3.37.0"
PROGRAM = Path(__file__).parent / "java" / "Smoke.java"


@pytest.mark.usefixtures("once")
def test_the_sdk_for_java(start_server: Callable[..., Any], store_url: str, tmp_path: Path) -> None:
    try:
        binary, sdk, compiler = java(), jars(SDK), jars(COMPILER)
    except Unavailable as missing:
        pytest.skip(str(missing))
    compiling = [binary, "-jar", *compiler.glob("ecj-*.jar"), "-17", "-nowarn", "-cp"]
    _run([*compiling, _path(sdk), "-encoding", "UTF-8", "-d", tmp_path, PROGRAM])
    keys = {"DYNASPAN_ACCESS_KEYS": "AK:secret"}
    server = start_server("--store", store_url, "--auth", "enforce", env=keys)
    running = [binary, "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp"]
    done = _run([*running, f"{tmp_path}:{_path(sdk)}", "Smoke", server.url, "true"])
    assert done.endswith("ok\n"), done


def _path(folder: Path) -> str:
    return ":".join(map(str, sorted(folder.glob("*.jar"))))


def _run(command: list[Any]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
