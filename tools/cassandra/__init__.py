"""A real Apache Cassandra from Python packages and Maven jars: no JDK, Maven or Docker.

`python -m tools.cassandra` for people, `Node` and `Cluster` for tests.
"""

from __future__ import annotations

from ..process import StartFailed
from ..runtime import Unavailable
from .cluster import Cluster
from .node import VERSION, Node
from .shared import shared_node

__all__ = ["VERSION", "Cluster", "Node", "StartFailed", "Unavailable", "shared_node"]
