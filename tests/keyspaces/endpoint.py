"""An endpoint of Amazon Keyspaces: a gate with a certificate of its own, and who may use it."""

from __future__ import annotations

import datetime
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.keyspaces.gate import ACCESS_KEY, SECRET_KEY, Gate

REGION = "eu-west-1"


def write_certificate(path: Path) -> None:
    """A PEM file with key and certificate of the region's endpoint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = f"cassandra.{REGION}.amazonaws.com"
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )


@contextmanager
def credentials() -> Iterator[None]:
    """Those of the gate, in the environment of this process and of those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        patch.delenv("AWS_PROFILE", raising=False)
        yield


@contextmanager
def gate_before(contact: str, certificate: Path) -> Iterator[Gate]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with Gate(contact, context, REGION) as gate:
        yield gate
    # No statement of any test was outside what is documented.
    assert gate.broken == []


def new_url(gate: Gate, certificate: Path) -> str:
    """Of a keyspace of its own."""
    keyspace = f"test_{uuid.uuid4().hex[:12]}"
    return (
        f"keyspaces://{REGION}?endpoint=127.0.0.1:{gate.port}&ca={certificate}"
        f"&keyspace={keyspace}&sessions=2"
    )
