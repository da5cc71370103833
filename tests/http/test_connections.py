"""What clients may do to connections."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.http.protocol import Sweeper

from .conftest import HEADERS, Client, Server


def test_a_head_without_end_is_cut_off(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\n")
        received = b""
        try:
            for number in range(100_000):
                sock.sendall(b"X-%d: %b\r\n" % (number, b"x" * 1000))
        except OSError:
            pass
        else:
            received = sock.recv(100)
    # Either the answer or the reset arrives first; the flood does not go on.
    assert received in (b"",) or received.startswith(b"HTTP/1.1 431 ")
    assert number < 50_000


def test_a_large_but_finite_head_is_read(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        lines = ["POST / HTTP/1.1", "Host: a", f"X-Large: {'x' * 30_000}", "Content-Length: 2"]
        lines += [f"{name}: {value}" for name, value in HEADERS.items()]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        for _ in range(5):
            # The limit is for each head, not for the connection.
            sock.sendall(head + b"{}")
            assert b"HTTP/1.1 200 OK" in sock.recv(65536)


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"\0" * 100])
def test_what_is_not_http(junk: bytes, server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(junk)
        assert sock.recv(100).startswith(b"HTTP/1.1 400 ")
        while sock.recv(1000):
            pass


def test_an_offer_to_upgrade_is_ignored(server: Server) -> None:
    # Java's own client offers h2c with its first request.
    lines = ["POST / HTTP/1.1", "Host: a", "Content-Length: 2"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        for more in (offer, []):
            sock.sendall("\r\n".join(lines + more).encode() + b"\r\n\r\n{}")
            received = b""
            while not received.endswith(b"{}"):
                part = sock.recv(65536)
                assert part, received
                received += part
            assert received.startswith(b"HTTP/1.1 200 OK")


def connection(phase: object) -> SimpleNamespace:
    transport = SimpleNamespace(aborted=False)
    transport.abort = lambda: setattr(transport, "aborted", True)
    # Hashable, as protocols are.
    return type("Connection", (), {"phase": phase, "transport": transport})()  # type: ignore[return-value]


def test_a_client_that_keeps_a_request_waiting_is_dropped() -> None:
    sweeper = Sweeper(seconds=100)
    stalled, working = connection((object(), "body")), connection(None)
    for now in (0.0, 50.0, 100.0):
        sweeper.sweep([stalled, working], now)
        assert not stalled.transport.aborted
    sweeper.sweep([stalled, working], 100.1)
    assert stalled.transport.aborted
    assert not working.transport.aborted


def test_the_time_starts_again_with_each_request() -> None:
    sweeper = Sweeper(seconds=100)
    busy = connection(None)
    for now in range(0, 1000, 90):
        busy.phase = (object(), "body")
        sweeper.sweep([busy], now)
    assert not busy.transport.aborted


@pytest.mark.parametrize(
    ("sent", "then"),
    [
        (b"", b""),
        (b"POST / HT", b""),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{", b""),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"GET"),
    ],
    ids=["nothing", "half a head", "half a body", "half a head again"],
)
def test_a_client_that_stalls_is_dropped(
    sent: bytes, then: bytes, start: Callable[..., Server]
) -> None:
    server = start(client_seconds=0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(sent)
        if then:
            assert sock.recv(1000)
            sock.sendall(then)
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(1000) == b""


def test_an_idle_or_busy_connection_is_not(
    start: Callable[..., Server], connect: Callable[[Server], Client]
) -> None:
    server = start(client_seconds=0.3)
    client = connect(server)
    client.post({})
    sock = client.connection.sock
    assert client.post({"seconds": 1}, "Sleep").status == 200
    time.sleep(0.7)
    assert client.post({}).status == 200
    assert client.connection.sock is sock


def test_a_client_that_does_not_take_its_answer_is_dropped(start: Callable[..., Server]) -> None:
    server = start(client_seconds=0.3)
    body = b'{"size":1000000,"count":16}'
    lines = ["POST / HTTP/1.1", "Host: a", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    head = "\r\n".join(lines).replace(".Echo", ".Chunks").encode() + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(head + body)
        time.sleep(1.5)
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while part := sock.recv(1 << 20):
                received += len(part)
    assert received < 16_000_000


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dynaspan test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


def test_https_beside_http_with_one_store(
    certificate: tuple[Path, Path], start: Callable[..., Server]
) -> None:
    server = start(tls=certificate)
    context = ssl.create_default_context(cafile=certificate[0])
    for port, wrap in ((server.port, False), (server.https_port, True)):
        sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        if wrap:
            sock = context.wrap_socket(sock, server_hostname="127.0.0.1")
        with sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
            with sock.makefile("rb") as stream:
                assert stream.read().endswith(b"healthy: here ")
    server.stop()
    assert (server.store.opened, server.store.closed) == (1, 1)


def test_old_tls_is_refused(certificate: tuple[Path, Path], start: Callable[..., Server]) -> None:
    server = start(tls=certificate)
    context = ssl.create_default_context(cafile=certificate[0])
    # 1.1 itself cannot be offered any more without a warning of Python's own.
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", server.https_port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as sock,
    ):
        assert sock.version() == "TLSv1.3"


def test_boto3_over_https_with_verified_signatures(
    certificate: tuple[Path, Path], start: Callable[..., Server]
) -> None:
    server = start(tls=certificate, auth="enforce", keys={"AK": "secret"})

    def client(secret: str) -> object:
        made = boto3.client(
            "dynamodb",
            endpoint_url=f"https://127.0.0.1:{server.https_port}",
            verify=str(certificate[0]),
            region_name="us-east-1",
            aws_access_key_id="AK",
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

        def aim(request: object, **_: object) -> None:
            request.headers.replace_header("X-Amz-Target", "DynamoDB_20120810.Echo")  # type: ignore[attr-defined]

        made.meta.events.register("before-sign.dynamodb.ListTables", aim)
        return made

    right, wrong = client("secret"), client("wrong")
    assert right.list_tables()["ResponseMetadata"]["HTTPStatusCode"] == 200  # type: ignore[attr-defined]
    with pytest.raises(wrong.exceptions.ClientError, match="InvalidSignatureException"):  # type: ignore[attr-defined]
        wrong.list_tables()  # type: ignore[attr-defined]
    right.close()  # type: ignore[attr-defined]
    wrong.close()  # type: ignore[attr-defined]


def test_idle_tls_clients_do_not_hold_up_a_drain(
    certificate: tuple[Path, Path], start: Callable[..., Server]
) -> None:
    server = start(tls=certificate)
    context = ssl.create_default_context(cafile=certificate[0])
    with (
        socket.create_connection(("127.0.0.1", server.https_port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as sock,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert sock.recv(1000)
        started = time.monotonic()
        # The client never answers the server's farewell.
        server.stop()
        assert time.monotonic() - started < 4
