"""`python -m tools.local_lambda`: the Lambda function behind a front door until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from . import FRONTS, LocalLambda


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.local_lambda", description=__doc__)
    parser.add_argument("--front", choices=sorted(FRONTS), default="http-api")
    parser.add_argument("--port", type=int, default=8020)
    parser.add_argument("--store", default="sqlite:///.dynaspan/lambda.db")
    parser.add_argument("--log", type=Path, default=Path(".dynaspan/lambda.log"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options.log.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        "DYNASPAN_STORE": options.store,
        "DYNASPAN_AUTH": "off",
        "DYNASPAN_INSECURE": "1",
    }
    local = LocalLambda(
        options.front, log_path=options.log, environment=environment, port=options.port
    )
    try:
        print(
            f"{local.url} is the function behind {options.front}; its log: {options.log}",
            flush=True,
        )
        while local.process.returncode is None:
            time.sleep(0.5)
        print(f"it has ended, see {options.log}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        local.stop()


if __name__ == "__main__":
    sys.exit(main())
