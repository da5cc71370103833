"""One node for several test processes: the first starts it, it ends after the last."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..loopback import own_address
from ..runtime import file_lock
from .node import Node


@contextmanager
def shared_node(folder: Path) -> Iterator[str]:
    """`host:port` of the node of all processes that name the same folder.

    The process that started it waits for the others, since the node ends with its parent. A user
    is known by a shared lock, which goes also when it is killed. Raises Unavailable or StartFailed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contact = folder / "contact"
    node: Node | None = None
    with (folder / "users").open("w") as users:
        with file_lock(folder / "lock"):
            if _alone(users.fileno()):
                node = _start(folder / "node")
                contact.write_text(node.contact_point)
            fcntl.flock(users, fcntl.LOCK_SH)
            where = contact.read_text()
        try:
            yield where
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if node is not None:
                with file_lock(folder / "lock"):
                    fcntl.flock(users, fcntl.LOCK_EX)
                    node.stop()
                    shutil.rmtree(node.home)


def _alone(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start(home: Path) -> Node:
    address, (port, storage_port) = own_address(2)
    node = Node(home, address=address, port=port, storage_port=storage_port, throwaway=True)
    node.start()
    try:
        node.wait_ready()
    except BaseException:
        node.kill()
        raise
    return node
