"""`python -m tools.cassandra`: a Cassandra in the foreground until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from pathlib import Path

from . import VERSION, Cluster, StartFailed, Unavailable


def main() -> int:
    options = _parser().parse_args()
    datacenters = (
        options.datacenters.split(",") if options.datacenters else ["datacenter1"] * options.nodes
    )
    cluster = Cluster(
        options.home,
        datacenters=datacenters,
        address=options.address,
        port=options.port,
        storage_port=options.storage_port,
        jmx_port=options.jmx_port,
        heap_mb=options.heap_mb,
        optimize=options.optimize,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    begin = time.monotonic()
    print(
        f"starting Cassandra {VERSION}: half a minute for each node, and the first time the "
        "download of its jars",
        flush=True,
    )
    try:
        with cluster, contextlib.suppress(KeyboardInterrupt):
            print(
                f"ready: {','.join(cluster.contact_points)} "
                f"(Cassandra {VERSION}, {time.monotonic() - begin:.1f} s, logs in {options.home})",
                flush=True,
            )
            while all(node.alive() for node in cluster.nodes):
                time.sleep(0.5)
            dead = next(node for node in cluster.nodes if not node.alive())
            print(f"{dead.address} has ended, see {dead.log_path}", file=sys.stderr)
            return 1
    except (Unavailable, StartFailed) as exc:
        print(exc, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.cassandra", description=__doc__)
    parser.add_argument("--nodes", type=int, default=1, help="on consecutive addresses")
    parser.add_argument("--datacenters", help="instead of --nodes, one name each: dc1,dc1,dc2")
    parser.add_argument("--address", default="127.0.0.1", help="of the first node")
    parser.add_argument("--port", type=int, default=9042, help="for CQL")
    parser.add_argument("--storage-port", type=int, default=7000, help="between nodes")
    parser.add_argument("--jmx-port", type=int, help="of the first node; without it no JMX")
    parser.add_argument("--heap-mb", type=int, help="1024 for one node, 768 for several")
    parser.add_argument(
        "--optimize", action="store_true", help="for benchmarks: slower start, faster in the end"
    )
    parser.add_argument("--home", type=Path, default=Path(".cassandra"), help="data and logs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
