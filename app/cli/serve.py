"""dynaspan serve"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ..config import Settings, load_settings


def _option(name: str, *flags: str, default: str | None = None) -> Any:
    field = Settings.model_fields[name]
    shown = default if default is not None else str(field.get_default())
    return typer.Option(
        *flags, help=field.description, show_default=shown if shown != "None" else False
    )


def serve(
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file with settings, by the names of these options with _ for -."),
    ] = None,
    store: Annotated[str | None, _option("store")] = None,
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    https_port: Annotated[int | None, _option("https_port")] = None,
    tls_cert: Annotated[Path | None, _option("tls_cert")] = None,
    tls_key: Annotated[Path | None, _option("tls_key")] = None,
    advertise: Annotated[str | None, _option("advertise")] = None,
    workers: Annotated[int | None, _option("workers")] = None,
    auth: Annotated[
        Literal["off", "warn", "enforce"] | None, _option("auth", default="off on loopback")
    ] = None,
    access_keys_file: Annotated[Path | None, _option("access_keys_file")] = None,
    access_keys_secret: Annotated[str | None, _option("access_keys_secret")] = None,
    insecure: Annotated[bool | None, _option("insecure", "--insecure", default="no")] = None,
    region: Annotated[str | None, _option("region")] = None,
    account_id: Annotated[str | None, _option("account_id")] = None,
    deadline: Annotated[float | None, _option("deadline")] = None,
    ttl_interval: Annotated[float | None, _option("ttl_interval")] = None,
    transition: Annotated[float | None, _option("transition")] = None,
    limits: Annotated[str | None, _option("limits")] = None,
    translator: Annotated[str | None, _option("translator")] = None,
    keyspace_layout: Annotated[
        Literal["shared", "per-table"] | None, _option("keyspace_layout")
    ] = None,
    write_isolation: Annotated[
        Literal["always_use_lwt", "only_rmw_uses_lwt", "forbid_rmw", "unsafe_rmw"] | None,
        _option("write_isolation"),
    ] = None,
    remember_bytes: Annotated[int | None, _option("remember_bytes")] = None,
    census_interval: Annotated[float | None, _option("census_interval")] = None,
    verify_interval: Annotated[float | None, _option("verify_interval")] = None,
    stream_shards: Annotated[int | None, _option("stream_shards")] = None,
    drain_delay: Annotated[float | None, _option("drain_delay")] = None,
    drain_timeout: Annotated[float | None, _option("drain_timeout")] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None, _option("log_level")
    ] = None,
    log_format: Annotated[Literal["text", "json"] | None, _option("log_format")] = None,
    metrics_interval: Annotated[float | None, _option("metrics_interval")] = None,
) -> None:
    """Serve the DynamoDB API.

    Each option can also be set in the environment, as DYNASPAN_ and its name (--https-port is
    DYNASPAN_HTTPS_PORT), or in a TOML file; the command line wins over the environment, and that
    over the file. Access keys are given by DYNASPAN_ACCESS_KEYS or a file, not by an option, which
    everybody on the machine could read.

    Example: dynaspan serve --store sqlite:///data.db --port 8000
    """
    given = {name: value for name, value in locals().items() if value is not None}
    settings = load_settings(given, given.pop("config", None))
    # Imported here: --help and --version need none of it.
    from .start import start

    sys.exit(start(settings))
