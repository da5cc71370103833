"""What every test may use: the store under test, real server processes, one real Cassandra."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import cast

import hypothesis
import pytest

from tests.keyspaces import endpoint
from tools.cassandra import Unavailable, shared_node
from tools.server import Server

LONG = os.environ.get("DYNASPAN_TEST_LONG", "") not in ("", "0")

# The same examples each time, so that a red run is about the change in it; `make test-long` looks
# for new ones.
hypothesis.settings.register_profile("fixed", derandomize=True, database=None)
hypothesis.settings.register_profile("searching", database=None, print_blob=True)
hypothesis.settings.load_profile("searching" if LONG else "fixed")

StartServer = Callable[..., Server]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("sqlite", "cassandra", "keyspaces"),
        default="sqlite",
        help="what operation, contract and fault tests run on",
    )
    parser.addoption(
        "--driver",
        choices=("python", "cpp"),
        default="python",
        help="of stores on Cassandra",
    )
    parser.addoption(
        "--translator",
        default="document",
        help="how tables keep items that operation and contract tests make",
    )
    parser.addoption(
        "--layout",
        choices=("shared", "per-table"),
        default="shared",
        help="keyspaces of the tables that operation and contract tests make",
    )
    parser.addoption(
        "--url",
        help="run the operation tests against this endpoint and start no server; with DynamoDB "
        "Local or DynamoDB itself add -m 'not differs_locally and not own_answer' or "
        "-m 'not own_answer'",
    )
    parser.addoption(
        "--profile", help="credentials and region for --url, from the AWS configuration"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; runs in `make test-long` only")
    config.addinivalue_line(
        "markers", "differs_locally(why): DynamoDB Local does not answer here as DynamoDB does"
    )
    config.addinivalue_line("markers", "own_answer(why): dynaspan does not answer as DynamoDB does")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if LONG:
        return
    skip = pytest.mark.skip(reason="takes minutes: run `make test-long`")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def store_kind(pytestconfig: pytest.Config) -> str:
    """`sqlite`, `cassandra` or `keyspaces`."""
    kind: str = pytestconfig.getoption("--store")
    return kind


@pytest.fixture(scope="session")
def driver_name(pytestconfig: pytest.Config) -> str:
    """Of stores on Cassandra: `python` or `cpp`."""
    name: str = pytestconfig.getoption("--driver")
    return name


@pytest.fixture(scope="session")
def cassandra_contact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a Cassandra that all tests of the run share: use a keyspace of your own."""
    given = os.environ.get("DYNASPAN_TEST_CASSANDRA")
    if given:
        yield given
        return
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    try:
        with shared_node(run / "cassandra") as contact:
            yield contact
    except Unavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def new_keyspaces_url(
    cassandra_contact: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """Through a gate that takes what Amazon Keyspaces documents, and nothing else."""
    certificate = tmp_path_factory.mktemp("certificate") / "endpoint.pem"
    endpoint.write_certificate(certificate)
    with endpoint.credentials(), endpoint.gate_before(cassandra_contact, certificate) as gate:
        yield lambda: endpoint.new_url(gate, certificate)


@pytest.fixture(scope="session")
def new_store_url(
    store_kind: str,
    driver_name: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], str]:
    """Each call: the URL of a new, empty store of the kind under test that survives its servers."""
    if store_kind == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('store')}/dynaspan.db"
    if store_kind == "keyspaces":
        return cast(Callable[[], str], request.getfixturevalue("new_keyspaces_url"))
    place = f"cassandra://{request.getfixturevalue('cassandra_contact')}/?driver={driver_name}"
    return lambda: f"{place}&keyspace=test_{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def store_url(new_store_url: Callable[[], str]) -> str:
    """The store that the tests of this process share."""
    return new_store_url()


@pytest.fixture
def durable_store_url(new_store_url: Callable[[], str]) -> str:
    """A store of this test's own."""
    return new_store_url()


@pytest.fixture(scope="session")
def _servers() -> list[Server]:
    return []


@pytest.fixture(scope="session")
def start_server(
    _servers: list[Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartServer]:
    """`start_server("--auth", "enforce", env={...})` -> a Server that answers.

    One started in a test ends with the test, one started in a session fixture with the session.
    """

    def start(*arguments: str, env: dict[str, str] | None = None) -> Server:
        log = tmp_path_factory.mktemp("server") / "server.log"
        server = Server(*arguments, log_path=log, env=env)
        _servers.append(server)
        server.wait_ready()
        return server

    yield start
    _end(_servers)


@pytest.fixture(autouse=True)
def _servers_of_this_test(_servers: list[Server]) -> Iterator[None]:
    # Fixtures of the session are made before this one, so what is added from here on is the test's.
    before = len(_servers)
    yield
    own = _servers[before:]
    del _servers[before:]
    _end(own)


def _end(servers: list[Server]) -> None:
    for server in servers:
        server.stop()
    left = {server.url: pids for server in servers if (pids := server.leftovers())}
    for server in servers:
        server.kill()
    assert not left, f"servers left processes behind: {left}"
