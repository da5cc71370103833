"""`python -m tools.dynamodb_local`: DynamoDB Local in the foreground until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from pathlib import Path

from . import VERSION, DynamoDBLocal, StartFailed, Unavailable


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.dynamodb_local", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--heap-mb", type=int, default=512)
    parser.add_argument("--home", type=Path, default=Path(".dynamodb_local"), help="for the log")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    begin = time.monotonic()
    server = DynamoDBLocal(options.home, port=options.port, heap_mb=options.heap_mb)
    try:
        with server, contextlib.suppress(KeyboardInterrupt):
            took = time.monotonic() - begin
            print(f"ready: {server.url} (DynamoDB Local {VERSION}, {took:.1f} s)", flush=True)
            while server.alive():
                time.sleep(0.5)
            print(f"it has ended, see {server.log_path}", file=sys.stderr)
            return 1
    except (Unavailable, StartFailed) as exc:
        print(exc, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
