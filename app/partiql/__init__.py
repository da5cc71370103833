"""PartiQL: the text of a statement -> a `Statement`, whose conditions, updates and values are the
trees and programs of `expressions` -> `Bound` to its parameters. What is done with it is told by
`operations`.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from .binding import Bound, bind, parameter_values, told_first
from .keys import KeyTerm
from .parser import EXISTS_REFUSED, is_select, parse
from .statements import Column, Delete, Exists, Insert, Order, Select, Statement, Update, Where

__all__ = [
    "EXISTS_REFUSED",
    "Bound",
    "Column",
    "Delete",
    "Exists",
    "Insert",
    "KeyTerm",
    "Order",
    "Select",
    "Statement",
    "Update",
    "Where",
    "bind",
    "is_select",
    "parameter_values",
    "parse",
    "told_first",
]
