"""What a store URL says: `cassandra://user@host1,host2:9042/?local_dc=…&keyspace=…&driver=…`"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from ...config import ConfigError, environment

DEFAULT_PORT = 9042
DRIVERS = ("auto", "python", "cpp")
_KEYSPACE = re.compile(r"[a-z][a-z0-9_]{0,38}")
# Of Cassandra 5 (org/apache/cassandra/cql3/reserved_keywords.txt) and of versions before it.
_RESERVED = re.compile(
    "add|allow|alter|and|apply|asc|authorize|batch|begin|by|columnfamily|create|default|"
    "delete|desc|describe|drop|entries|execute|from|full|grant|if|in|index|infinity|insert|"
    "into|is|keyspace|limit|materialized|mbean|mbeans|modify|nan|norecursive|not|null|of|on|"
    "or|order|primary|rename|replace|revoke|schema|select|set|table|to|token|truncate|"
    "unlogged|unset|update|use|using|view|where|with"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a catalog change must wait for a process that cannot be heard, in seconds.

    copy: a process acts on a catalog copy for so long after the start of the read that fetched it.
    write: a write is sent at most so long after it began.
    skew: clocks of nodes and of processes that write plainly differ by at most so much.
    """

    copy: float = 2.0
    write: float = 10.0
    skew: float = 1.0

    @property
    def silence(self) -> float:
        """Then a process that did not acknowledge a change cannot act on what was before."""
        return self.copy + self.write + 1.0


@dataclass(frozen=True, slots=True)
class Address:
    """What a store URL says.

    replication: datacentre -> replicas; a number for all of them; None is 3, or 1 in a datacentre
    of fewer than three nodes. It matters only when the keyspaces are created.
    driver: one of DRIVERS.
    """

    contact_points: tuple[tuple[str, int], ...]
    user: str | None = None
    password_env: str | None = None
    local_dc: str | None = None
    ca: Path | None = None
    keyspace: str = "dynaspan"
    replication: Mapping[str, int] | int | None = None
    allow_paxos_v1: bool = False
    bounds: Bounds = field(default_factory=Bounds)
    driver: str = "auto"

    def __str__(self) -> str:
        return ",".join(f"{host}:{port}" for host, port in self.contact_points)


def parse(url: str) -> Address:
    """Raises ConfigError. A password in the URL is refused: URLs get logged."""
    try:
        return _parse(url)
    except ValueError as fault:
        raise ConfigError(f"store: {fault}") from None


def _parse(url: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme != "cassandra":
        raise ValueError(f"a Cassandra store URL begins with cassandra://, not {parts.scheme}://")
    credentials, _, hosts = parts.netloc.rpartition("@")
    if ":" in credentials:
        raise ValueError(
            "a store URL must not hold a password: name its environment variable by ?password_env="
        )
    if parts.path.strip("/"):
        raise ValueError(f"a store URL has no path, the keyspace is ?keyspace=, not {parts.path!r}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    user = unquote(credentials) or None
    password_env = options.pop("password_env", None)
    if (user is None) != (password_env is None):
        raise ValueError("user@ and ?password_env= are given together or not at all")
    ca = options.pop("ca", None)
    address = Address(
        contact_points=_contact_points(hosts),
        user=user,
        password_env=password_env,
        local_dc=options.pop("local_dc", None),
        ca=None if ca is None else Path(ca),
        keyspace=keyspace_name(options.pop("keyspace", "dynaspan")),
        replication=_replication(options.pop("replication", "auto")),
        allow_paxos_v1=flag("allow_paxos_v1", options.pop("allow_paxos_v1", "false")),
        bounds=parse_bounds(options),
        driver=driver_name(options.pop("driver", "auto")),
    )
    if options:
        raise ValueError(f"a Cassandra store URL has no parameter {', '.join(sorted(options))}")
    return address


def parse_bounds(options: dict[str, str]) -> Bounds:
    """Takes its parameters out of `options`. Raises ValueError."""
    return Bounds(
        _seconds("copy_seconds", options.pop("copy_seconds", "2")),
        _seconds("write_seconds", options.pop("write_seconds", "10")),
        _seconds("skew_seconds", options.pop("skew_seconds", "1")),
    )


def _contact_points(hosts: str) -> tuple[tuple[str, int], ...]:
    """A port behind the last host is that of all hosts without one."""
    found: list[tuple[str, int | None]] = []
    for text in hosts.split(","):
        part = urlsplit("//" + text)
        if not part.hostname:
            raise ValueError("a Cassandra store URL names its nodes: cassandra://host1,host2:9042/")
        found.append((part.hostname, part.port))
    default = found[-1][1] or DEFAULT_PORT
    return tuple((host, port or default) for host, port in found)


def keyspace_name(name: str) -> str:
    # 48 characters at most, with the suffix of the catalog's keyspace.
    if not _KEYSPACE.fullmatch(name):
        raise ValueError(
            f"keyspace {name!r} is not 1 to 39 lower case letters, digits and underscores, "
            "a letter first"
        )
    if _RESERVED.fullmatch(name):
        raise ValueError(f"keyspace {name!r} is a word that CQL has reserved")
    if name == "system" or name.startswith("system_"):
        raise ValueError(f"keyspace {name!r} has the name of one of Cassandra's own")
    return name


def _replication(text: str) -> Mapping[str, int] | int | None:
    if text == "auto":
        return None
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    factors: dict[str, int] = {}
    for entry in text.split(","):
        datacenter, _, factor = entry.partition(":")
        if not datacenter or "'" in datacenter or not (factor.isascii() and factor.isdigit()):
            raise ValueError(f"replication is auto, 3 or dc1:3,dc2:2, not {text!r}")
        factors[datacenter] = int(factor)
    return factors


def driver_name(text: str) -> str:
    if text not in DRIVERS:
        raise ValueError(f"driver is {', '.join(DRIVERS[:-1])} or {DRIVERS[-1]}, not {text!r}")
    return text


def flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{name} is true or false, not {text!r}")
    return text == "true"


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 3600:
        raise ValueError(f"{name} is a number of seconds, not {text!r}")
    return seconds


def password(variable: str | None) -> str | None:
    """What the environment variable says that a URL names. Raises ConfigError."""
    if variable is None:
        return None
    found = environment(variable)
    if found is None:
        raise ConfigError(f"store: password_env names {variable}, which is not set")
    return found
