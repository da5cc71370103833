"""Updates of some attributes of an item that nobody has read: see TRANSLATORS.md.

The limit on an item's size is kept by the bound in its row. A write chooses the bound that it
leaves behind, and demands that the one it finds leaves room for what it adds below that. So it need
not know what it finds; a guess that was too low costs another round, which knows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from ...model.plans import Delta
from ...values import item_size
from ..base import Committed, Conflict, Outcome, Write
from .cas import Intent, Refused, Writer
from .change_statements import ChangeStatements
from .items import ItemTable
from .session import Value
from .translator import blind

FIRST_BOUND = 16 * 1024
_MOST_KEYS = 10_000


class BlindWriter:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._bounds: OrderedDict[Hashable, int] = OrderedDict()

    async def write(
        self, write: Write, delta: Delta, items: ItemTable, changes: ChangeStatements
    ) -> Outcome:
        """Conflict: the item must be read; there is none, or it might grow too large. Raises as
        `Writer.write`."""
        translator = blind(items.translator)
        assert translator is not None
        identity = (write.table.id, write.key)
        grows = item_size(delta.set)
        bound = self._bounds.get(identity, FIRST_BOUND)
        cas = changes.change(sets=bool(delta.set), removes=bool(delta.remove))
        while True:
            after = min(bound + grows, delta.most)
            room = after - grows
            values: tuple[Value, ...] = ()
            if delta.set:
                values = (translator.added(delta.set), after, room)
            if delta.remove:
                values += (delta.remove,)
            outcome = await self._writer.write(
                Intent(items.statements, cas, identity, write.key, values, None)
            )
            if isinstance(outcome, Committed) and delta.set:
                self._remember(identity, after)
            if not isinstance(outcome, Refused):
                return outcome
            found = outcome.found.get(translator.bound)
            if found is None or not room < found <= delta.most - grows:
                return Conflict()
            bound = found

    def _remember(self, identity: Hashable, bound: int) -> None:
        self._bounds[identity] = bound
        self._bounds.move_to_end(identity)
        if len(self._bounds) > _MOST_KEYS:
            self._bounds.popitem(last=False)
