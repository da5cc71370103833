"""Two servers that get the same requests, and what is the same in their answers."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from .steps import TABLE, Step

_HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
}
_DEFINITION = {
    "TableName": TABLE,
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
        {"AttributeName": "c", "AttributeType": "S"},
        {"AttributeName": "d", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-c",
            "KeySchema": [
                {"AttributeName": "c", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by-d",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "d", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


class Endpoint:
    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def fresh_table(self) -> None:
        """The table again, empty: a Scan goes through all that is in it."""
        assert self.send(Step("DeleteTable", {"TableName": TABLE}))[0] == 200
        self.create_table()

    def create_table(self) -> None:
        assert self.send(Step("CreateTable", _DEFINITION))[0] == 200

    def send(self, step: Step) -> tuple[int, Any]:
        return self.send_body(step.operation, json.dumps(step.request).encode())

    def send_body(self, operation: str, body: bytes) -> tuple[int, Any]:
        headers = _HEADERS | {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        self._connection.request("POST", "/", body, headers)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read() or b"null")

    def close(self) -> None:
        self._connection.close()


def normal(answer: Any) -> Any:
    """An answer in which nothing is ordered that DynamoDB does not order."""
    if isinstance(answer, list):
        return [normal(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    if len(answer) == 1 and next(iter(answer)) in ("SS", "NS", "BS"):
        ((kind, members),) = answer.items()
        return {kind: sorted(members)}
    found = {name: normal(value) for name, value in answer.items()}
    if "Responses" in found and isinstance(found["Responses"], dict):
        # Of a BatchGetItem.
        found["Responses"] = {
            table: sorted(items, key=repr) for table, items in found["Responses"].items()
        }
    return found


def error_of(answer: Any) -> tuple[str, str]:
    """Code and message of an error."""
    kind = str(answer.get("__type", "")).rpartition("#")[2]
    return kind, str(answer.get("message", answer.get("Message", "")))
