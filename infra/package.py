"""`make package`: the code of the Lambda functions, without Docker, in build/lambda/ARCHITECTURE.

    python -m infra.package [--ca FILE] [ARCHITECTURE ...]

Wheels of the architecture and Python of the functions, dynaspan itself among them. ca: PEM
certificates of a Cassandra cluster, put beside the code as ca.pem.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLES = ROOT / "build" / "lambda"
PYTHON = "3.13"
# Amazon Linux 2023, on which this Python runs, has glibc 2.34.
_GLIBC = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
# What only a server that listens itself needs.
_LEFT_OUT = ("uvicorn", "uvloop", "httptools", "rich", "typer")


def install_arguments(architecture: str, target: Path) -> list[str]:
    """Arguments of pip that take nothing but wheels for `architecture`."""
    platforms = [f"--platform={libc}_{_MACHINES[architecture]}" for libc in _GLIBC]
    return [
        *("install", "--quiet", "--disable-pip-version-check", "--no-compile"),
        *(f"--target={target}", "--implementation=cp", f"--python-version={PYTHON}"),
        *(*platforms, "--only-binary=:all:", f"--constraint={ROOT / 'constraints.txt'}"),
    ]


def requirements() -> list[str]:
    """Of the distribution and its tracing, without what a function never imports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["tracing"]]
    return [entry for entry in asked if not entry.startswith(_LEFT_OUT)]


def package(architecture: str, ca: Path | None) -> Path:
    """The folder, made anew."""
    made = BUNDLES / architecture
    # Where it is half made, nobody takes it for a bundle.
    folder = BUNDLES / f"{architecture}.new"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _pip(*install_arguments(architecture, folder), *requirements())
    with tempfile.TemporaryDirectory() as wheels:
        _pip("wheel", "--quiet", "--no-deps", f"--wheel-dir={wheels}", str(ROOT))
        wheel = next(Path(wheels).glob("dynaspan-*.whl"))
        _pip(*install_arguments(architecture, folder), "--no-deps", str(wheel))
    shutil.rmtree(folder / "bin", ignore_errors=True)
    if ca is not None:
        shutil.copy(ca, folder / "ca.pem")
    shutil.rmtree(made, ignore_errors=True)
    return folder.rename(made)


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.package")
    parser.add_argument("--ca", type=Path, help="PEM certificates of a Cassandra cluster")
    parser.add_argument("architectures", nargs="*", metavar="ARCHITECTURE")
    options = parser.parse_args()
    for architecture in options.architectures or _MACHINES:
        if architecture not in _MACHINES:
            parser.error(f"ARCHITECTURE is one of {', '.join(_MACHINES)}, not {architecture}")
        print(package(architecture, options.ca))
    return 0


if __name__ == "__main__":
    sys.exit(main())
