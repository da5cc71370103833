"""One Cassandra process on its own loopback address and data folder."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from ..process import Process
from ..runtime import Unavailable, jars, java
from . import settings as files

VERSION = "5.0.6"
# Measured on two cores: 6 s of CPU to start instead of 11, and 18 s for the first 40,000 requests
# instead of 37. A node that serves for long is better off without.
QUICK_COMPILER = ("-XX:TieredStopAtLevel=1",)
_SCHEMA_IN_MEMORY = ("-Dcassandra.test.flush_local_schema_changes=false",)
# A member that finds no seed within twice this time ends: on a busy machine a seed may be slow.
RING_DELAY_MS = 5000
_COORDINATE = f"org.apache.cassandra:cassandra-all:{VERSION}"


class Node:
    """`home` holds conf/, data/ and cassandra.log; the data outlives the process.

    `seed` is another node's address, by default its own. `optimize` is for benchmarks: the JVM
    then compiles as in production. throwaway: for one that is never started again on its data: it
    keeps changes of its schema in memory alone, which takes a tenth of the time. `settings` are
    cassandra.yaml entries, `jvm` further flags.
    Without `jmx_port` there is no JMX listener.
    """

    def __init__(
        self,
        home: Path,
        *,
        address: str = "127.0.0.1",
        port: int = 9042,
        storage_port: int = 7000,
        jmx_port: int | None = None,
        seed: str | None = None,
        datacenter: str = "datacenter1",
        rack: str = "rack1",
        token: int = 0,
        bootstrap: bool = False,
        heap_mb: int = 1024,
        ring_delay_ms: int = 100,
        optimize: bool = False,
        throwaway: bool = False,
        settings: Mapping[str, Any] | None = None,
        jvm: Sequence[str] = (),
    ) -> None:
        self.home = home.resolve()
        self.address = address
        self.port = port
        self.storage_port = storage_port
        self.datacenter = datacenter
        self.log_path = self.home / "cassandra.log"
        self._jmx_port = jmx_port
        self._heap_mb = heap_mb
        self._ring_delay_ms = ring_delay_ms
        self._jvm = (
            *(() if optimize else QUICK_COMPILER),
            *(_SCHEMA_IN_MEMORY if throwaway else ()),
            *jvm,
        )
        self._rackdc = files.rackdc(datacenter, rack)
        self._yaml = files.cassandra_yaml(
            data=self.home / "data",
            address=address,
            port=port,
            storage_port=storage_port,
            seed=seed or address,
            token=token,
            bootstrap=bootstrap,
            overrides=settings or {},
        )
        self._process: Process | None = None

    @property
    def contact_point(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the process, does not wait. Raises Unavailable."""
        binary, library = java(), jars(_COORDINATE)
        for port in (self.port, self.storage_port):
            self._require_free(port)
        self._write_configuration()
        self._process = Process(
            self._command(binary, library), log_path=self.log_path, cwd=self.home
        )

    def wait_ready(self, timeout: float = 120.0) -> None:
        """Until CQL answers. Raises StartFailed with the log's end."""
        self._running().wait_until(self.answers, timeout)

    def answers(self) -> bool:
        """Whether a CQL OPTIONS request gets its SUPPORTED response."""
        options = bytes([4, 0, 0, 0, 5, 0, 0, 0, 0])
        try:
            with socket.create_connection((self.address, self.port), timeout=1) as connection:
                connection.settimeout(5)
                connection.sendall(options)
                return connection.recv(9)[4:5] == b"\x06"
        except OSError:
            return False

    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, as in a crash."""
        self._running().kill()

    def terminate(self) -> None:
        """SIGTERM; does not wait; does nothing when it does not run."""
        if self.alive():
            self._running().terminate()

    def stop(self) -> None:
        """Drains and ends; does nothing when it does not run."""
        if self._process is not None:
            self._process.stop()

    def _running(self) -> Process:
        if self._process is None:
            raise RuntimeError("the node was not started")
        return self._process

    def _require_free(self, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.address, port))
            except OSError as exc:
                raise Unavailable(
                    f"{self.address}:{port} cannot be listened on ({exc.strerror}): "
                    "is another Cassandra running there?"
                ) from exc

    def _write_configuration(self) -> None:
        conf = self.home / "conf"
        conf.mkdir(parents=True, exist_ok=True)
        (conf / "cassandra.yaml").write_text(self._yaml)
        (conf / "cassandra-rackdc.properties").write_text(self._rackdc)
        (conf / "logback.xml").write_text(files.LOGBACK)

    def _command(self, binary: Path, library: Path) -> list[str | Path]:
        conf = self.home / "conf"
        properties = {
            "cassandra.config": f"file://{conf}/cassandra.yaml",
            "cassandra-rackdc.properties": f"file://{conf}/cassandra-rackdc.properties",
            "logback.configurationFile": f"file://{conf}/logback.xml",
            "cassandra.storagedir": self.home / "data",
            "cassandra-foreground": "yes",
            "cassandra.ring_delay_ms": self._ring_delay_ms,
            "cassandra.skip_wait_for_gossip_to_settle": 0,
            # Nobody needs two seconds' notice on a loopback cluster.
            "cassandra.shutdown_announce_in_ms": 0,
            "jdk.attach.allowAttachSelf": "true",
            "io.netty.tryReflectionSetAccessible": "true",
            "java.net.preferIPv4Stack": "true",
        }
        if self._jmx_port is not None:
            properties["cassandra.jmx.local.port"] = self._jmx_port
        return [
            binary,
            f"-Xms{self._heap_mb}m",
            f"-Xmx{self._heap_mb}m",
            # Half the CPU of G1 when idle.
            "-XX:+UseSerialGC",
            *self._jvm,
            *(f"-D{name}={value}" for name, value in properties.items()),
            *files.MODULE_FLAGS,
            f"-javaagent:{next(library.glob('jamm-*.jar'))}",
            "-cp",
            f"{library}/*",
            "org.apache.cassandra.service.CassandraDaemon",
        ]

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()
