"""What a node reads at start: cassandra.yaml, the rack file, logback and the JVM's flags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# From Cassandra's own jvm17-server.options.
_EXPORTS = (
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "java.base/java.lang.ref",
    "jdk.unsupported/sun.misc",
)
_OPENS = (
    "java.base/java.lang.module",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.util.jar",
    "jdk.management/com.sun.management.internal",
    "java.base/sun.nio.ch",
    "java.base/java.io",
    "java.base/java.nio",
    "java.base/java.lang",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
)
MODULE_FLAGS = (
    *(flag for name in _EXPORTS for flag in ("--add-exports", f"{name}=ALL-UNNAMED")),
    *(flag for name in _OPENS for flag in ("--add-opens", f"{name}=ALL-UNNAMED")),
)

LOGBACK = """\
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{HH:mm:ss.SSS} [%thread] %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
"""


def rackdc(datacenter: str, rack: str) -> str:
    return f"dc={datacenter}\nrack={rack}\n"


def cassandra_yaml(
    *,
    data: Path,
    address: str,
    port: int,
    storage_port: int,
    seed: str,
    token: int,
    bootstrap: bool,
    overrides: Mapping[str, Any],
) -> str:
    """The configuration as JSON, which is YAML too; `overrides` win key by key."""
    settings: dict[str, Any] = {
        "cluster_name": "dynaspan",
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "num_tokens": 1,
        "initial_token": str(token),
        "auto_bootstrap": bootstrap,
        "data_file_directories": [str(data / "data")],
        "commitlog_directory": str(data / "commitlog"),
        "hints_directory": str(data / "hints"),
        "saved_caches_directory": str(data / "saved_caches"),
        "cdc_raw_directory": str(data / "cdc_raw"),
        "listen_address": address,
        "rpc_address": address,
        "native_transport_port": port,
        "storage_port": storage_port,
        "endpoint_snitch": "GossipingPropertyFileSnitch",
        "seed_provider": [
            {
                "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                "parameters": [{"seeds": f"{seed}:{storage_port}"}],
            }
        ],
        "commitlog_sync": "periodic",
        "commitlog_sync_period": "10000ms",
        "commitlog_total_space": "512MiB",
        # Two round trips for a conditional write instead of four.
        "paxos_variant": "v2",
        # An index partition may be used as a queue.
        "tombstone_failure_threshold": 1_000_000,
        # A dropped table leaves nothing behind.
        "auto_snapshot": False,
        "memtable_heap_space": "128MiB",
        "memtable_offheap_space": "128MiB",
        "file_cache_size": "64MiB",
        "key_cache_save_period": "0s",
        "counter_cache_size": "0MiB",
        "concurrent_reads": 16,
        "concurrent_writes": 16,
        "concurrent_compactors": 1,
    }
    return json.dumps({**settings, **overrides}, indent=2)
