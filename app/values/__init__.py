"""One DynamoDB attribute value in wire form, e.g. {"S": "a"}: pure functions, no I/O.

`normalize` makes a value of a request canonical (numbers in plain notation, one base64 for the same
bytes, sets in the order of their members); everything else is given canonical values.
"""

from .compare import compare, equal, set_of, type_of
from .hashing import in_hash_order, in_order_of_copy, java_hash
from .keys import from_key, successor, to_key
from .size import is_larger, item_size, value_size
from .wire import normalize, normalize_item

__all__ = [
    "compare",
    "equal",
    "from_key",
    "in_hash_order",
    "in_order_of_copy",
    "is_larger",
    "item_size",
    "java_hash",
    "normalize",
    "normalize_item",
    "set_of",
    "successor",
    "to_key",
    "type_of",
    "value_size",
]
