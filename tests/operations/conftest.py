"""Operation tests are black-box: boto3 against a real `dynaspan serve`, over either store.

`--store` chooses the store, `--url` an endpoint that runs already. boto3's own validation is off,
so that the server's is what is tested; what boto3 cannot send at all goes through `raw`.
Tables are shared within a run and tests use keys of their own; DDL tests make their own tables.

A test asserts what DynamoDB answers. Where DynamoDB Local is known to answer otherwise it is marked
`differs_locally`, where this server does, `own_answer`; both take the reason.
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session


@dataclass(frozen=True)
class Identity:
    """Who signs, and for which region."""

    region: str
    credentials: Credentials


LOCAL = Identity("us-east-1", Credentials("test", "test"))


def make_client(url: str, service: str = "dynamodb", identity: Identity = LOCAL) -> Any:
    keys = identity.credentials
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=identity.region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="session")
def identity(request: pytest.FixtureRequest) -> Identity:
    profile = request.config.getoption("--profile")
    if profile is None:
        return LOCAL
    session = boto3.Session(profile_name=profile)
    found = session.get_credentials()
    assert found is not None, f"profile {profile} has no credentials"
    return Identity(session.region_name or LOCAL.region, found.get_frozen_credentials())


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest) -> str:
    url: str | None = request.config.getoption("--url")
    return url or _serve(request)


@pytest.fixture(scope="session")
def second_endpoint(endpoint: str, request: pytest.FixtureRequest) -> str:
    """Another server process on the same store; `endpoint` once more where `--url` was given."""
    return endpoint if request.config.getoption("--url") else _serve(request)


def _serve(request: pytest.FixtureRequest) -> str:
    start_server, store_url = map(request.getfixturevalue, ("start_server", "store_url"))
    translator, layout = map(request.config.getoption, ("--translator", "--layout"))
    # Whichever server leads a job does it soon enough for a test to wait for it.
    url: str = start_server(
        *("--store", store_url, "--translator", translator, "--keyspace-layout", layout),
        *("--census-interval", "2", "--ttl-interval", "1"),
    ).url
    return url


@pytest.fixture(scope="session")
def client(endpoint: str, identity: Identity) -> Iterator[Any]:
    client = make_client(endpoint, identity=identity)
    yield client
    client.close()


@pytest.fixture(scope="session")
def second_client(second_endpoint: str, identity: Identity) -> Iterator[Any]:
    client = make_client(second_endpoint, identity=identity)
    yield client
    client.close()


@pytest.fixture(scope="session")
def transactions(client: Any) -> None:
    """For tests that need a store with transactions."""
    try:
        client.transact_get_items(
            TransactItems=[{"Get": {"TableName": "no-such-table", "Key": {"pk": {"S": "a"}}}}]
        )
    except ClientError as fault:
        if "not supported by the store" in fault.response["Error"]["Message"]:
            pytest.skip("this store has no transactions")


Raw = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="session")
def raw(endpoint: str, identity: Identity) -> Iterator[Raw]:
    """`raw("PutItem", {...})` -> HTTP status and the whole answer, of a signed request.

    The target may also be given whole, and the body as the bytes to be sent.
    """
    session = URLLib3Session()
    signer = SigV4Auth(identity.credentials, "dynamodb", identity.region)

    def send(target: str, body: Any) -> tuple[int, Any]:
        request = AWSRequest(
            "POST",
            endpoint,
            data=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={
                "X-Amz-Target": target if "." in target else f"DynamoDB_20120810.{target}",
                "Content-Type": "application/x-amz-json-1.0",
            },
        )
        signer.add_auth(request)
        response = session.send(request.prepare())
        return response.status_code, json.loads(response.content or b"null")

    yield send
    session.close()


def create(client: Any, name: str, keys: dict[str, str], **more: Any) -> str:
    """Makes a table with `keys`, e.g. {"pk": "S", "sk": "N"}, and waits until it is ACTIVE."""
    kinds = ("HASH", "RANGE")
    described = {
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": type} for key, type in keys.items()
        ],
        "KeySchema": [
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    try:
        client.create_table(TableName=name, **(described | more))
    except ClientError as fault:
        if "StreamSpecification is not supported" in fault.response["Error"]["Message"]:
            pytest.skip("this store has no streams")
        raise
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return name


def _shared(client: Any, **keys: str) -> Iterator[str]:
    name = create(client, f"shared-{uuid.uuid4().hex[:12]}", keys)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture(scope="session")
def table(client: Any) -> Iterator[str]:
    """Partition key `pk` (S) only."""
    yield from _shared(client, pk="S")


@pytest.fixture(scope="session")
def table_ss(client: Any) -> Iterator[str]:
    """`pk` (S) and `sk` (S)."""
    yield from _shared(client, pk="S", sk="S")


@pytest.fixture(scope="session")
def table_sn(client: Any) -> Iterator[str]:
    """`pk` (S) and `sk` (N)."""
    yield from _shared(client, pk="S", sk="N")


@pytest.fixture(scope="session")
def table_sb(client: Any) -> Iterator[str]:
    """`pk` (S) and `sk` (B)."""
    yield from _shared(client, pk="S", sk="B")


@pytest.fixture(scope="session")
def long_sort_keys(client: Any, table_ss: str) -> None:
    """For tests that need a store with sort keys as long as DynamoDB's."""
    key = {"pk": {"S": uuid.uuid4().hex}, "sk": {"S": "x" * 1024}}
    try:
        client.put_item(TableName=table_ss, Item=key)
        client.delete_item(TableName=table_ss, Key=key)
    except ClientError as fault:
        if "Amazon Keyspaces keeps at most" in fault.response["Error"]["Message"]:
            pytest.skip("this store has shorter sort keys")
        raise


@pytest.fixture(scope="session")
def create_table(client: Any) -> Callable[..., str]:
    """`create`, for the tables of one module."""
    return lambda name, keys, **more: create(client, name, keys, **more)


@pytest.fixture
def new_table(client: Any) -> Iterator[Callable[..., str]]:
    """A function that makes a table for this test alone: `new_table({"pk": "S"}, **more)`."""
    names: list[str] = []

    def make(keys: dict[str, str], **more: Any) -> str:
        names.append(create(client, f"own-{uuid.uuid4().hex[:12]}", keys, **more))
        return names[-1]

    yield make
    for name in names:
        try:
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
            client.delete_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            continue


_counter = itertools.count()


@pytest.fixture
def key() -> str:
    """A partition key value no other test uses."""
    return f"{uuid.uuid4().hex[:8]}-{next(_counter)}"


Fails = Callable[..., dict[str, Any]]


@pytest.fixture
def fails(client: Any) -> Fails:
    """`fails("put_item", "ValidationException", "exact message", **request)` -> the error's answer.

    None for the message where only its type is known.
    """

    def check(operation: str, code: str, message: str | None, **request: Any) -> dict[str, Any]:
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(**request)
        answer: dict[str, Any] = caught.value.response
        assert answer["Error"]["Code"] == code, answer["Error"]
        if message is not None:
            assert answer["Error"]["Message"] == message
        return answer

    return check


@pytest.fixture(scope="session")
def streams(endpoint: str) -> Iterator[Any]:
    """A client of the Streams API."""
    client = make_client(endpoint, "dynamodbstreams")
    yield client
    client.close()


@pytest.fixture(scope="session")
def stream_table(client: Any) -> Iterator[str]:
    """Partition key `pk` (S), sort key `sk` (S), and a stream with both images."""
    name = create(
        client,
        f"shared-{uuid.uuid4().hex[:12]}",
        {"pk": "S", "sk": "S"},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    yield name
    client.delete_table(TableName=name)
