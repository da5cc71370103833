from decimal import Context, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import ApiError
from app.values import number

NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"
OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
TOO_MANY_DIGITS = "Attempting to store more than 38 significant digits in a Number"

# Every number there is: 38 digits from 1E-130 up to 9.99E+125, and zero.
texts = st.builds(
    "{}e{}".format, st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-130, 125 - 37)
)
numbers = texts.map(number.canonical)
exact = Context(prec=300)


def message(text: str) -> str | None:
    with pytest.raises(ApiError) as error:
        number.canonical(text)
    assert error.value.code == "ValidationException"
    return error.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("7", "7"),
        ("-7", "-7"),
        ("100", "100"),
        ("48.85341", "48.85341"),
        ("-0.5", "-0.5"),
        ("1E2", "100"),
        ("1e+2", "100"),
        ("1.50", "1.5"),
        ("1e-3", "0.001"),
        ("-0", "0"),
        ("-0.0e7", "0"),
        ("0e999", "0"),
        ("007.10", "7.1"),
        ("-007", "-7"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-.5e1", "-5"),
        ("12.5e1", "125"),
        ("1e00000000000000005", "100000"),
        ("1" + "0" * 60, "1" + "0" * 60),
        ("0" * 60 + "1", "1"),
        # BigDecimal takes digits of any script in the basic plane.
        ("\uff11\uff12", "12"),
        ("\u0663.\u0665", "3.5"),
        ("1e\u0663", "1000"),
    ],
)
def test_canonical_is_plain_notation(text: str, expected: str) -> None:
    assert number.canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "NaN",
        "Infinity",
        "-Infinity",
        "-",
        "+",
        ".",
        "-.",
        "e5",
        "1e",
        "1e+",
        "--5",
        "+-5",
        "1_0",
        "0x1",
        "1.2.3",
        "1,5",
        "²",
        "\U0001d7cf",
        "1e2147483648",
        "1e-99999999999",
        "0e99999999999",
        " 5",
        "5 ",
        "5\n",
        "1 0",
        "\x005",
    ],
)
def test_what_big_decimal_cannot_read_is_no_number(text: str) -> None:
    assert message(text) == f"{NOT_A_NUMBER}: {text}"


def test_empty_text_is_not_repeated_in_the_message() -> None:
    assert message("") == NOT_A_NUMBER


@pytest.mark.parametrize("text", ["1" * 39, "1." + "0" * 37 + "1", "-" + "1" * 39 + "e-20"])
def test_39_significant_digits_are_too_many(text: str) -> None:
    assert message(text) == TOO_MANY_DIGITS


# Zeros at either end are not significant.
@pytest.mark.parametrize("text", ["1" * 38, "0." + "0" * 50 + "1" * 38, "1" * 38 + "0" * 50])
def test_38_significant_digits_are_stored(text: str) -> None:
    assert number.canonical(text) == text


@pytest.mark.parametrize("text", ["1e126", "-1e126", "10e125", "1" + "0" * 126, "1e2147483647"])
def test_above_the_range_is_overflow(text: str) -> None:
    assert message(text) == OVERFLOW


@pytest.mark.parametrize("text", ["1e-131", "-1e-131", "0.1e-130", "9.9e-131", "1e-2147483647"])
def test_below_the_range_is_underflow(text: str) -> None:
    assert message(text) == UNDERFLOW


# A number with both faults is told of its digits.
def test_digits_are_checked_before_range() -> None:
    assert message("1" * 39 + "e125") == TOO_MANY_DIGITS
    assert message("1" * 39 + "e-200") == TOO_MANY_DIGITS


def test_ends_of_the_range_are_stored() -> None:
    assert number.canonical("9." + "9" * 37 + "E125") == "9" * 38 + "0" * 88
    assert number.canonical("-1E-130") == "-0." + "0" * 129 + "1"


@given(texts)
def test_canonical_keeps_the_value(text: str) -> None:
    assert number.canonical(text) == format(exact.add(Decimal(text), 0).normalize(exact), "f")


@given(texts)
def test_canonical_of_canonical_is_itself(text: str) -> None:
    once = number.canonical(text)
    assert number.canonical(once) == once


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("0", "80"),
        ("1", "c1 02"),
        ("99", "c1 64"),
        ("100", "c2 02"),
        ("120", "c2 02 15"),
        ("1.5", "c1 02 33"),
        ("0.01", "c0 02"),
        ("0.1", "c0 0b"),
        ("-1", "3e 64 66"),
        ("-1.5", "3e 64 33 66"),
        ("9" * 38 + "0" * 88, "ff" + "64" * 19),
        ("0." + "0" * 129 + "1", "80 02"),
        ("-0." + "0" * 129 + "1", "7f 64 66"),
        ("-" + "9" * 38 + "0" * 88, "00" + "02" * 19 + "66"),
    ],
)
def test_encoded_form(text: str, data: str) -> None:
    # Keys are kept in this form: a change of it loses every table with a number key.
    assert number.encode(text) == bytes.fromhex(data)


@given(numbers)
@example("0")
def test_decode_inverts_encode(text: str) -> None:
    assert number.decode(number.encode(text)) == text


@given(numbers, numbers)
def test_encoded_order_is_numeric_order(a: str, b: str) -> None:
    assert (number.encode(a) < number.encode(b)) == (Decimal(a) < Decimal(b))


# Random numbers seldom share their first digits, where an order goes wrong.
@given(st.lists(st.integers(-30, 30), min_size=2), st.integers(-4, 4))
def test_encoded_order_of_near_numbers(values: list[int], exponent: int) -> None:
    near = [number.canonical(f"{value}e{exponent}") for value in values]
    near += [number.canonical(f"{value}.01") for value in values]
    assert sorted(near, key=number.encode) == sorted(near, key=Decimal)


@given(st.integers(-(10**9), 10**9), st.integers(0, 20))
def test_equal_numbers_are_equal_bytes(value: int, zeros: int) -> None:
    other = f"{value}{'0' * zeros}.{'0' * zeros}e-{zeros}"
    assert number.encode(number.canonical(other)) == number.encode(str(value))


@given(numbers, numbers)
def test_sums_are_exact_or_refused(a: str, b: str) -> None:
    total = exact.add(Decimal(a), Decimal(b)).normalize(exact)
    if total and (len(total.as_tuple().digits) > 38 or not -130 <= total.adjusted() <= 125):
        with pytest.raises(ApiError):
            number.add(a, b)
    else:
        assert Decimal(number.add(a, b)) == total


# Random numbers are so far apart that most of their sums are refused.
@given(st.decimals(-(10**6), 10**6, places=5), st.decimals(-(10**6), 10**6, places=5))
def test_sums_and_differences_are_exact(x: Decimal, y: Decimal) -> None:
    a, b = number.canonical(str(x)), number.canonical(str(y))
    assert Decimal(number.add(a, b)) == x + y
    assert Decimal(number.subtract(a, b)) == x - y


@given(numbers)
def test_subtracting_itself_is_zero(a: str) -> None:
    assert number.subtract(a, a) == "0"


@pytest.mark.parametrize(
    ("a", "b", "total", "difference"),
    [
        ("1", "2", "3", "-1"),
        ("0.1", "0.2", "0.3", "-0.1"),
        ("-5", "5", "0", "-10"),
        ("99", "1", "100", "98"),
        ("9" * 37, "1", "1" + "0" * 37, "9" * 36 + "8"),
    ],
)
def test_arithmetic(a: str, b: str, total: str, difference: str) -> None:
    assert number.add(a, b) == total
    assert number.subtract(a, b) == difference


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("9" * 38 + "0" * 88, "1" + "0" * 88, OVERFLOW),
        ("1" + "0" * 38, "1", TOO_MANY_DIGITS),
        (number.canonical("1e125"), number.canonical("1e-130"), TOO_MANY_DIGITS),
    ],
)
def test_a_sum_that_is_no_number_is_refused(a: str, b: str, expected: str) -> None:
    with pytest.raises(ApiError) as error:
        number.add(a, b)
    assert error.value.message == expected


def test_a_difference_can_be_too_small() -> None:
    with pytest.raises(ApiError) as error:
        number.subtract(number.canonical("1.1e-130"), number.canonical("1e-130"))
    assert error.value.message == UNDERFLOW


@pytest.mark.parametrize(
    ("text", "bytes_billed"),
    [("0", 1), ("1", 2), ("99", 2), ("100", 2), ("101", 3), ("-1", 3), ("0.5", 2), ("1.5", 3)],
)
def test_size(text: str, bytes_billed: int) -> None:
    assert number.size(text) == bytes_billed


@given(numbers)
def test_size_is_that_of_the_encoded_form(text: str) -> None:
    assert number.size(text) == len(number.encode(text))
