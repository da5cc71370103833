"""Requests as the events of each front door, and answers as its responses.

https://docs.aws.amazon.com/lambda/latest/dg/services-alb.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# These types a load balancer hands on as text, everything else as base64.
_ALB_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` by names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


Event = dict[str, Any]


def alb(request: Request, *, multi_value: bool = False) -> Event:
    url = urlsplit(request.target)
    text = request.headers.get("content-type", "").startswith(_ALB_TEXT)
    event: Event = {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:local"}},
        "httpMethod": request.method,
        "path": url.path,
        "body": request.body.decode() if text else base64.b64encode(request.body).decode(),
        "isBase64Encoded": not text,
    }
    query = [pair.split("=", 1) for pair in url.query.split("&") if "=" in pair]
    if multi_value:
        event["multiValueHeaders"] = {name: [value] for name, value in request.headers.items()}
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query}
    else:
        event["headers"] = dict(request.headers)
        event["queryStringParameters"] = dict(query)
    return event


def http_api(request: Request) -> Event:
    """Payload format 2.0, which function URLs have too."""
    url = urlsplit(request.target)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": url.path,
        "rawQueryString": url.query,
        "headers": dict(request.headers),
        "requestContext": {
            "http": {
                "method": request.method,
                "path": url.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": request.headers.get("user-agent", ""),
            },
            "stage": "$default",
        },
        "body": base64.b64encode(request.body).decode(),
        "isBase64Encoded": True,
    }


def rest_api(request: Request) -> Event:
    url = urlsplit(request.target)
    return {
        "resource": url.path,
        "path": url.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"identity": {"sourceIp": "127.0.0.1"}, "stage": "local"},
        "body": request.body.decode(),
        "isBase64Encoded": False,
    }


FRONTS: Mapping[str, Callable[[Request], Event]] = {
    "alb": alb,
    "alb-multi-value": lambda request: alb(request, multi_value=True),
    "http-api": http_api,
    "rest-api": rest_api,
}


def response_of(answer: Event) -> Response:
    """What all front doors make of a proxy answer."""
    headers = list((answer.get("headers") or {}).items())
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers += [(name, value) for value in values]
    body = answer.get("body") or ""
    encoded = answer.get("isBase64Encoded", False)
    return Response(
        int(answer["statusCode"]), headers, base64.b64decode(body) if encoded else body.encode()
    )
