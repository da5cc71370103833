"""Bodies that no SDK sends: sound requests with bytes and values changed at random."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

_SPLICES = (
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b'"', b"{", b"}", b"[", b"]", b",", b":", b"null"),
    *(b"1e999", b"\\ud800", b"\\u0000", b"-", b"." * 50, b"9" * 400),
    *(b"[" * 2000, b"{" * 2000, b'{"a":' * 500),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, 1e300, "", "x", "x" * 70_000, [], {}, [[]], [{}]),
    *({"S": 1}, {"N": "NaN"}, {"N": "1e-200"}, {"B": "?"}, {"SS": []}, {"L": {}}, {"M": []}),
    *({"X": 1}, {"S": "a", "N": "1"}, {"L": [{"L": [{"L": []}]}]}, {"NULL": False}, "\ud800"),
    {"": ""},
)


def mutated(request: dict[str, Any], chance: random.Random) -> bytes:
    """One to three changes, of JSON or of bytes."""
    # Strategies may give one object to many requests.
    request = deepcopy(request)
    for _ in range(chance.randint(1, 3)):
        if chance.random() < 0.7:
            _change(request, chance)
    body = json.dumps(request).encode()
    if chance.random() < 0.4:
        at = chance.randrange(len(body))
        cut = chance.choice((0, 0, 1, 5, len(body)))
        body = body[:at] + chance.choice(_SPLICES) + body[at + cut :]
    return body


def _change(tree: Any, chance: random.Random) -> None:
    """Replaces, removes or adds somewhere below `tree`."""
    while True:
        below = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not below:
            break
        where = chance.choice(below)
        inner = tree[where]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
            tree = inner
            continue
        if chance.random() < 0.2:
            del tree[where]
        else:
            tree[where] = deepcopy(chance.choice(_VALUES))
        return
    if isinstance(tree, dict):
        tree[chance.choice(("a", "TableName", "S", "Limit"))] = deepcopy(chance.choice(_VALUES))
    else:
        tree.append(deepcopy(chance.choice(_VALUES)))
