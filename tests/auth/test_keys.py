"""Where access keys come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.auth import key_ring
from app.config import ConfigError, Settings


def ring(keys: str = "", file: Path | None = None) -> object:
    return key_ring(Settings(access_keys=SecretStr(keys), access_keys_file=file))


def test_keys_of_the_setting() -> None:
    keys = key_ring(Settings(access_keys=SecretStr("A:one, B:two:with:colons,")))
    assert keys.secret("A") == "one"
    assert keys.secret("B") == "two:with:colons"
    assert keys.secret("C") is None


def test_keys_of_a_file_are_added(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# team blue\nB:two\n\n  C:three/with+signs=  \n")
    keys = key_ring(Settings(access_keys=SecretStr("A:one"), access_keys_file=file))
    assert [keys.secret(name) for name in "ABC"] == ["one", "two", "three/with+signs="]


@pytest.mark.parametrize("keys", ["A", "A:", ":secret", "A:one,secret-without-id"])
def test_a_malformed_key_is_refused_without_showing_it(keys: str) -> None:
    with pytest.raises(ConfigError, match=r"^access_keys: entry [12] is not ID:SECRET$"):
        ring(keys)


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^access_keys: access key A is given twice$"):
        ring("A:one,A:two")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        ring(file=tmp_path / "absent")
