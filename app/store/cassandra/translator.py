"""How the attributes of an item are kept in the columns of its row: one small interface.

`document` and `attributes` are here, further ones come through Python entry points of the group
`dynaspan.translators`. Which one a table uses is chosen when it is made, and never changes.
TRANSLATORS.md shows what each keeps, and what it is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Protocol, cast

import orjson

from ...errors import StoreError
from ...model.rows import Item
from . import attributes, document
from .document import Image
from .session import Value

GROUP = "dynaspan.translators"


class Translator(Protocol):
    """Safe to share: it holds nothing of any item.

    columns: name and CQL type of each; the first is the one that is read, never null where there is
    an item. `pk`, `sk`, `kind`, `ik`, `ver`, `live`, `txid`, `txp` and `last` are taken, and `item`
    is a blob. Keyspaces has no user-defined types and no tuples.
    """

    @property
    def columns(self) -> Sequence[tuple[str, str]]: ...

    def values(self, image: Image) -> tuple[Value, ...]:
        """Of all columns. The item's key attributes are among its attributes."""
        ...

    def json(self, stored: Any) -> bytes:
        """The item, key attributes included, from the first column: compact DynamoDB JSON."""
        ...

    def size(self, stored: Any) -> int:
        """About how many bytes the first column has."""
        ...


class BlindTranslator(Translator, Protocol):
    """One that can also set and remove attributes without knowing the others.

    bound: the last column, an int, which holds an upper bound of the item's size: what
    `values.item_size` says, after `values` exactly.
    """

    @property
    def bound(self) -> str: ...

    def added(self, attributes: Item) -> Value:
        """What is added to the first column, a map, so that the item has these attributes."""
        ...


_BUILT_IN: Mapping[str, Translator] = {
    "document": document.Document(),
    "attributes": attributes.Attributes(),
}


def find(name: str) -> Translator | None:
    """The translator of that name. Loads code of other packages only for a name not built in."""
    found = _BUILT_IN.get(name)
    if found is None:
        for point in entry_points(group=GROUP, name=name):
            made: Translator = point.load()()
            return made
    return found


def blind(translator: Translator) -> BlindTranslator | None:
    """The same, if it is of that kind."""
    return cast(BlindTranslator, translator) if hasattr(translator, "bound") else None


def required(name: str) -> Translator:
    """Raises StoreError where the package that brings it is not installed."""
    found = find(name)
    if found is None:
        raise StoreError(f"a table was made with translator {name}, which is not installed here")
    return found


def item_of(translator: Translator, stored: Any) -> Item:
    item: Item = orjson.loads(translator.json(stored))
    return item
