"""Loopback addresses and ports that nobody else on this machine uses."""

from __future__ import annotations

import random
import socket

LOCALHOST = "127.0.0.1"


def can_listen(address: str, port: int) -> bool:
    """False too where the system answers on 127.0.0.1 only, as macOS does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def own_address(ports: int = 1) -> tuple[str, tuple[int, ...]]:
    """An address and that many free ports on it.

    A random address of 127/8: a free port of 127.0.0.1 may be taken between the look and the use.
    """
    for _ in range(20):
        address = ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])
        wanted = tuple(range(9042, 9042 + ports))
        if all(can_listen(address, port) for port in wanted):
            return address, wanted
    return LOCALHOST, tuple(free_port() for _ in range(ports))


def free_port() -> int:
    """Below those that the system gives to outgoing connections and to port 0, so that nobody has
    it between the look and the use."""
    for _ in range(100):
        port = random.randint(10_000, 30_000)
        if can_listen("", port):
            return port
    raise OSError(f"no free port was found on {LOCALHOST}")
