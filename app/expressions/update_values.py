"""New values of attributes: what the right of a SET, an ADD or a DELETE makes of the old item.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from collections.abc import Callable

from .. import errors
from ..errors import ApiError
from ..model.rows import Item
from ..values import number, set_of
from . import tree
from .compiling import Operand, Program
from .paths import Environment, Getter, Value, getter
from .refusal import Refused

SETS = frozenset(("SS", "NS", "BS"))
_LIST = frozenset(("L",))
_NUMBER = frozenset(("N",))
_MAY_ADD = SETS | {"N"}

_LONG_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
    "L": "LIST",
    "M": "MAP",
}

Mismatch = Callable[[], ApiError]


def wrong_data_type() -> ApiError:
    return errors.validation("An operand in the update expression has an incorrect data type")


def type_mismatch() -> ApiError:
    """What AttributeUpdates says where an expression says `wrong_data_type`."""
    return errors.validation("Type mismatch for attribute to update")


def assigned(node: tree.Operand, program: Program) -> Operand:
    """The right of a SET. Its `get` raises ValidationException where the item lacks something."""
    if isinstance(node, tree.Path):
        path = program.path(node)
        return Operand(_present(path.get), path=node)
    if isinstance(node, tree.Arithmetic):
        left, right = assigned(node.left, program), assigned(node.right, program)
        program.require_type(node.operator, left, _NUMBER)
        program.require_type(node.operator, right, _NUMBER)
        return Operand(_arithmetic(node.operator, left.get, right.get), kind="N")
    if isinstance(node, tree.Call):
        # A plain loop: calls may be 300 deep, and a comprehension costs a second frame.
        arguments = []
        for argument in node.arguments:
            arguments.append(assigned(argument, program))
        return _call(node, arguments, program)
    assert not isinstance(node, tree.Truth)
    return program.value(node)


def _present(get: Getter) -> Getter:
    def get_present(item: Item, environment: Environment) -> Value:
        value = get(item, environment)
        if value is None:
            raise errors.validation(
                "The provided expression refers to an attribute that does not exist in the item"
            )
        return value

    return get_present


def _arithmetic(operator: str, get_left: Getter, get_right: Getter) -> Getter:
    calculate = number.add if operator == "+" else number.subtract

    def get(item: Item, environment: Environment) -> Value:
        left, right = get_left(item, environment), get_right(item, environment)
        if left is None or right is None or "N" not in left or "N" not in right:
            raise wrong_data_type()
        return {"N": calculate(left["N"], right["N"])}

    return get


def _call(call: tree.Call, arguments: list[Operand], program: Program) -> Operand:
    if not program.require_count(call, 2):
        return _nothing
    first, second = arguments
    if call.function == "if_not_exists":
        path = program.require_path(call.function, first)
        if path is None:
            return _nothing
        program.require_distinct(call.function, first, second)
        return Operand(_if_not_exists(getter(path), second.get))
    if call.function in _SET_FUNCTIONS:
        path = program.require_path(call.function, first)
        if path is None:
            return _nothing
        program.require_type(call.function, second, SETS)
        combine = _SET_FUNCTIONS[call.function]
        return Operand(combine(getter(path), second.get, wrong_data_type))
    program.require_type(call.function, first, _LIST)
    program.require_type(call.function, second, _LIST)
    return Operand(_list_append(first.get, second.get), kind="L")


# Stands for a call that has a fault, so that the others of the tree are found too.
_nothing = Operand(lambda item, environment: None)


def _if_not_exists(get: Getter, get_default: Getter) -> Getter:
    def get_either(item: Item, environment: Environment) -> Value | None:
        value = get(item, environment)
        return get_default(item, environment) if value is None else value

    return get_either


def _list_append(get_left: Getter, get_right: Getter) -> Getter:
    def get(item: Item, environment: Environment) -> Value:
        left, right = get_left(item, environment), get_right(item, environment)
        if left is None or right is None or "L" not in left or "L" not in right:
            raise wrong_data_type()
        return {"L": left["L"] + right["L"]}

    return get


def require_operand(action: tree.Add | tree.Delete, operand: Operand, program: Program) -> None:
    """An expression may ADD numbers and sets, and DELETE sets."""
    name, allowed = ("ADD", _MAY_ADD) if isinstance(action, tree.Add) else ("DELETE", SETS)

    def check(environment: Environment) -> None:
        kind = operand.kind_in(environment)
        if kind is not None and kind not in allowed:
            raise Refused(
                f"Incorrect operand type for operator or function; operator: {name}, "
                f"operand type: {_LONG_NAMES[kind]}, typeSet: ALLOWED_FOR_{name}_OPERAND"
            )

    program.check(check)


def added(get: Getter, get_value: Getter, mismatch: Mismatch) -> Getter:
    """The old value plus a number, a set, or (AttributeUpdates only) the elements of a list."""

    def get_sum(item: Item, environment: Environment) -> Value | None:
        old, value = get(item, environment), get_value(item, environment)
        if old is None or value is None:
            return value
        ((kind, content),) = value.items()
        if kind not in old:
            raise mismatch()
        if kind == "N":
            return {"N": number.add(old["N"], content)}
        if kind == "L":
            return {"L": old["L"] + content}
        return {kind: set_of(kind, {*old[kind], *content})}

    return get_sum


def deleted(get: Getter, get_value: Getter, mismatch: Mismatch) -> Getter:
    """The old set without some members, None for an empty one."""

    def get_difference(item: Item, environment: Environment) -> Value | None:
        old, value = get(item, environment), get_value(item, environment)
        if old is None or value is None:
            return None
        ((kind, content),) = value.items()
        if kind not in old:
            raise mismatch()
        unwanted = set(content)
        left = [member for member in old[kind] if member not in unwanted]
        return {kind: left} if left else None

    return get_difference


# PartiQL's: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-functions.html
_SET_FUNCTIONS = {"set_add": added, "set_delete": deleted}
