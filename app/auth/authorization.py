"""The Authorization header of Signature Version 4, and its form in a query, by their shape alone.

The error texts are the service's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs

from .. import errors

ALGORITHM = b"AWS4-HMAC-SHA256"
_CACHED_LENGTH = 1024
_WEEK = 7 * 24 * 3600
_OF_QUERIES = (
    *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"),
    *("X-Amz-SignedHeaders", "X-Amz-Date"),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header says of itself, without the signature.

    `scope` is (date, region, service, terminator), or None when Credential has not five elements.
    `canonical` is the canonical request with a place for the query, for the value of each of
    `signed_headers`, and for the body's hash.
    """

    key_id: str
    credential: str
    scope: tuple[bytes, bytes, bytes, bytes] | None
    signed_headers: tuple[bytes, ...]
    canonical: bytes


@dataclass(frozen=True, slots=True)
class Presigned:
    """What a query says that signs its request. `lifetime` is in seconds; `query` is what is signed
    of it, all but the signature."""

    claim: Claim
    signature: bytes
    date: bytes
    lifetime: int | None
    query: bytes


def read_claim(headers: Mapping[bytes, bytes]) -> tuple[Claim, bytes]:
    """The claim of a request and its signature, by shape alone.

    Raises MissingAuthenticationTokenException or IncompleteSignatureException.
    """
    authorization = headers.get(b"authorization")
    if authorization is None:
        raise errors.missing_authentication_token()
    head, _, signature = authorization.rpartition(b"Signature=")
    # A client sends the same head all day; only the signature differs.
    if len(signature) == 64 and len(head) < _CACHED_LENGTH and _has_date(headers):
        claim = _usual_claim(head)
        if claim is not None:
            return claim, signature
    return _read_slowly(authorization, headers)


def read_query(headers: Mapping[bytes, bytes], query: bytes) -> Presigned | None:
    """What signs the request in its query, by shape alone; None if nothing does.

    Raises InvalidSignatureException when a header signs it as well, and
    IncompleteSignatureException.
    """
    parameters = parse_qs(text(query), keep_blank_values=True, encoding="latin-1")
    if "X-Amz-Algorithm" not in parameters:
        return None
    if b"authorization" in headers:
        raise errors.invalid_signature(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header."
        )
    given = {name: values[0].encode("latin-1") for name, values in parameters.items()}
    missing = [
        f"AWS query-string parameters must include '{name}'. "
        for name in _OF_QUERIES
        if not given.get(name)
    ]
    if missing:
        raise errors.incomplete_signature(
            f"{''.join(missing)}Re-examine the query-string parameters."
        )
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise _unsupported(given["X-Amz-Algorithm"])
    lifetime = given.get("X-Amz-Expires", b"")
    credential, names = given["X-Amz-Credential"], given["X-Amz-SignedHeaders"]
    return Presigned(
        claim=_claim({b"Credential": credential, b"SignedHeaders": names}),
        signature=given["X-Amz-Signature"],
        date=given["X-Amz-Date"],
        lifetime=min(int(lifetime[:9]), _WEEK) if lifetime.isdigit() else None,
        query=b"&".join(
            part for part in query.split(b"&") if part.partition(b"=")[0] != b"X-Amz-Signature"
        ),
    )


def _has_date(headers: Mapping[bytes, bytes]) -> bool:
    return b"x-amz-date" in headers or b"date" in headers


@lru_cache(maxsize=1024)
def _usual_claim(head: bytes) -> Claim | None:
    """The claim of an Authorization header without its last parameter; None if not well-formed."""
    if not head.startswith(ALGORITHM + b" "):
        return None
    try:
        parameters = _parameters(head)
    except errors.ApiError:
        return None
    return _claim(parameters) if not _faults({*parameters, b"Signature"}) else None


def _claim(parameters: Mapping[bytes, bytes]) -> Claim:
    credential = parameters[b"Credential"]
    key_id, *scope = credential.rsplit(b"/", 4)
    signed = parameters[b"SignedHeaders"].replace(b"%", b"%%")
    names = signed.split(b";")
    lines = (b"POST", b"/", b"%b", *(name + b":%b" for name in names), b"", signed, b"%b")
    return Claim(
        key_id=text(key_id),
        credential=text(credential),
        scope=(scope[0], scope[1], scope[2], scope[3]) if credential.count(b"/") == 4 else None,
        signed_headers=tuple(name.replace(b"%%", b"%") for name in names),
        canonical=b"\n".join(lines),
    )


def _faults(names: Collection[bytes]) -> list[str]:
    return [
        f"Authorization header requires '{text(name)}' parameter. "
        for name in (b"Credential", b"Signature", b"SignedHeaders")
        if name not in names
    ]


def _read_slowly(authorization: bytes, headers: Mapping[bytes, bytes]) -> tuple[Claim, bytes]:
    scheme = authorization.split(maxsplit=1)[:1]
    if not scheme or not scheme[0].startswith(b"AWS4-"):
        raise errors.missing_authentication_token()
    parameters = _parameters(authorization)
    faults = _faults(parameters)
    if not _has_date(headers):
        faults.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    if faults:
        raise errors.incomplete_signature(f"{''.join(faults)}Authorization={text(authorization)}")
    if scheme[0] != ALGORITHM:
        raise _unsupported(scheme[0])
    return _claim(parameters), parameters[b"Signature"]


def _unsupported(algorithm: bytes) -> errors.ApiError:
    return errors.incomplete_signature(f"Unsupported AWS 'algorithm': '{text(algorithm)}'.")


def _parameters(authorization: bytes) -> dict[bytes, bytes]:
    parameters = {}
    for token in authorization.replace(b",", b" ").split()[1:]:
        name, equals, value = token.partition(b"=")
        if not equals:
            raise errors.incomplete_signature(
                f"'{text(token)}' not a valid key=value pair (missing equal-sign) "
                f"in Authorization header: '{text(authorization)}'."
            )
        # That no header is signed is found later, among those that have to be.
        if value or name == b"SignedHeaders":
            parameters[name] = value
    return parameters


def text(value: bytes) -> str:
    """Header bytes as HTTP has them, which is never an error."""
    return value.decode("latin-1")
