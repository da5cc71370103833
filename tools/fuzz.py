"""`python -m tools.fuzz --minutes 10`: random programs, bodies and HTTP until the time is over.

Prints each difference that nobody knows, each body or message that was answered 500, with its
request, and what the server's log has of faults.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.differential.known import known, same
from tests.differential.mutations import mutated
from tests.differential.requests import programs
from tests.differential.servers import Endpoint
from tests.differential.wire import message, statuses

from .dynamodb_local import DynamoDBLocal
from .loopback import free_port
from .server import Server

_AT_ONCE = 100


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--store", default="sqlite://")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    found = ran = 0
    answers: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        server = Server("--store", options.store, log_path=Path(folder) / "server.log")
        try:
            server.wait_ready()
            with DynamoDBLocal(Path(folder), port=free_port()) as local:
                pair = Endpoint(server.url), Endpoint(local.url)
                for endpoint in pair:
                    endpoint.create_table()
                while time.monotonic() < end:
                    number = random.randrange(1 << 32)
                    for endpoint in pair:
                        endpoint.fresh_table()
                    found += _compare(*pair, server.url, number, answers)
                    ran += _AT_ONCE
            if "Traceback" in server.log():
                found += 1
                print("LOG", server.log()[-5000:], flush=True)
        finally:
            server.stop()
    print(f"{ran} programs, {found} unknown differences or failures")
    print("odd bodies and messages:", ", ".join(f"{n} x {s}" for s, n in sorted(answers.items())))
    return 1 if found else 0


def _compare(ours: Endpoint, local: Endpoint, url: str, number: int, answers: Counter[int]) -> int:
    """How many differences and failures there were; `answers` counts those to odd requests."""
    found = 0
    at = urlsplit(url)
    address = at.hostname or "", at.port or 0
    count = 0

    @seed(number)
    @settings(
        max_examples=_AT_ONCE,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        nonlocal found, count
        count += 1
        chance = random.Random(count)
        for step in data.draw(programs(f"{number}-{count}")):
            one, two = ours.send(step), local.send(step)
            if not same(step, one, two):
                if known(step, one, two) is None:
                    found += 1
                    print("DIFFERENCE", step, "\n  ours ", one, "\n  local", two, flush=True)
                if (one[0] == 200) != (two[0] == 200):
                    break
            body = mutated(step.request, chance)
            # To a table that is not there, so that the two stay the same.
            odd = body.replace(b"things", b"nothings")
            status, _ = ours.send_body(step.operation, odd)
            answers[status] += 1
            if status not in (200, 400, 413):
                found += 1
                print("STATUS", status, step.operation, body[:2000], flush=True)
            sent = message(step.operation, odd, chance)
            told = statuses(address, sent)
            answers.update(told)
            if any(status >= 500 for status in told) or (sent.whole and not told):
                found += 1
                print("HTTP", told, sent, flush=True)

    run()
    return found


if __name__ == "__main__":
    sys.exit(main())
