"""AWS Signature Version 4 in a header or a query, for POST / to DynamoDB.

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
from binascii import hexlify
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

from .. import errors
from .authorization import ALGORITHM, Claim, Presigned, text

SKEW_SECONDS = 15 * 60
_SERVICE = b"dynamodb"
_TERMINATOR = b"aws4_request"
_ISO = re.compile(rb"\d{8}T\d{6}Z")
_BLOCK_BYTES = 64

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


def verify(
    claim: Claim,
    signature: bytes,
    *,
    headers: Mapping[bytes, bytes],
    query: bytes,
    body: bytes,
    secret: str | None,
    now: float,
    presigned: Presigned | None = None,
) -> None:
    """Raises unless `signature` is that of this request by `secret`, at `now` (epoch seconds).

    `body` is as it was on the wire, `query` without the signature. A secret of None is that of an
    unknown key.
    """
    if claim.scope is None:
        raise errors.incomplete_signature(
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{claim.credential}'"
        )
    stamp = _stamp(headers if presigned is None else {b"x-amz-date": presigned.date})
    _check_scope(claim.scope, stamp)
    _check_skew(stamp, now, None if presigned is None else presigned.lifetime)
    if secret is None:
        raise errors.unrecognized_client()
    _check_signed(claim.signed_headers, headers, dated=presigned is None)
    canonical = canonical_request(claim, headers, query, body)
    if canonical is None:
        raise errors.invalid_signature(MISMATCH)
    to_sign = b"%b\n%b\n%b\n%b" % (
        ALGORITHM,
        stamp,
        b"/".join(claim.scope),
        hexlify(sha256(canonical).digest()),
    )
    date, region, service, _ = claim.scope
    inner, outer = _padded_key(secret, date, region, service)
    expected = hexlify(sha256(outer + sha256(inner + to_sign).digest()).digest())
    if not hmac.compare_digest(expected, signature):
        raise errors.invalid_signature(MISMATCH)


def canonical_request(
    claim: Claim, headers: Mapping[bytes, bytes], query: bytes, body: bytes
) -> bytes | None:
    """None when a signed header is not there.

    The hash is the body's own, whatever x-amz-content-sha256 claims: that is only a signed text.
    """
    values = [headers.get(name) for name in claim.signed_headers]
    if None in values:
        return None
    body_hash = hexlify(sha256(body).digest())
    canonical = claim.canonical % (canonical_query(query) if query else b"", *values, body_hash)
    # Looked for in the whole text at once: white space to be removed is rare.
    if b"  " in canonical or b": " in canonical or b" \n" in canonical or b"\t" in canonical:
        trimmed = [b" ".join(value.split()) for value in values if value is not None]
        canonical = claim.canonical % (canonical_query(query), *trimmed, body_hash)
    return canonical


def canonical_query(query: bytes) -> bytes:
    """Parameters decoded, encoded by RFC 3986 and sorted."""
    pairs = []
    for parameter in query.split(b"&"):
        if parameter:
            name, _, value = parameter.partition(b"=")
            pairs.append((_encode(name), _encode(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs)).encode()


def signing_key(secret: str, date: bytes, region: bytes, service: bytes) -> bytes:
    """The key of one day, region and service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, _TERMINATOR):
        key = hmac.digest(key, part, "sha256")
    return key


@lru_cache(maxsize=1024)
def _padded_key(secret: str, date: bytes, region: bytes, service: bytes) -> tuple[bytes, bytes]:
    """The signing key as HMAC's inner and outer hash begin with it (RFC 2104).

    Made once for all requests of a day. `hmac.digest` would look its algorithm up by name for each
    of them, which takes as long as both hashes.
    """
    key = signing_key(secret, date, region, service).ljust(_BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def signing_key_counts() -> tuple[int, int]:
    """(hits, misses) of the cache of signing keys since the process began."""
    counts = _padded_key.cache_info()
    return counts.hits, counts.misses


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


def _iso_of_http_date(date: bytes) -> bytes:
    try:
        moment = parsedate_to_datetime(text(date))
    except ValueError:
        raise _not_iso(date) from None
    return _iso(moment.timestamp()).encode()


def _check_scope(scope: tuple[bytes, bytes, bytes, bytes], stamp: bytes) -> None:
    date, _, service, terminator = scope
    if terminator != _TERMINATOR:
        raise errors.invalid_signature(
            "Credential should be scoped with a valid terminator: "
            f"'aws4_request', not '{text(terminator)}'."
        )
    if service != _SERVICE:
        raise errors.invalid_signature(
            "Credential should be scoped to correct service: 'dynamodb'. "
        )
    if date != stamp[:8]:
        raise errors.invalid_signature(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: '{text(date)}' != '{text(stamp[:8])}', from '{text(stamp)}'."
        )


def _check_skew(stamp: bytes, now: float, lifetime: int | None) -> None:
    signed = _epoch(stamp)
    seconds = SKEW_SECONDS if lifetime is None else lifetime
    if signed < now - seconds:
        raise errors.invalid_signature(
            f"Signature expired: {text(stamp)} is now earlier than "
            f"{_iso(now - seconds)} ({_iso(now)} - {seconds // 60} min.)"
        )
    if signed > now + SKEW_SECONDS:
        raise errors.invalid_signature(
            f"Signature not yet current: {text(stamp)} is still later than "
            f"{_iso(now + SKEW_SECONDS)} ({_iso(now)} + 15 min.)"
        )


def _check_signed(names: Sequence[bytes], headers: Mapping[bytes, bytes], *, dated: bool) -> None:
    """What decides the meaning of a request must not be free to change. `dated`: by a header."""
    date = b"x-amz-date" if b"x-amz-date" in headers else b"date"
    for name in (b"host", date, b"x-amz-target"):
        if name not in names and (dated or name is not date):
            title = "'Host' or ':authority'" if name == b"host" else f"'{text(name).title()}'"
            raise errors.invalid_signature(
                f"{title} must be a 'SignedHeader' in the AWS Authorization."
            )


@lru_cache(maxsize=128)
def _epoch(stamp: bytes) -> int:
    if not _ISO.fullmatch(stamp):
        raise _not_iso(stamp)
    try:
        return calendar.timegm(time.strptime(text(stamp), "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise _not_iso(stamp) from None


def _not_iso(date: bytes) -> errors.ApiError:
    return errors.incomplete_signature(
        f"Date must be in ISO-8601 'basic format'. Got '{text(date)}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _iso(moment: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))


def _encode(part: bytes) -> str:
    return quote(unquote_to_bytes(part), safe="-_.~")
