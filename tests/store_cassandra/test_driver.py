"""The driver port on real sockets: answers, silence, broken connections, TLS."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cassandra import AuthenticationFailed
from cassandra.cluster import NoHostAvailable
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.clock import SystemClock
from app.errors import StoreUnavailable, StoreUnknown
from app.metrics import Metrics
from app.model.table import Table
from app.store.base import ABSENT, Committed
from app.store.cassandra import CassandraStore
from app.store.cassandra.drivers import driver_of
from app.store.cassandra.exchange import MAX_IN_FLIGHT
from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.session import (
    Consistency,
    NotSent,
    OutcomeUnknown,
    Session,
    Statement,
)
from app.store.cassandra.url import parse
from tests.store_cassandra.proxy import Proxy
from tests.store_cassandra.support import MakeStore, new_key, put, with_driver

LOCAL = Statement("SELECT key FROM system.local WHERE key = 'local'", Consistency.LOCAL_ONE)


@pytest.fixture(params=["python", "cpp"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of the adapter."""
    name: str = request.param
    if name == "cpp":
        pytest.importorskip("acsylla", reason="the extra cpp is not installed")
    return name


@pytest.fixture
async def driver(url: str, kind: str) -> AsyncIterator[Session]:
    driver = driver_of(parse(with_driver(url, kind)), None)
    await driver.open(5.0)
    yield driver
    await driver.close()


@pytest.fixture
async def proxy(cassandra_contact: str) -> AsyncIterator[Proxy]:
    async with Proxy(cassandra_contact) as proxy:
        yield proxy


@pytest.fixture
def through(
    proxy: Proxy, cassandra_contact: str, url: str, store: CassandraStore, kind: str
) -> str:
    """The store's URL, by way of the proxy."""
    return with_driver(url.replace(cassandra_contact, proxy.contact), kind)


async def opened(url: str, **arguments: object) -> CassandraStore:
    settings = {"clock": SystemClock(), "metrics": Metrics(), **arguments}
    store = CassandraStore(url, **settings)  # type: ignore[arg-type]
    await store.open()
    return store


async def test_an_answer_that_is_late_is_not_taken_for_another(
    proxy: Proxy, through: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "cpp":
        # Else the other driver is asked after the first one that is late.
        monkeypatch.setattr("app.store.cassandra.cpp_driver.CppDriver.suspect_seconds", 0.0)
    driver = driver_of(parse(through), None)
    await driver.open(5.0)
    await driver.execute(LOCAL, (), 5.0)
    other = Statement("SELECT cluster_name FROM system.local", Consistency.LOCAL_ONE)
    proxy.answering.clear()
    late = await asyncio.gather(
        *(driver.execute(LOCAL, (), 0.05) for _ in range(20)), return_exceptions=True
    )
    assert {type(each) for each in late} == {OutcomeUnknown}
    proxy.answering.set()
    results = await asyncio.gather(*(driver.execute(other, (), 5.0) for _ in range(50)))
    assert {tuple(result.columns) for result in results} == {("cluster_name",)}
    await driver.close()


# A node forgets what was prepared when it restarts or the table is made anew.
async def test_a_statement_the_node_has_forgotten_is_prepared_again(
    driver: Session, url: str, store: CassandraStore
) -> None:
    name = f"{parse(url).keyspace}.forgotten_{uuid.uuid4().hex[:8]}"
    insert = Statement(f"INSERT INTO {name} (k) VALUES (?)", Consistency.LOCAL_QUORUM)
    select = Statement(f"SELECT k FROM {name} WHERE k = ?", Consistency.LOCAL_QUORUM)
    for _ in range(2):
        await driver.execute_ddl(f"CREATE TABLE {name} (k text PRIMARY KEY)", 10.0)
        await driver.execute(insert, ("a",), 5.0)
        assert (await driver.execute(select, ("a",), 5.0)).rows[0][0] == "a"
        await driver.execute_ddl(f"DROP TABLE {name}", 10.0)


async def test_a_driver_that_is_closed_sends_nothing(driver: Session) -> None:
    await driver.execute(LOCAL, (), 5.0)
    await driver.close()
    with pytest.raises(NotSent):
        await driver.execute(LOCAL, (), 5.0)


# More than a connection's streams would block the event loop in the driver.
async def test_too_many_statements_at_once_wait(
    make_store: MakeStore, hash_table: Table, kind: str
) -> None:
    # That they wait is the point, not for how long: a busy machine takes its time for thousands.
    store = await make_store(f"&write_seconds=60&driver={kind}", deadline=50.0)
    key = new_key(None)
    await put(store, hash_table, key)
    rows = await asyncio.gather(
        *(store.get(hash_table, key, consistent=False) for _ in range(MAX_IN_FLIGHT + 500))
    )
    assert all(row is not None for row in rows)


# Killed node, restarted balancer: the write may have been done or not, and is done once.
async def test_a_connection_that_breaks_off_under_a_write(
    proxy: Proxy, through: str, sorted_table: Table
) -> None:
    store = await opened(through)
    for _ in range(5):
        key = new_key()
        proxy.silent = True
        write = asyncio.create_task(put(store, sorted_table, key, expected=ABSENT))
        await asyncio.sleep(0.05)
        proxy.silent = False
        proxy.cut()
        assert await write == Committed()
        assert await store.get(sorted_table, key, consistent=True) is not None
    await store.close()


async def test_a_node_that_falls_silent_for_a_while(
    proxy: Proxy, through: str, sorted_table: Table
) -> None:
    store = await opened(through, deadline=2.0)
    key = new_key()
    proxy.silent = True
    write = asyncio.create_task(put(store, sorted_table, key, expected=ABSENT))
    read = asyncio.create_task(store.get(sorted_table, new_key(), consistent=True))
    await asyncio.sleep(0.5)
    proxy.silent = False
    assert await write == Committed()
    assert await read is None
    await store.close()


async def test_a_node_that_stays_silent(proxy: Proxy, through: str, sorted_table: Table) -> None:
    store = await opened(through, deadline=1.0)
    await put(store, sorted_table, new_key())
    proxy.silent = True
    async with asyncio.timeout(15):
        with pytest.raises(StoreUnknown):
            await put(store, sorted_table, new_key())
    # By now the catalog copy has run out, and nothing is sent without a new one.
    await asyncio.sleep(1.5)
    async with asyncio.timeout(15):
        with pytest.raises(StoreUnavailable):
            await put(store, sorted_table, new_key())
    with pytest.raises(StoreUnavailable):
        await store.ping()
    proxy.silent = False
    await store.close()


def certificates(folder: Path, name: str) -> tuple[Path, Path]:
    """Certificate, its own authority, and key of a server on 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "server.pem", folder / "server.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


async def open_with_tls(contact: str, served: Path, key: Path, trusted: Path, url: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served, key)
    async with Proxy(contact, context) as proxy:
        tls = f"{url.replace(contact, proxy.contact)}&ca={trusted}"
        store = await opened(tls, deadline=2.0)
        await store.ping()
        await store.close()


async def test_tls(tmp_path: Path, cassandra_contact: str, url: str, kind: str) -> None:
    certificate, key = certificates(tmp_path, "127.0.0.1")
    own = with_driver(url, kind)
    await open_with_tls(cassandra_contact, certificate, key, certificate, own)


@pytest.fixture(params=["127.0.0.1", "10.0.0.1"])
def wrong(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Certificate and key of somebody else, by authority or by address, and whom we trust."""
    certificate, key = certificates(tmp_path, request.param)
    if request.param != "127.0.0.1":
        return certificate, key, certificate
    other = tmp_path / "other"
    other.mkdir()
    return certificate, key, certificates(other, request.param)[0]


async def test_tls_with_somebody_else(
    wrong: tuple[Path, Path, Path], cassandra_contact: str, url: str
) -> None:
    with pytest.raises(StoreUnavailable, match="certificate"):
        await open_with_tls(cassandra_contact, *wrong, url)


# Behind the Python driver, which would refuse first.
async def test_tls_of_the_cpp_driver_with_somebody_else(
    wrong: tuple[Path, Path, Path], cassandra_contact: str
) -> None:
    cpp = pytest.importorskip("app.store.cassandra.cpp_driver", exc_type=ModuleNotFoundError)
    certificate, key, trusted = wrong
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with Proxy(cassandra_contact, context) as proxy:
        address = parse(f"cassandra://{proxy.contact}/?ca={trusted}")
        with pytest.raises(StoreUnavailable, match="finds no Cassandra node"):
            await cpp.connected(cpp.configured(address, None, "datacenter1", 5.0), address)


async def test_the_cpp_driver_takes_one_authority(tmp_path: Path, url: str) -> None:
    cpp = pytest.importorskip("app.store.cassandra.cpp_driver", exc_type=ModuleNotFoundError)
    certificate, _ = certificates(tmp_path, "127.0.0.1")
    certificate.write_bytes(2 * certificate.read_bytes())
    with pytest.raises(StoreUnavailable, match="takes one authority"):
        cpp.configured(parse(f"{url}&ca={certificate}"), None, "datacenter1", 5.0)


def test_a_refused_user_is_named() -> None:
    driver = PythonDriver(parse("cassandra://app@127.0.0.1/?password_env=PW"), "secret")
    refused = NoHostAvailable("none", {"127.0.0.1:9042": AuthenticationFailed("bad credentials")})
    sentence = driver._sentence(refused)
    assert "refuses user app" in sentence
    assert "secret" not in sentence
