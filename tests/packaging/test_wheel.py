"""The wheel, built and installed as a user would, beside a package of theirs that is named app."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import __version__

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    # A copy, since setuptools builds in the source tree.
    for name in ("app", "pyproject.toml", "README.md", "LICENSE"):
        run("cp", "-r", ROOT / name, source, cwd=folder)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    run(*pip, "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@dataclass(frozen=True, slots=True)
class Installed:
    """A user's environment and a folder with a package `app` of their own."""

    python: Path
    script: Path
    folder: Path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home = tmp_path_factory.mktemp("user")
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    python = home / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}"]
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=home)
    # The dependencies are those of this environment: addsitedir would also run the link to this
    # checkout, a plain path entry does not.
    (packages,) = (home / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    own = home / "project" / "app"
    own.mkdir(parents=True)
    (own / "__init__.py").write_text("MINE = True\n")
    return Installed(python, home / "venv" / "bin" / "dynaspan", own.parent)


def test_every_file_of_the_wheel_is_in_dynaspan(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert tops == {"dynaspan", f"dynaspan-{__version__}.dist-info"}


# Type information, and every file that is not Python: data that a module reads at run time.
def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.startswith("dynaspan/")}
    app = ROOT / "app"
    wanted = {
        f"dynaspan/{path.relative_to(app).as_posix()}"
        for path in app.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted == shipped


def test_a_users_own_app_package_is_theirs(installed: Installed) -> None:
    # From their project's folder, as `python -m pytest` would have it.
    code = "import app, dynaspan, dynaspan.cli; print(app.MINE, dynaspan.__version__)"
    answer = run(installed.python, "-c", code, cwd=installed.folder)
    assert answer.split() == ["True", __version__]


def test_the_package_imported_is_the_wheels(installed: Installed) -> None:
    answer = run(
        installed.python, "-c", "import dynaspan; print(dynaspan.__file__)", cwd=ROOT.parent
    )
    assert Path(answer.strip()).is_relative_to(installed.python.parent.parent)


def test_the_console_script_runs(installed: Installed) -> None:
    assert __version__ in run(installed.script, "--version", cwd=installed.folder)


def test_the_whole_server_is_importable_from_the_wheel(installed: Installed) -> None:
    code = (
        "import pkgutil, importlib, dynaspan, sys\n"
        "for found in pkgutil.walk_packages(dynaspan.__path__, 'dynaspan.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
        "print('app' in sys.modules)"
    )
    assert run(installed.python, "-c", code, cwd=installed.folder).strip() == "False"
