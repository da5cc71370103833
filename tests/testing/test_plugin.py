"""The pytest plugin as a user of the distribution meets it."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

USERS_TESTS = """
    import boto3

    def create():
        return boto3.resource("dynamodb").create_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def test_the_application_finds_the_server_by_itself(dynaspan):
        table = create()
        table.put_item(Item={"id": "1", "total": 3})
        assert table.get_item(Key={"id": "1"})["Item"] == {"id": "1", "total": 3}

    def test_the_next_test_starts_empty(dynaspan):
        assert boto3.client("dynamodb").list_tables()["TableNames"] == []
        assert create().scan()["Count"] == 0

    def test_the_address_can_be_given_by_hand(dynaspan, monkeypatch):
        monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB")
        client = boto3.client("dynamodb", endpoint_url=dynaspan.url)
        assert client.list_tables()["TableNames"] == []
"""


def test_users_tests_pass_in_an_empty_server_each(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USERS_TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
