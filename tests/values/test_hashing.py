from __future__ import annotations

from app.values import in_hash_order

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


def test_characters_beyond_16_bits_are_two() -> None:
    assert in_hash_order(["\U0001f600", "a", "\ud800"]) == ["\ud800", "a", "\U0001f600"]
