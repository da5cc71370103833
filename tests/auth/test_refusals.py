"""What is refused, and in the service's words."""

from __future__ import annotations

import hashlib
import hmac
import time
from email.utils import formatdate

import pytest

from app.auth import sigv4
from app.auth.authorization import read_claim
from app.auth.sigv4 import MISMATCH

from .conftest import KEY_ID, SECRET, Door, Sign, Signed

MISSING = "MissingAuthenticationTokenException"
INCOMPLETE = "IncompleteSignatureException"
INVALID = "InvalidSignatureException"
SIGNATURE = "0" * 64
SCOPE = "AK/20260101/us-east-1/dynamodb/aws4_request"


def authorized(text: str, **headers: str) -> Signed:
    """A request with this Authorization header and a date."""
    found = {b"host": b"localhost", b"x-amz-date": b"20260101T000000Z", b"x-amz-target": b"T.O"}
    found[b"authorization"] = text.encode()
    return Signed(found | {name.encode(): value.encode() for name, value in headers.items()}, b"{}")


MODES = ("off", "warn", "enforce")


@pytest.mark.parametrize("mode", MODES)
def test_no_authorization_header(mode: str) -> None:
    # Also when nothing is verified: DynamoDB's own test server asks for the header as well.
    fault = Door(mode).refuses(Signed({b"host": b"localhost"}, b"{}"))
    assert fault.code == MISSING
    assert fault.message == "Request is missing Authentication Token"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["", " ", "Bearer abc", "Basic dTpw"])
def test_another_scheme(mode: str, text: str) -> None:
    assert Door(mode).refuses(authorized(text)).code == MISSING


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("", ("Credential", "Signature", "SignedHeaders")),
        ("Signature=a", ("Credential", "SignedHeaders")),
        (f"Credential={SCOPE}", ("Signature", "SignedHeaders")),
        (f"Credential={SCOPE}, SignedHeaders=host", ("Signature",)),
        (f"Credential={SCOPE}, Signature={SIGNATURE}", ("SignedHeaders",)),
        (f"SignedHeaders=host, Signature={SIGNATURE}", ("Credential",)),
        (f"Credential=, SignedHeaders=host, Signature={SIGNATURE}", ("Credential",)),
    ],
)
def test_missing_parameters(mode: str, given: str, missing: tuple[str, ...]) -> None:
    text = f"AWS4-HMAC-SHA256 {given}"
    fault = Door(mode).refuses(authorized(text))
    assert fault.code == INCOMPLETE
    faults = "".join(f"Authorization header requires '{name}' parameter. " for name in missing)
    assert fault.message == f"{faults}Authorization={text}"


@pytest.mark.parametrize("mode", MODES)
def test_no_date(mode: str) -> None:
    text = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature={SIGNATURE}"
    fault = Door(mode).refuses(authorized(text).with_header(b"x-amz-date", None))
    assert fault.code == INCOMPLETE
    assert fault.message == (
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        f"Authorization={text}"
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_token_without_equal_sign(mode: str) -> None:
    # A blank inside an access key id is what people run into.
    text = f"AWS4-HMAC-SHA256 Credential=AK /2026, SignedHeaders=host, Signature={SIGNATURE}"
    fault = Door(mode).refuses(authorized(text))
    assert fault.code == INCOMPLETE
    assert fault.message == (
        "'/2026' not a valid key=value pair (missing equal-sign) "
        f"in Authorization header: '{text}'."
    )


def test_another_algorithm(door: Door) -> None:
    text = "AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=host, Signature=" + SIGNATURE
    fault = door.refuses(authorized(text))
    assert fault.code == INCOMPLETE
    assert fault.message == "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."
    # What is missing is found before.
    assert "requires 'Credential' parameter" in (door.refuses(authorized("AWS4-")).message or "")


def test_a_credential_of_four_elements(door: Door) -> None:
    text = f"AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature={SIGNATURE}"
    fault = door.refuses(authorized(text))
    assert fault.code == INCOMPLETE
    assert fault.message == (
        "Credential must have exactly 5 slash-delimited elements, "
        "e.g. keyid/date/region/service/term, got 'a/b/c/d'"
    )
    # A secret given as the id is what people run into.
    swapped = text.replace("a/b/c/d", f"t10Z/p/{SCOPE}")
    assert (door.refuses(authorized(swapped)).message or "").endswith(f"got 't10Z/p/{SCOPE}'")
    # Where nothing is verified a made-up credential will do.
    assert Door("off").admits(authorized(text)) == "a"


def test_an_unknown_key(sign: Sign, door: Door) -> None:
    fault = door.refuses(sign(key_id="AKIANOBODY"))
    assert fault.code == "UnrecognizedClientException"
    assert fault.message == "The security token included in the request is invalid."


def test_a_wrong_secret(sign: Sign, door: Door) -> None:
    fault = door.refuses(sign(secret="wrong"))
    assert (fault.code, fault.message) == (INVALID, MISMATCH)


def test_any_region_is_one_namespace(sign: Sign, door: Door) -> None:
    assert door.admits(sign(region="mars-north-1"))


def test_another_service(sign: Sign, door: Door) -> None:
    fault = door.refuses(sign(service="s3"))
    assert fault.code == INVALID
    assert fault.message == "Credential should be scoped to correct service: 'dynamodb'. "


def test_another_terminator(sign: Sign, door: Door) -> None:
    request = sign()
    text = request.headers[b"authorization"].replace(b"aws4_request", b"aws5_request")
    fault = door.refuses(request.with_header(b"authorization", text))
    assert fault.code == INVALID
    assert fault.message == (
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."
    )


def test_another_day_in_the_scope(sign: Sign, door: Door) -> None:
    request = sign()
    stamp = request.headers[b"x-amz-date"].decode()
    text = request.headers[b"authorization"].replace(stamp[:8].encode(), b"20010203")
    fault = door.refuses(request.with_header(b"authorization", text))
    assert fault.code == INVALID
    assert fault.message == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        f"HTTP: '20010203' != '{stamp[:8]}', from '{stamp}'."
    )


def stamp(moment: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))


@pytest.mark.parametrize("skew", [-900, 0, 900])
def test_a_skew_of_fifteen_minutes_is_allowed(skew: int, sign: Sign, door: Door) -> None:
    request = sign()
    door.clock.now = time.time() // 1 + skew - (1 if skew > 0 else 0)
    assert door.admits(request)


def test_an_expired_signature(sign: Sign, door: Door) -> None:
    request = sign()
    door.clock.now += 902
    fault = door.refuses(request)
    assert fault.code == INVALID
    now = door.clock.now
    assert fault.message == (
        f"Signature expired: {request.headers[b'x-amz-date'].decode()} is now earlier than "
        f"{stamp(now - 900)} ({stamp(now)} - 15 min.)"
    )


def test_a_signature_of_the_future(sign: Sign, door: Door) -> None:
    request = sign()
    door.clock.now -= 902
    fault = door.refuses(request)
    assert fault.code == INVALID
    now = door.clock.now
    assert fault.message == (
        f"Signature not yet current: {request.headers[b'x-amz-date'].decode()} is still later "
        f"than {stamp(now + 900)} ({stamp(now)} + 15 min.)"
    )


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2026-01-01T00:00:00Z", "20261399T000000Z", "20260101t000000z"]
)
def test_a_date_in_another_format(date: str, door: Door) -> None:
    scope = SCOPE.replace("20260101", date[:8])
    text = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={SIGNATURE}"
    fault = door.refuses(authorized(text, **{"x-amz-date": date}))
    assert fault.code == INCOMPLETE
    assert fault.message == (
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def test_an_unreadable_date_header(door: Door) -> None:
    text = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=date, Signature={SIGNATURE}"
    request = authorized(text, date="yesterday").with_header(b"x-amz-date", None)
    assert door.refuses(request).code == INCOMPLETE


@pytest.mark.parametrize("name", [b"host", b"x-amz-date", b"x-amz-target"])
def test_headers_that_have_to_be_signed(name: bytes, sign: Sign, door: Door) -> None:
    # Otherwise whoever relays a request could make another operation of it.
    request = sign()
    text = request.headers[b"authorization"]
    assert name in text
    for before, after in ((name + b";", b""), (b";" + name, b"")):
        text = text.replace(before, after)
    fault = door.refuses(request.with_header(b"authorization", text))
    assert fault.code == INVALID
    assert fault.message is not None
    assert fault.message.endswith("must be a 'SignedHeader' in the AWS Authorization.")


def test_no_signed_header(sign: Sign, door: Door) -> None:
    request = sign()
    head, _, rest = request.headers[b"authorization"].partition(b"SignedHeaders=")
    text = head + b"SignedHeaders=, " + rest.partition(b", ")[2]
    request = request.with_header(b"authorization", text)
    fault = door.refuses(request)
    assert fault.code == INVALID
    assert (
        fault.message == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    )
    assert Door("off").admits(request) == KEY_ID


def test_a_signed_header_that_is_not_there(sign: Sign, door: Door) -> None:
    request = sign(headers={"X-Odd": "1"})
    fault = door.refuses(request.with_header(b"x-odd", None))
    assert (fault.code, fault.message) == (INVALID, MISMATCH)


def test_date_header_in_place_of_x_amz_date(door: Door) -> None:
    now = door.clock.now
    day = stamp(now)[:8]
    scope = f"{day}/us-east-1/dynamodb/aws4_request"
    head = (
        f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, "
        "SignedHeaders=date;host;x-amz-target, Signature="
    )
    request = Signed(
        {
            b"host": b"localhost",
            b"date": formatdate(now, usegmt=True).encode(),
            b"x-amz-target": b"DynamoDB_20120810.ListTables",
            b"authorization": f"{head}{SIGNATURE}".encode(),
        },
        b"{}",
    )
    claim, _ = read_claim(request.headers)
    canonical = sigv4.canonical_request(claim, request.headers, b"", b"{}")
    assert canonical is not None
    to_sign = f"AWS4-HMAC-SHA256\n{stamp(now)}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = sigv4.signing_key(SECRET, day.encode(), b"us-east-1", b"dynamodb")
    signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    assert door.admits(request.with_header(b"authorization", f"{head}{signature}".encode()))
