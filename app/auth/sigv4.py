"""AWS Signature Version 4 in its header form, for POST / to DynamoDB.

Pure: headers, secret and time are passed in. Header names are lower-case; equal names are joined
by commas. The error texts are the service's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
"""

from __future__ import annotations

import calendar
import hmac
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

from .. import errors

SKEW_SECONDS = 15 * 60
_ALGORITHM = b"AWS4-HMAC-SHA256"
_SERVICE = b"dynamodb"
_TERMINATOR = b"aws4_request"
_CACHED_LENGTH = 1024
_ISO = re.compile(rb"\d{8}T\d{6}Z")

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header says of itself, without the signature.

    `scope` is (date, region, service, terminator), or None when Credential has not five elements.
    """

    key_id: str
    scope: tuple[bytes, bytes, bytes, bytes] | None
    credential: str
    signed_headers: bytes


def read(headers: Mapping[bytes, bytes]) -> tuple[Claim, bytes]:
    """The claim of a request and its signature, by shape alone.

    Raises MissingAuthenticationTokenException or IncompleteSignatureException.
    """
    authorization = headers.get(b"authorization")
    if authorization is None:
        raise errors.missing_authentication_token()
    head, _, signature = authorization.rpartition(b"Signature=")
    # A client sends the same head all day; only the signature differs.
    if len(signature) == 64 and len(head) < _CACHED_LENGTH and has_date(headers):
        claim = _usual_claim(head)
        if claim is not None:
            return claim, signature
    return _read_slowly(authorization, headers)


def has_date(headers: Mapping[bytes, bytes]) -> bool:
    return b"x-amz-date" in headers or b"date" in headers


def verify(
    claim: Claim,
    signature: bytes,
    *,
    headers: Mapping[bytes, bytes],
    query: bytes,
    body: bytes,
    secret: str | None,
    now: float,
) -> None:
    """Raises unless `signature` is that of this request by `secret`, at `now` (epoch seconds).

    `body` is as it was on the wire. A secret of None is that of an unknown key.
    """
    if claim.scope is None:
        raise errors.incomplete_signature(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{claim.credential}'"
        )
    date, region, service, terminator = claim.scope
    stamp = _stamp(headers)
    _check_scope(claim.scope, stamp)
    _check_skew(stamp, now)
    if secret is None:
        raise errors.unrecognized_client()
    canonical = canonical_request(claim.signed_headers, headers, query, body)
    to_sign = b"%b\n%b\n%b/%b/%b/%b\n%b" % (
        _ALGORITHM,
        stamp,
        date,
        region,
        service,
        terminator,
        sha256(canonical).hexdigest().encode(),
    )
    key = signing_key(secret, date, region, service)
    expected = hmac.digest(key, to_sign, "sha256").hex().encode()
    if not hmac.compare_digest(expected, signature):
        raise errors.invalid_signature(MISMATCH)


def canonical_request(
    signed_headers: bytes, headers: Mapping[bytes, bytes], query: bytes, body: bytes
) -> bytes:
    """Raises InvalidSignatureException when a header is missing that has to be signed."""
    names = signed_headers.split(b";")
    _check_signed(names, headers)
    lines = [b"POST\n/", canonical_query(query) if query else b""]
    for name in names:
        value = headers.get(name)
        if value is None:
            raise errors.invalid_signature(MISMATCH)
        if b" " in value or b"\t" in value:
            value = b" ".join(value.split())
        lines.append(name + b":" + value)
    # The body's own hash, whatever x-amz-content-sha256 claims: that header is only signed text.
    lines.append(b"\n%b\n%b" % (signed_headers, sha256(body).hexdigest().encode()))
    return b"\n".join(lines)


def canonical_query(query: bytes) -> bytes:
    """Parameters decoded, encoded by RFC 3986 and sorted."""
    pairs = []
    for parameter in query.split(b"&"):
        if parameter:
            name, _, value = parameter.partition(b"=")
            pairs.append((_encode(name), _encode(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs)).encode()


@lru_cache(maxsize=1024)
def signing_key(secret: str, date: bytes, region: bytes, service: bytes) -> bytes:
    """The key of one day, region and service; derived once for all requests of that day."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, _TERMINATOR):
        key = hmac.digest(key, part, "sha256")
    return key


@lru_cache(maxsize=1024)
def _usual_claim(head: bytes) -> Claim | None:
    """The claim of an Authorization header without its last parameter; None if not well-formed."""
    if not head.startswith(_ALGORITHM + b" "):
        return None
    try:
        parameters = _parameters(head)
    except errors.ApiError:
        return None
    return _claim(parameters) if not _faults({*parameters, b"Signature"}) else None


def _claim(parameters: Mapping[bytes, bytes]) -> Claim:
    credential = parameters[b"Credential"]
    key_id, *scope = credential.rsplit(b"/", 4)
    return Claim(
        key_id=_text(key_id),
        scope=(scope[0], scope[1], scope[2], scope[3]) if len(scope) == 4 else None,
        credential=_text(credential),
        signed_headers=parameters[b"SignedHeaders"],
    )


def _faults(names: Collection[bytes]) -> list[str]:
    return [
        f"Authorization header requires '{_text(name)}' parameter. "
        for name in (b"Credential", b"Signature", b"SignedHeaders")
        if name not in names
    ]


def _read_slowly(authorization: bytes, headers: Mapping[bytes, bytes]) -> tuple[Claim, bytes]:
    scheme = authorization.split(maxsplit=1)[:1]
    if not scheme or not scheme[0].startswith(b"AWS4-"):
        raise errors.missing_authentication_token()
    if scheme[0] != _ALGORITHM:
        raise errors.incomplete_signature(f"Unsupported AWS 'algorithm': '{_text(scheme[0])}'.")
    parameters = _parameters(authorization)
    faults = _faults(parameters)
    if not has_date(headers):
        faults.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    if faults:
        raise errors.incomplete_signature(f"{''.join(faults)}Authorization={_text(authorization)}")
    return _claim(parameters), parameters[b"Signature"]


def _parameters(authorization: bytes) -> dict[bytes, bytes]:
    parameters = {}
    for token in authorization.replace(b",", b" ").split()[1:]:
        name, equals, value = token.partition(b"=")
        if not equals:
            raise errors.incomplete_signature(
                f"'{_text(token)}' not a valid key=value pair (missing equal-sign) "
                f"in Authorization header: '{_text(authorization)}'."
            )
        if value:
            parameters[name] = value
    return parameters


def _stamp(headers: Mapping[bytes, bytes]) -> bytes:
    """The time of signing as YYYYMMDD'T'HHMMSS'Z'."""
    stamp = headers.get(b"x-amz-date")
    if stamp is None:
        stamp = headers[b"date"]
        if not _ISO.fullmatch(stamp):
            stamp = _iso_of_http_date(stamp)
    if len(stamp) != 16:
        raise _not_iso(stamp)
    return stamp


def _iso_of_http_date(text: bytes) -> bytes:
    try:
        moment = parsedate_to_datetime(_text(text))
    except ValueError:
        raise _not_iso(text) from None
    return _iso(moment.timestamp()).encode()


def _check_scope(scope: tuple[bytes, bytes, bytes, bytes], stamp: bytes) -> None:
    date, _, service, terminator = scope
    if terminator != _TERMINATOR:
        raise errors.invalid_signature(
            "Credential should be scoped with a valid terminator: "
            f"'aws4_request', not '{_text(terminator)}'."
        )
    if service != _SERVICE:
        raise errors.invalid_signature(
            "Credential should be scoped to correct service: 'dynamodb'. "
        )
    if date != stamp[:8]:
        raise errors.invalid_signature(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: '{_text(date)}' != '{_text(stamp[:8])}', from '{_text(stamp)}'."
        )


def _check_skew(stamp: bytes, now: float) -> None:
    signed = _epoch(stamp)
    if signed < now - SKEW_SECONDS:
        raise errors.invalid_signature(
            f"Signature expired: {_text(stamp)} is now earlier than "
            f"{_iso(now - SKEW_SECONDS)} ({_iso(now)} - 15 min.)"
        )
    if signed > now + SKEW_SECONDS:
        raise errors.invalid_signature(
            f"Signature not yet current: {_text(stamp)} is still later than "
            f"{_iso(now + SKEW_SECONDS)} ({_iso(now)} + 15 min.)"
        )


def _check_signed(names: list[bytes], headers: Mapping[bytes, bytes]) -> None:
    """What decides the meaning of a request must not be free to change."""
    if b"host" not in names:
        raise errors.invalid_signature(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    date = b"x-amz-date" if b"x-amz-date" in headers else b"date"
    for name, title in ((date, _text(date).title()), (b"x-amz-target", "X-Amz-Target")):
        if name not in names:
            raise errors.invalid_signature(
                f"'{title}' must be a 'SignedHeader' in the AWS Authorization."
            )


@lru_cache(maxsize=128)
def _epoch(stamp: bytes) -> int:
    if not _ISO.fullmatch(stamp):
        raise _not_iso(stamp)
    try:
        return calendar.timegm(time.strptime(_text(stamp), "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise _not_iso(stamp) from None


def _not_iso(text: bytes) -> errors.ApiError:
    return errors.incomplete_signature(
        f"Date must be in ISO-8601 'basic format'. Got '{_text(text)}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _iso(moment: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))


def _encode(text: bytes) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")


def _text(value: bytes) -> str:
    return value.decode("latin-1")
