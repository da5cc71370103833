from __future__ import annotations

from app.values import in_hash_order, in_order_of_copy

# DynamoDB Local 2.6.0 told of these as unused in this order.
TOLD = ["#bar", "#foo", "#status", "#z", "#x1", "#name", "#b"]


def test_strings_are_in_the_order_of_their_hashes() -> None:
    assert in_hash_order(sorted(TOLD)) == TOLD
    assert in_hash_order([":val", ":zz", ":foo", ":b", ":a"]) == [":foo", ":a", ":b", ":zz", ":val"]


# Thirteen are more than three quarters of sixteen.
def test_a_larger_set_has_a_larger_table() -> None:
    more = [f"#{letter}" for letter in "pqrstu"]
    found = [text for text in in_hash_order([*TOLD, *more]) if text in TOLD]
    assert found == ["#bar", "#name", "#foo", "#status", "#z", "#x1", "#b"]


# The service told of definitions so.
def test_a_table_for_a_known_number_is_as_small_as_can_be() -> None:
    assert in_order_of_copy(["pk", "sk", "a", "b", "c"]) == ["sk", "a", "b", "pk", "c"]
    assert in_order_of_copy(["pk", "sk"]) == ["sk", "pk"]
    assert in_hash_order(["pk", "sk", "a"]) == ["a", "sk", "pk"]


def test_characters_beyond_16_bits_are_two() -> None:
    assert in_hash_order(["\U0001f600", "a", "\ud800"]) == ["\ud800", "a", "\U0001f600"]
