"""What `dynaspan` says when it starts, or cannot."""

from __future__ import annotations

import importlib.metadata
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from app import __version__
from tools.server import Server

from .conftest import Run, wait_until


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"dynaspan {__version__}\n"
    assert importlib.metadata.version("dynaspan") == __version__


def test_help_lists_commands_without_loading_them(run: Run) -> None:
    shown = run("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert shown.returncode == 0
    assert "serve" in shown.stdout
    for heavy in ("fastapi", "uvicorn", "cassandra.cluster", "prometheus_client"):
        assert f"| {heavy}" not in shown.stderr.replace("|   ", "| ")


FAULTS = {
    "unknown store": (["--store", "mysql://h"], {}, "store: 'mysql://h' is no store URL"),
    "password": (["--store", "mysql://u:hidden@h"], {}, "store: 'mysql://u@h' is no store URL"),
    "not a url": (["--store", "data.db"], {}, "is no store URL"),
    "memory is not shared": (
        ["--store", "sqlite://", "--workers", "2"],
        {},
        "workers=2: processes cannot share sqlite://",
    ),
    "open to all": (["--host", "0.0.0.0"], {}, "auth=enforce, the default where"),
    "off for all": (["--host", "0.0.0.0", "--auth", "off"], {}, "needs insecure"),
    "keys": ([], {"DYNASPAN_ACCESS_KEYS": "hidden"}, "access_keys: entry 1 is not ID:SECRET"),
    "number": ([], {"DYNASPAN_DEADLINE": "x"}, "deadline: Input should be a valid number"),
    "file": (["--config", "absent.toml"], {}, "absent.toml: No such file or directory"),
    "certificate": (
        ["--https-port", "0", "--tls-cert", "absent", "--tls-key", "absent"],
        {},
        "there is no file absent (tls_cert, tls_key)",
    ),
    "address": (["--host", "203.0.113.1", "--auth", "off", "--insecure"], {}, "cannot listen on"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_used_is_said_in_one_sentence(name: str, run: Run) -> None:
    arguments, env, sentence = FAULTS[name]
    memory = [] if "--store" in arguments else ["--store", "sqlite://"]
    ended = run("serve", "--port", "0", *memory, *arguments, env=env)
    assert ended.returncode == 2
    assert ended.stderr.startswith("dynaspan: ")
    assert ended.stderr.count("\n") == 1
    assert sentence in ended.stderr
    assert "hidden" not in ended.stderr
    assert ended.stdout == ""


def test_a_port_in_use(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("serve", "--store", "sqlite://", "--port", str(port))
    assert ended.returncode == 2
    assert ended.stderr == (
        f"dynaspan: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
    )


def test_a_store_that_cannot_be_opened(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data.db").write_text("this is not a database, whatever its name says" * 100)
    ended = run("serve", "--store", "sqlite:///data.db", "--port", "0")
    assert ended.returncode == 1
    assert "the store sqlite:///data.db cannot be opened" in ended.stderr
    assert "Traceback" not in ended.stderr


# The driver's own log has a traceback for each try.
def test_a_cassandra_that_is_not_there_is_one_sentence(run: Run) -> None:
    ended = run("serve", "--store", "cassandra://127.0.0.9:1", "--port", "0")
    assert ended.returncode == 1
    assert "no Cassandra node answers at 127.0.0.9:1" in ended.stderr
    assert ended.stderr.count("\n") == 1


# A wrong letter in the URL would make a database otherwise, in which all is well.
@pytest.mark.parametrize("arguments", [("tables", "list"), ("tables", "verify", "orders")])
def test_who_looks_after_a_file_does_not_make_it(
    arguments: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    ended = run(*arguments, "--store", "sqlite:///absent.db")
    assert ended.returncode == 2
    assert ended.stderr == "dynaspan: there is no file absent.db\n"
    assert not list(tmp_path.iterdir())


def test_the_doctor_makes_no_file(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", "--store", "sqlite:///absent.db")
    assert ended.returncode == 1
    assert ended.stdout.startswith("WRONG there is no file absent.db\n")
    assert not list(tmp_path.iterdir())


def test_the_start_line(start_server: Callable[..., Server]) -> None:
    server = start_server("--store", "sqlite://", "--auth", "warn")
    wait_until(lambda: "\n" in server.log())
    (line,) = server.log().splitlines()
    assert line.endswith(
        f"dynaspan {__version__} serves {server.url} (store sqlite://, auth warn, workers 1)"
    )


def test_json_lines(start_server: Callable[..., Server]) -> None:
    server = start_server("--store", "sqlite://", "--log-format", "json")
    wait_until(lambda: "\n" in server.log())
    (line,) = map(json.loads, server.log().splitlines())
    assert line["level"] == "info"
    assert line["logger"] == "dynaspan"
    assert line["process"] == server.pid
    assert server.url in line["message"]
    assert line["time"].endswith("+00:00")
