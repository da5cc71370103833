"""Where settings come from, and which contradict each other."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli.serve import serve
from app.config import ConfigError, Settings, is_loopback, load_settings


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("DYNASPAN_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "dynaspan.toml"
    path.write_text('port = 1001\nregion = "file"\naccount_id = "111111111111"\n')
    return path


def test_command_line_over_environment_over_file_over_defaults(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNASPAN_PORT", "1002")
    monkeypatch.setenv("DYNASPAN_REGION", "environment")
    settings = load_settings({"port": 1003}, file)
    assert settings.port == 1003
    assert settings.region == "environment"
    assert settings.account_id == "111111111111"
    assert settings.host == "127.0.0.1"


def test_the_environment_may_name_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNASPAN_CONFIG", str(file))
    assert load_settings({}).port == 1001


def test_an_empty_variable_is_not_set(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Compose files pass every variable on, set or not.
    monkeypatch.setenv("DYNASPAN_PORT", "")
    assert load_settings({}, file).port == 1001


def test_every_setting_is_an_option_of_serve() -> None:
    options = set(inspect.signature(serve).parameters) - {"config"}
    # Secrets on a command line can be read by everybody on the machine.
    assert options == set(Settings.model_fields) - {"access_keys"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"port": 70000}, "port: Input should be less than or equal to 65535"),
        ({"auth": "maybe"}, "auth: Input should be 'off', 'warn' or 'enforce'"),
        ({"tls_cert": "c"}, "tls_cert and tls_key are given together or not at all"),
        ({"tls_key": "k"}, "tls_cert and tls_key are given together or not at all"),
        ({"https_port": 1}, "https_port needs tls_cert and tls_key"),
        (
            {"tls_cert": "c", "tls_key": "k"},
            "tls_cert and tls_key have no effect without https_port",
        ),
        (
            {"tls_cert": "c", "tls_key": "k", "https_port": 8000},
            "port and https_port must differ",
        ),
        (
            {"auth": "enforce"},
            "auth=enforce, the default where other machines can reach the server, needs "
            "access_keys (best as DYNASPAN_ACCESS_KEYS), access_keys_file or access_keys_secret",
        ),
        (
            {"host": "0.0.0.0", "auth": "off"},
            "auth=off on 0.0.0.0, which other machines can reach, needs insecure",
        ),
        ({"nonsense": 1}, "nonsense: Extra inputs are not permitted"),
    ],
)
def test_one_sentence_for_each_fault(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(given)
    assert str(caught.value) == sentence


def test_a_fault_does_not_quote_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNASPAN_ACCESS_KEYS", "A:hidden")
    with pytest.raises(ConfigError) as caught:
        load_settings({"port": -1})
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(load_settings({}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 1", "there is no setting 'prot'"),
        ("port = ", "is not TOML"),
        ('[serve]\nport = "1"', "there is no setting 'serve'"),
    ],
)
def test_faults_of_the_file_name_it(text: str, sentence: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings({}, file)
    assert str(file) in str(caught.value)
    assert sentence in str(caught.value)


def test_an_absent_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings({}, tmp_path / "absent.toml")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_nothing_is_verified_by_default_where_only_this_machine_can_reach(host: str) -> None:
    assert is_loopback(host)
    assert load_settings({"host": host}).auth == "off"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "db.example", ""])
def test_elsewhere_signatures_are_enforced_by_default(host: str) -> None:
    assert not is_loopback(host)
    settings = Settings(host=host, access_keys="A:secret")  # type: ignore[arg-type]
    assert settings.auth == "enforce"
    # Off has to be said twice.
    assert load_settings({"host": host, "auth": "off", "insecure": True}).auth == "off"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("sqlite://", "sqlite://"),
        ("cassandra://u:p@ss@h1,h2:9042/?password=x", "cassandra://u@h1,h2:9042/"),
        ("cassandra://h", "cassandra://h"),
    ],
)
def test_a_store_is_shown_without_secrets(url: str, shown: str) -> None:
    assert load_settings({"store": url}).store_for_display == shown
