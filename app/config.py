"""Settings: command line over environment (`DYNASPAN_<NAME>`) over a TOML file over defaults.

The only module that reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PREFIX = "DYNASPAN_"


class ConfigError(Exception):
    """Settings that cannot be used, said in one sentence to the person who starts the server."""


class Settings(BaseSettings):
    """One field for each option of `dynaspan serve`; the same names in the TOML file.

    Use `load_settings` to start a server: it also reads the TOML file and says faults in one
    sentence. Times are in seconds.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    store: str = Field("sqlite:///.dynaspan/dynaspan.db", description="URL of the store.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port for HTTP; 0 takes a free one.")
    https_port: int | None = Field(
        None, ge=0, le=65535, description="Port of a further listener that speaks HTTPS."
    )
    tls_cert: Path | None = Field(None, description="PEM file: certificate chain of the server.")
    tls_key: Path | None = Field(None, description="PEM file: private key of the certificate.")
    advertise: str | None = Field(
        None, description="host:port that DescribeEndpoints tells; by default host and port."
    )
    workers: int = Field(1, ge=1, le=256, description="Processes that serve; one for each core.")
    auth: Literal["off", "warn", "enforce"] = Field(
        "off",
        description="Whether signatures are verified; enforce is the default off loopback.",
    )
    access_keys: SecretStr = Field(
        SecretStr(""), description="Access keys as ID:SECRET[,ID:SECRET]."
    )
    access_keys_file: Path | None = Field(None, description="File with one ID:SECRET on each line.")
    access_keys_secret: str | None = Field(
        None, description="Name or ARN of a Secrets Manager secret with one ID:SECRET on each line."
    )
    insecure: bool = Field(
        False, description="Allows --auth off on an address that others can reach."
    )
    region: str = Field("us-east-1", min_length=1, description="Region in ARNs.")
    account_id: str = Field("000000000000", pattern=r"^\d{12}$", description="Account in ARNs.")
    deadline: float = Field(5.0, gt=0, description="Seconds a request may spend on the store.")
    ttl_interval: float = Field(
        30.0, gt=0, description="Seconds between two rounds that delete expired items."
    )
    transition: float = Field(
        0.0,
        ge=0,
        description="Seconds for which tables are shown as CREATING, UPDATING and DELETING.",
    )
    limits: str = Field(
        "", description="Limits of tables made from now on, in the form of the tag dynaspan:limits."
    )
    translator: str = Field(
        "document",
        description="How tables made from now on keep items, unless the tag dynaspan:translator "
        "says it.",
    )
    keyspace_layout: Literal["shared", "per-table"] = Field(
        "shared",
        description="Whether tables made from now on share a keyspace, unless the tag "
        "dynaspan:keyspace_layout says it.",
    )
    write_isolation: Literal["always_use_lwt", "only_rmw_uses_lwt", "forbid_rmw", "unsafe_rmw"] = (
        Field(
            "always_use_lwt",
            description="Write isolation of tables made from now on, unless the tag "
            "system:write_isolation says it.",
        )
    )
    remember_bytes: int = Field(
        8 * 1024 * 1024,
        ge=0,
        description="Bytes of items that a process remembers as it wrote them, to change them "
        "again without reading them.",
    )
    census_interval: float = Field(
        60.0,
        gt=0,
        description="Seconds before the items of a table are counted again, of a large one more.",
    )
    verify_interval: float = Field(
        0.0,
        ge=0,
        description="Seconds between two comparisons of all tables with their indexes; 0: none.",
    )
    stream_shards: int = Field(
        4, ge=1, le=100, description="Shards of a stream; one with fewer gets so many."
    )
    drain_delay: float = Field(
        0.0,
        ge=0,
        description="Seconds after SIGTERM in which requests are still accepted, for a load "
        "balancer to see /readyz fail.",
    )
    drain_timeout: float = Field(
        25.0, gt=0, description="Seconds that requests under way have to finish after SIGTERM."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )
    log_format: Literal["text", "json"] = Field("text", description="Form of a log line.")
    metrics_interval: float = Field(
        0.0,
        ge=0,
        description="Seconds between two reports of metrics on stdout, in CloudWatch's embedded "
        "metric format; 0: none.",
    )

    @property
    def has_access_keys(self) -> bool:
        elsewhere = self.access_keys_file is not None or self.access_keys_secret is not None
        return elsewhere or bool(self.access_keys.get_secret_value())

    @property
    def store_for_display(self) -> str:
        """The store's URL without the password and without its query, which may hold secrets."""
        scheme, separator, rest = self.store.partition("://")
        location = rest.partition("?")[0]
        user, at, hosts = location.rpartition("@")
        if at:
            location = f"{user.partition(':')[0]}@{hosts}"
        return scheme + separator + location

    @model_validator(mode="before")
    @classmethod
    def _auth_by_host(cls, values: dict[str, Any]) -> dict[str, Any]:
        if "auth" in values:
            return values
        host = str(values.get("host", "127.0.0.1"))
        return values | {"auth": "off" if is_loopback(host) else "enforce"}

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key are given together or not at all")
        if self.https_port is not None and self.tls_cert is None:
            raise ValueError("https_port needs tls_cert and tls_key")
        if self.tls_cert is not None and self.https_port is None:
            raise ValueError("tls_cert and tls_key have no effect without https_port")
        if self.https_port is not None and self.https_port == self.port != 0:
            raise ValueError("port and https_port must differ")
        if self.auth == "enforce" and not self.has_access_keys:
            raise ValueError(
                "auth=enforce, the default where other machines can reach the server, needs "
                "access_keys (best as DYNASPAN_ACCESS_KEYS), access_keys_file or access_keys_secret"
            )
        if self.auth == "off" and not is_loopback(self.host) and not self.insecure:
            raise ValueError(
                f"auth=off on {self.host}, which other machines can reach, needs insecure"
            )
        return self


class ReplicationSettings(Settings):
    """What `dynaspan.replication.stream_handler` is set by: only from the environment."""

    replication_tables: str = Field(
        "",
        description="Target tables of replicated streams where they have another name, as "
        "SOURCE=TARGET[,SOURCE=TARGET].",
    )
    replication_concurrency: int = Field(
        16, ge=1, le=256, description="Items of a batch that are replicated at once."
    )
    replication_mark_seconds: float = Field(
        172800.0,
        ge=0,
        description="Seconds for which it is known of a deleted item which record deleted it.",
    )
    on_failure: str = Field(
        "",
        description="Where replication puts records that cannot be applied: file:///PATH, "
        "s3://BUCKET/PREFIX or the URL of an SQS queue.",
    )

    @property
    def targets(self) -> dict[str, str]:
        """Names of target tables by those of their sources."""
        pairs = [pair.partition("=") for pair in self.replication_tables.split(",") if pair]
        return {source.strip(): target.strip() for source, _, target in pairs}

    @model_validator(mode="after")
    def _named(self) -> ReplicationSettings:
        if any(not source or not target for source, target in self.targets.items()):
            raise ValueError("replication_tables is SOURCE=TARGET[,SOURCE=TARGET]")
        return self


def load_settings(given: Mapping[str, Any], config: Path | None = None) -> Settings:
    """Settings from `given` (the command line), environment, TOML file and defaults.

    `config` is the TOML file; without it DYNASPAN_CONFIG names one, or there is none. Raises
    ConfigError.
    """
    if config is None and (named := os.environ.get(_PREFIX + "CONFIG")):
        config = Path(named)
    from_file = {} if config is None else _read(config)
    in_environment = {name.lower() for name, value in os.environ.items() if value}
    values = {
        name: value
        for name, value in from_file.items()
        if (_PREFIX + name).lower() not in in_environment
    }
    try:
        return Settings(**(values | dict(given)))
    except ValidationError as fault:
        raise ConfigError(_sentence(fault)) from None


def load_replication_settings(given: Mapping[str, Any] | None = None) -> ReplicationSettings:
    """From `given` and the environment. Raises ConfigError."""
    try:
        return ReplicationSettings(**(given or {}))
    except ValidationError as fault:
        raise ConfigError(_sentence(fault)) from None


def environment(name: str) -> str | None:
    """A variable that a setting names, such as the one that holds a password."""
    return os.environ.get(name)


def starts_ahead() -> bool:
    """Whether Lambda makes this environment before anybody waits for it: a snapshot, or one that is
    provisioned.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in (
        "snap-start",
        "provisioned-concurrency",
    )


def may_trace() -> bool:
    """Whether this is a Lambda function that X-Ray may ask for traces.

    https://docs.aws.amazon.com/powertools/python/latest/environment_variables/
    """
    disabled = os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower()
    return (
        "LAMBDA_TASK_ROOT" in os.environ
        and "AWS_SAM_LOCAL" not in os.environ
        and disabled not in ("true", "1", "yes", "on", "t", "y")
    )


def sampled() -> bool:
    """Whether the invocation under way is traced; Lambda sets the header anew with each one."""
    return "Sampled=1" in os.environ.get("_X_AMZN_TRACE_ID", "") and may_trace()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text())
    except OSError as fault:
        raise ConfigError(f"{path}: {fault.strerror}") from None
    except ValueError as fault:
        raise ConfigError(f"{path} is not TOML: {fault}") from None
    for name in values:
        if name not in Settings.model_fields:
            raise ConfigError(f"{path}: there is no setting {name!r}")
    return values


def _sentence(fault: ValidationError) -> str:
    """The first error. Never the input, which may be a secret."""
    error = fault.errors(include_url=False, include_input=False)[0]
    message = error["msg"].removeprefix("Value error, ")
    return ": ".join([*map(str, error["loc"]), message])
