from __future__ import annotations

from pathlib import Path

import pytest

from app.config import ConfigError
from app.store.cassandra.url import Bounds, parse


def test_defaults() -> None:
    address = parse("cassandra://127.0.0.1:9042")
    assert address.contact_points == (("127.0.0.1", 9042),)
    assert address.keyspace == "dynaspan"
    assert address.replication is None
    assert address.bounds == Bounds(2.0, 10.0)
    assert not address.allow_paxos_v1


def test_everything() -> None:
    address = parse(
        "cassandra://app@a.example,b.example:9142/?local_dc=eu&ca=/etc/ca.pem&password_env=PW"
        "&keyspace=shop&replication=eu:3,us:2&allow_paxos_v1=true&copy_seconds=1&write_seconds=6"
    )
    assert address.user == "app"
    assert address.password_env == "PW"
    assert address.local_dc == "eu"
    assert address.ca == Path("/etc/ca.pem")
    assert address.keyspace == "shop"
    assert address.replication == {"eu": 3, "us": 2}
    assert address.allow_paxos_v1
    # A silent process is waited for as long as copy, write and a margin of a second may last.
    assert address.bounds.silence == 8.0


# The port behind the last host is meant for all, as people write it.
def test_the_last_port_is_that_of_hosts_without_one() -> None:
    assert parse("cassandra://a,b:9999").contact_points == (("a", 9999), ("b", 9999))
    assert parse("cassandra://a:1,b").contact_points == (("a", 1), ("b", 9042))
    assert parse("cassandra://[::1]:9042").contact_points == (("::1", 9042),)


def test_replication_may_be_one_number() -> None:
    assert parse("cassandra://a/?replication=2").replication == 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("cassandra://", "names its nodes"),
        ("cassandra://user:secret@a/?password_env=X", "must not hold a password"),
        ("cassandra://user@a/", "given together"),
        ("cassandra://a/?password_env=X", "given together"),
        ("cassandra://a/data", "no path"),
        ("cassandra://a/?keyspace=Shop", "lower case"),
        ("cassandra://a/?keyspace=x';DROP", "lower case"),
        ("cassandra://a/?keyspace=full", "'full' is a word that CQL has reserved"),
        ("cassandra://a/?keyspace=with", "'with' is a word that CQL has reserved"),
        ("cassandra://a/?keyspace=system_auth", "one of Cassandra's own"),
        ("cassandra://a/?replication=0", "replication is"),
        ("cassandra://a/?replication=dc1:x", "replication is"),
        ("cassandra://a/?replication=d'c:1", "replication is"),
        ("cassandra://a/?allow_paxos_v1=yes", "true or false"),
        ("cassandra://a/?copy_seconds=-1", "number of seconds"),
        ("cassandra://a/?copy_seconds=nan", "number of seconds"),
        ("cassandra://a/?colour=red", "no parameter colour"),
        ("cassandra://a:port/", "store:"),
    ],
)
def test_what_cannot_be_meant_is_refused(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse(url)


# Store URLs are logged, so the sentence must not repeat what may be a secret.
def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("cassandra://user:secret@a/")
    assert "secret" not in str(caught.value)
