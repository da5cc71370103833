"""Settings: command line over environment (`DYNASPAN_<NAME>`) over a TOML file over defaults.

The only module that reads the environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One field for each option of `dynaspan serve`; the same names in the TOML file."""

    model_config = SettingsConfigDict(env_prefix="DYNASPAN_", frozen=True, extra="forbid")

    store: str = "sqlite:///.dynaspan/dynaspan.db"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    https_port: int | None = Field(None, ge=0, le=65535)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    workers: int = Field(1, ge=1, le=256)
    auth: Literal["off", "warn", "enforce"] = "off"
    access_keys: str = ""
    insecure: bool = False
    region: str = "us-east-1"
    account_id: str = Field("000000000000", pattern=r"^\d{12}$")
    deadline: float = Field(5.0, gt=0)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
