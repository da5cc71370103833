"""Requests as bytes on the wire, signed by botocore before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .workloads import Request, encoded

ACCESS_KEY = "AKIDBENCHBENCHBENCH0"
SECRET_KEY = "bench/secret/key/of/no/account/at/all000"
REGION = "us-east-1"


def signed(url: str, requests: Iterable[Request]) -> list[bytes]:
    """Valid for a quarter of an hour from now."""
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "dynamodb", REGION)
    host = urlsplit(url).netloc
    return [_signed(signer, url, host, request) for request in requests]


def _signed(signer: SigV4Auth, url: str, host: str, request: Request) -> bytes:
    body = encoded(request)
    aws = AWSRequest(
        method="POST",
        url=url + "/",
        data=body,
        headers={
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{request.operation}",
        },
    )
    signer.add_auth(aws)
    lines = [f"{name}: {value}" for name, value in aws.headers.items()]
    head = "\r\n".join(
        [
            "POST / HTTP/1.1",
            f"Host: {host}",
            *lines,
            "Accept-Encoding: identity",
            "User-Agent: Boto3/1 Botocore/1",
            f"Content-Length: {len(body)}",
        ]
    )
    return head.encode() + b"\r\n\r\n" + body
