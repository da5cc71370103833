"""A real node as careful operators run it, TLS and users, and set up badly otherwise."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from app.clock import SystemClock
from app.errors import StoreUnavailable
from app.metrics import Metrics
from app.model.rows import Key
from app.model.table import KeyAttribute, Table
from app.store.base import ANY, Batch, Committed, Finding, Write
from app.store.cassandra import CassandraStore
from app.store.cassandra.examination import examine
from app.store.cassandra.python_driver import PythonDriver
from app.store.cassandra.url import parse
from tools.cassandra import Node
from tools.loopback import own_address
from tools.server import ROOT, inherited_environment

PASSWORD = "DYNASPAN_TEST_NODE_PASSWORD"
KEYSTORE = "not secret"


class Guarded(NamedTuple):
    contact: str
    ca: Path
    other_ca: Path

    def url(self, user: str = "cassandra", *, ca: Path | None = None, options: str = "") -> str:
        return (
            f"cassandra://{user}@{self.contact}/?password_env={PASSWORD}"
            f"&ca={ca or self.ca}{options}"
        )


def certificate(address: str, folder: Path) -> Path:
    """Its own authority; `keystore.p12` beside it is for the node."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    encrypted = serialization.BestAvailableEncryption(KEYSTORE.encode())
    store = pkcs12.serialize_key_and_certificates(b"node", key, made, None, encrypted)
    (folder / "keystore.p12").write_bytes(store)
    pem = folder / "ca.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return pem


@pytest.fixture(scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    address, (port, storage_port) = own_address(2)
    ca = certificate(address, folder / "own")
    node = Node(
        folder / "node",
        address=address,
        port=port,
        storage_port=storage_port,
        throwaway=True,
        settings={
            "authenticator": "PasswordAuthenticator",
            "authorizer": "CassandraAuthorizer",
            "client_encryption_options": {
                "enabled": True,
                "optional": False,
                "keystore": str(ca.parent / "keystore.p12"),
                "keystore_password": KEYSTORE,
                "store_type": "PKCS12",
                "require_client_auth": "false",
            },
            "paxos_variant": "v1",
            "cas_contention_timeout": "3000ms",
            "native_transport_max_frame_size": "4MiB",
            "tombstone_failure_threshold": 100_000,
            # What was granted holds at once, not after two seconds.
            "permissions_validity": "0ms",
            "roles_validity": "0ms",
        },
        # The first user is made at once, not after ten seconds.
        jvm=("-Dcassandra.superuser_setup_delay_ms=0",),
    )
    found = Guarded(f"{address}:{port}", ca, certificate(address, folder / "other"))
    node.start()
    try:
        async with asyncio.timeout(90):
            while True:
                assert node.alive(), node.log_path.read_text()[-2000:]
                driver = PythonDriver(parse(found.url()), "cassandra")
                try:
                    await driver.open(5.0)
                except StoreUnavailable:
                    await asyncio.sleep(0.2)
                else:
                    break
        await driver.close()
        yield found
    finally:
        node.stop()


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "cassandra")


async def administer(guarded: Guarded, *statements: str) -> None:
    driver = PythonDriver(parse(guarded.url()), "cassandra")
    await driver.open(5.0)
    for statement in statements:
        await driver.execute_ddl(statement, 10.0)
    await driver.close()


def store_at(url: str, **arguments: object) -> CassandraStore:
    settings = {"clock": SystemClock(), "metrics": Metrics(), **arguments}
    return CassandraStore(url, **settings)  # type: ignore[arg-type]


async def used(url: str) -> None:
    """A table made, written and dropped."""
    store = store_at(url)
    await store.open()
    table = Table("a" * 32, "guarded", KeyAttribute("p", "S"), None, time.time())
    assert await store.create_table(table)
    found = await store.table(table.name)
    assert found is not None
    write = Write(found, Key("a", None), ANY, {"p": {"S": "a"}})
    assert await store.commit(Batch((write,))) == Committed()
    assert await store.get(found, Key("a", None), consistent=True) is not None
    assert await store.drop_table(found)
    await store.close()


def wrong(findings: list[Finding]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in findings:
        if each.remedy is not None:
            found.setdefault(each.check, []).append(each.sentence)
    return found


@pytest.mark.parametrize("driver", ["python", "cpp"])
async def test_a_store_with_tls_and_a_user(guarded: Guarded, driver: str) -> None:
    if driver == "cpp":
        pytest.importorskip("acsylla", reason="the extra cpp is not installed")
    options = f"&keyspace=tls_{driver}&allow_paxos_v1=true&driver={driver}"
    await used(guarded.url(options=options))


async def test_a_wrong_password(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "wrong")
    with pytest.raises(StoreUnavailable, match="refuses user cassandra") as refused:
        await store_at(guarded.url(), deadline=1.0).open()
    assert "wrong" not in str(refused.value)


async def test_another_authority(guarded: Guarded) -> None:
    with pytest.raises(StoreUnavailable, match="certificate"):
        await store_at(guarded.url(ca=guarded.other_ca), deadline=1.0).open()


async def test_without_tls_or_a_user_there_is_no_connection(guarded: Guarded) -> None:
    with pytest.raises(StoreUnavailable):
        await store_at(f"cassandra://{guarded.contact}", deadline=1.0).open()
    with pytest.raises(StoreUnavailable):
        await store_at(f"cassandra://{guarded.contact}/?ca={guarded.ca}", deadline=1.0).open()


async def test_what_is_set_wrong_is_told_with_its_remedy(guarded: Guarded) -> None:
    found = wrong(await examine(guarded.url(), clock=SystemClock(), deadline=5.0))
    node = f"node {guarded.contact}"
    assert sorted(found) == ["commit log", "paxos", "sizes", "timeouts", "tombstones"]
    assert found["paxos"][0].startswith(f"{node} runs with paxos_variant v1")
    assert found["sizes"] == [
        f"{node} has native_transport_max_frame_size 4MiB: large items with indexes are refused"
    ]
    assert found["timeouts"][0].startswith(f"{node} has cas_contention_timeout 3000ms")


# What README says must be granted, no less.
async def test_a_user_with_few_rights(guarded: Guarded) -> None:
    await administer(guarded, "CREATE ROLE app WITH PASSWORD = 'cassandra' AND LOGIN = true")
    url = guarded.url("app", options="&keyspace=own&allow_paxos_v1=true")
    found = wrong(await examine(url, clock=SystemClock(), deadline=5.0))
    assert found["permissions"] == [
        f"user app lacks CREATE, ALTER, DROP, SELECT, MODIFY on keyspace {name}"
        for name in ("own", "own_catalog")
    ]
    assert "GRANT SELECT ON KEYSPACE system_views" in str(
        [each.remedy for each in await examine(url, clock=SystemClock(), deadline=5.0)]
    )
    replication = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 1}"
    for keyspace in ("own", "own_catalog"):
        await administer(
            guarded,
            f"CREATE KEYSPACE {keyspace} WITH replication = {replication}",
            f"GRANT ALL PERMISSIONS ON KEYSPACE {keyspace} TO app",
        )
    await administer(guarded, "GRANT SELECT ON KEYSPACE system_views TO app")
    found = wrong(await examine(url, clock=SystemClock(), deadline=5.0))
    assert "permissions" not in found
    assert "settings" not in found
    await used(url)


def test_the_command(guarded: Guarded) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "doctor", "--store", guarded.url()],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**inherited_environment(), PASSWORD: "cassandra"},
    )
    assert done.returncode == 1
    assert "ok    user cassandra is a superuser\n" in done.stdout
    assert "      remedy: set paxos_variant: v2 in cassandra.yaml of every node\n" in done.stdout
    assert done.stderr == ""
