"""The cdk command, of the version in infra/package.json, with the Node of this environment.

python -m tools.cdk deploy --all -c stage=dev
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from .node import node, packages
from .runtime import Unavailable

ROOT = Path(__file__).resolve().parent.parent


def main() -> NoReturn:
    try:
        command = packages(ROOT / "infra") / "node_modules" / "aws-cdk" / "bin" / "cdk"
    except Unavailable as fault:
        sys.exit(str(fault))
    # cdk runs `python infra/app.py` of cdk.json: with this Python.
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path}
    arguments = ["--no-notices", *sys.argv[1:]]
    os.chdir(ROOT)
    os.execve(node(), [str(node()), str(command), *arguments], environment)


if __name__ == "__main__":
    main()
