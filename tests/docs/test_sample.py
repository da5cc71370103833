"""infra/dynaspan.toml shows every setting, and is one that a server takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import SecretStr

from app.config import Settings, load_settings

SAMPLE = Path(__file__).resolve().parents[2] / "infra" / "dynaspan.toml"


def test_the_sample_has_every_option_with_its_default() -> None:
    text = SAMPLE.read_text()
    shown = re.findall(r"^(#?)([a-z_]+) = (.+)$", text, re.M)
    assert [name for _, name, _ in shown] == list(Settings.model_fields)
    for mark, name, value in shown:
        default = Settings.model_fields[name].default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        # What has no default is shown by an example.
        if mark and default not in (None, ""):
            assert tomllib.loads(f"x = {value}")["x"] == default, name


def test_the_sample_tells_what_each_option_means() -> None:
    text = " ".join(SAMPLE.read_text().replace("\n# ", " ").split())
    for name, field in Settings.model_fields.items():
        assert str(field.description) in text, name


def test_a_server_takes_the_sample() -> None:
    settings = load_settings({}, SAMPLE)
    assert settings.auth == "enforce"
    assert settings.workers == 4
