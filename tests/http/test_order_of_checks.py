"""Two faults in one request are answered as the service does: the earlier check wins."""

from __future__ import annotations

import json
import zlib

import pytest

from .conftest import AUTHORIZATION, HEADERS, Client, Server

NOT_FOUND = b"<UnknownOperationException/>\n"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "POST"])
def test_other_paths(method: str, client: Client) -> None:
    answer = client.send(method, "/items", b"{}", HEADERS)
    assert (answer.status, answer.content) == (404, NOT_FOUND)
    assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(NOT_FOUND)
    assert answer.headers["x-amzn-RequestId"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(method: str, client: Client) -> None:
    answer = client.send(method, "/", b"{}", HEADERS)
    assert (answer.status, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json-1.0"]
)
def test_a_content_type_that_is_not_json_is_found_before_malformed_json(
    content_type: str, client: Client
) -> None:
    answer = client.post(b"{", Content_Type=content_type)
    assert (answer.status, answer.content) == (404, NOT_FOUND)


def test_no_content_type(client: Client) -> None:
    answer = client.post(b"{", Content_Type=None)
    assert (answer.status, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-amz-json-1.0",
        "application/x-amz-json-1.1",
        "application/json",
    ],
)
def test_the_answer_has_the_version_of_the_request(content_type: str, client: Client) -> None:
    assert client.post({}, Content_Type=content_type).headers["content-type"] == content_type
    with_charset = client.post({}, Content_Type=content_type.upper() + "; charset=utf-8")
    assert with_charset.headers["content-type"] == content_type


def test_malformed_json_is_found_before_an_unknown_target(client: Client) -> None:
    answer = client.post(b"{", "Nonsense", Authorization=None)
    # The service gives no message here.
    assert answer.status == 400
    assert answer.json() == {"__type": "com.amazon.coral.service#SerializationException"}


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "Echo",
        "DynamoDB_20120810",
        "DynamoDB_20120810.",
        "DynamoDB_20120810.echo",
        "DynamoDB_20111205.Echo",
        "DynamoDB_20120810.Echo.Echo",
        # Of the API, but not of this server's map.
        "DynamoDB_20120810.ExportTableToPointInTime",
    ],
)
def test_an_unknown_target_is_found_before_a_missing_signature(
    target: str | None, client: Client
) -> None:
    answer = client.post({}, X_Amz_Target=target, Authorization=None)
    assert answer.status == 400
    assert answer.json() == {"__type": "com.amazon.coral.service#UnknownOperationException"}


def test_a_missing_signature_is_found_before_faults_of_the_request(client: Client) -> None:
    answer = client.post({"refuse": 1}, Authorization=None)
    assert answer.error == (
        400,
        "MissingAuthenticationTokenException",
        "Request is missing Authentication Token",
    )


# https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
def test_an_incomplete_signature_in_the_query(client: Client) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=a&X-Amz-Date="
    assert client.send("POST", f"/?{query}", b"{}", headers).error == (
        400,
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Credential'. "
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
        "AWS query-string parameters must include 'X-Amz-Date'. "
        "Re-examine the query-string parameters.",
    )


def test_a_signature_in_the_query_and_another_in_the_header(client: Client) -> None:
    answer = client.send("POST", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", b"{}", HEADERS)
    assert answer.error == (
        400,
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )


def test_a_query_of_nothing_but_the_algorithms_name(client: Client) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    error = client.send("POST", "/?X-Amz-Algorithm", b"{}", headers).error
    assert error[1] == "IncompleteSignatureException"
    assert error[2] is not None
    assert error[2].startswith("AWS query-string parameters must include 'X-Amz-Algorithm'. ")


def test_a_whole_signature_in_the_query(client: Client) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    names = ("Credential", "Signature", "SignedHeaders", "Date")
    query = "&".join(f"X-Amz-{name}=a" for name in names)
    algorithm = "X-Amz-Algorithm=AWS4-HMAC-SHA256"
    for more in ("", "&X-Amz-Expires=x", f"&X-Amz-Expires={'9' * 5000}", "&%ff=%ff"):
        assert client.send("POST", f"/?{algorithm}&{query}{more}", b"{}", headers).status == 200
    answer = client.send("POST", f"/?{algorithm}a&{query}", b"{}", headers)
    assert answer.error[1] == "IncompleteSignatureException"
    # Without the name of the algorithm it is not meant as one.
    answer = client.send("POST", f"/?{query}", b"{}", headers)
    assert answer.error[1] == "MissingAuthenticationTokenException"


def test_an_incomplete_signature(client: Client) -> None:
    answer = client.post({"refuse": 1}, Authorization="AWS4-HMAC-SHA256 Signature=a")
    assert answer.error[:2] == (400, "IncompleteSignatureException")


def test_the_operations_own_checks_come_last(client: Client) -> None:
    answer = client.post({"refuse": 1})
    assert answer.error == (400, "ValidationException", "Refused by check.")
    assert answer.json()["__type"] == "com.amazon.coral.validate#ValidationException"


def test_equal_headers_are_joined(server: Server, client: Client) -> None:
    # Two targets are no target, whichever of them a proxy in between would have looked at.
    connection = client.connection
    connection.putrequest("POST", "/")
    for name, value in HEADERS.items():
        connection.putheader(name, value)
    connection.putheader("X-Amz-Target", "DynamoDB_20120810.Sleep")
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    response = connection.getresponse()
    body = json.loads(response.read())
    assert body["__type"].endswith("#UnknownOperationException")


def test_large_bodies_are_proved_before_they_are_parsed(client: Client) -> None:
    # The one deviation from the order: 300 KB of brackets of a stranger are not parsed.
    answer = client.post(b"[" * 300_000, Authorization=None)
    assert answer.error[1] == "MissingAuthenticationTokenException"
    assert client.post(b"[" * 300_000, Authorization=AUTHORIZATION).status == 400
