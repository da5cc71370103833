"""Nodes on consecutive loopback addresses that form one cluster."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from ..runtime import Unavailable
from .node import RING_DELAY_MS, Node


class Cluster:
    """`home` holds a folder for each node: node1, node2, ...

    One node for each entry of `datacenters`, from `address` upwards; the first is the seed.
    `heap_mb`, `optimize`, `settings` and `jvm` as for Node.
    """

    def __init__(
        self,
        home: Path,
        *,
        datacenters: Sequence[str] = ("datacenter1",),
        address: str = "127.0.0.1",
        port: int = 9042,
        storage_port: int = 7000,
        jmx_port: int | None = None,
        heap_mb: int | None = None,
        optimize: bool = False,
        settings: Mapping[str, Any] | None = None,
        jvm: Sequence[str] = (),
    ) -> None:
        self._home = home
        first = ipaddress.IPv4Address(address)
        had = [(home / f"node{i + 1}" / "data").exists() for i in range(len(datacenters))]
        fresh = not had[0]
        self._restart = all(had)
        self.nodes = tuple(
            Node(
                home / f"node{number + 1}",
                address=str(first + number),
                port=port,
                storage_port=storage_port,
                jmx_port=None if jmx_port is None else jmx_port + number,
                seed=address,
                datacenter=datacenter,
                token=_token(datacenters, number),
                # Tokens are given, so nodes of a new cluster need not wait for each other; one
                # that joins old data has to stream its share.
                bootstrap=not fresh and number > 0,
                heap_mb=heap_mb or (1024 if len(datacenters) == 1 else 768),
                ring_delay_ms=RING_DELAY_MS if number or not fresh else 100,
                optimize=optimize,
                # The first to start would wait ten seconds for the others.
                settings={
                    **({} if self._restart or number else {"block_for_peers_timeout_in_secs": -1}),
                    **(settings or {}),
                },
                jvm=jvm,
            )
            for number, datacenter in enumerate(datacenters)
        )

    @property
    def contact_points(self) -> tuple[str, ...]:
        """`host:port` of each node."""
        return tuple(node.contact_point for node in self.nodes)

    def start(self, timeout: float = 120.0) -> None:
        """Until CQL answers on each; new nodes join one after another.

        Raises Unavailable or StartFailed.
        """
        extra = self._home / f"node{len(self.nodes) + 1}"
        if (extra / "data").exists():
            raise Unavailable(
                f"{self._home} holds a cluster of more than {len(self.nodes)} node(s): "
                "start as many as before, or remove the folder."
            )
        for node in self.nodes:
            node.start()
            if not self._restart:
                node.wait_ready(timeout)
        for node in self.nodes:
            node.wait_ready(timeout)

    def stop(self) -> None:
        """All at once; does nothing for a node that does not run."""
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def _token(datacenters: Sequence[str], number: int) -> int:
    """Even shares within each datacenter; datacenters are set apart by a little."""
    names = list(dict.fromkeys(datacenters))
    name = datacenters[number]
    size = list(datacenters).count(name)
    place = list(datacenters[:number]).count(name)
    return -(2**63) + 1000 + place * (2**64 // size) + names.index(name) * 1000
