"""CreateTable: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html

Secondary indexes are in test_indexes.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.operations.texts import (
    INVALID,
    MAP_UNEXPECTED,
    NOT_LIST,
    NOT_STRING,
    SERIALIZATION,
    bad_control_name,
    constraints,
    fault,
    misfits,
    missing,
    no_coral,
    not_in,
    own_words,
)

AMAZON = "com.amazonaws.dynamodb.v20120810."


@pytest.mark.differs_locally("JSON of the wrong type is taken for absent or answered 500")
@pytest.mark.parametrize(
    ("member", "message"),
    [
        *misfits(TableName=NOT_STRING, KeySchema=NOT_LIST, BillingMode=NOT_STRING, Tags=NOT_LIST),
        ({"AttributeDefinitions": ["x"]}, "Unexpected value type in payload"),
        ({"AttributeDefinitions": [{"AttributeName": {}}]}, MAP_UNEXPECTED),
        (
            {"KeySchema": [[]]},
            f"Unrecognized collection type class {AMAZON}KeySchemaElement",
        ),
        ({"ProvisionedThroughput": 1}, "Unexpected field type"),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": "1"}},
            "STRING_VALUE cannot be converted to Long",
        ),
        ({"DeletionProtectionEnabled": "x"}, "Unexpected token received from parser"),
    ],
)
def test_json_of_the_wrong_type(raw: Any, member: dict[str, Any], message: str) -> None:
    assert raw("CreateTable", member) == (400, {"__type": SERIALIZATION, "Message": message})


def table(keys: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A request for a table of `keys`; a member of None is left out."""
    keys = keys or {"pk": "S"}
    request = {
        "TableName": f"own-{uuid.uuid4().hex[:12]}",
        "AttributeDefinitions": definitions(**keys),
        "KeySchema": schema(*keys),
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }
    return {member: value for member, value in request.items() if value is not None}


def definitions(**types: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def schema(*names: str, kinds: tuple[str, ...] = ("HASH", "RANGE")) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)
    ]


def global_index(
    *names: str, kinds: tuple[str, ...] = ("HASH", "RANGE"), **more: Any
) -> dict[str, Any]:
    keys = schema(*names, kinds=kinds)
    return {"IndexName": "abc", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}, **more}


UNITS = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}


@no_coral
@pytest.mark.parametrize(
    ("more", "faults"),
    [
        ({"TableName": None}, [missing("tableName")]),
        ({"KeySchema": None}, [missing("keySchema")]),
        ({"AttributeDefinitions": None}, [missing("attributeDefinitions")]),
        (
            {"KeySchema": []},
            [fault("[]", "keySchema", "have length greater than or equal to 1")],
        ),
        (
            {"KeySchema": [{"AttributeName": "", "KeyType": "SORT"}]},
            [
                fault(
                    "", "keySchema.1.member.attributeName", "have length greater than or equal to 1"
                ),
                not_in("[HASH, RANGE]", "SORT", "keySchema.1.member.keyType"),
            ],
        ),
        (
            {"AttributeDefinitions": [{"AttributeType": "BOOL"}]},
            [
                not_in("[B, N, S]", "BOOL", "attributeDefinitions.1.member.attributeType"),
                missing("attributeDefinitions.1.member.attributeName"),
            ],
        ),
        (
            {"BillingMode": "FREE"},
            [not_in("[PROVISIONED, PAY_PER_REQUEST]", "FREE", "billingMode")],
        ),
        (
            {
                "BillingMode": None,
                "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": -1},
            },
            [
                fault(
                    value,
                    f"provisionedThroughput.{member}CapacityUnits",
                    "have value greater than or equal to 1",
                )
                for value, member in (("-1", "write"), ("0", "read"))
            ],
        ),
    ],
)
def test_broken_constraints(fails: Any, more: dict[str, Any], faults: list[str]) -> None:
    fails("create_table", "ValidationException", constraints(*faults), **table(**more))


@no_coral
@pytest.mark.parametrize("name", ["", "ab", "x" * 256, "a;bc", "a bc", "ä-table"])
def test_names(fails: Any, name: str) -> None:
    fails("create_table", "ValidationException", bad_control_name(name), **table(TableName=name))


@own_words
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"BillingMode": None},
            INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
            "BillingMode is PROVISIONED",
        ),
        (
            {"BillingMode": "PROVISIONED"},
            INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
            "BillingMode is PROVISIONED",
        ),
        (
            {"ProvisionedThroughput": UNITS},
            INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
            "BillingMode is PAY_PER_REQUEST",
        ),
        (
            {
                "BillingMode": None,
                "ProvisionedThroughput": UNITS | {"ReadCapacityUnits": 10**12 + 1},
            },
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
        ),
        (
            {"BillingMode": None, "ProvisionedThroughput": UNITS | {"WriteCapacityUnits": 10**15}},
            "Given value 1000000000000000 for WriteCapacityUnits is out of bounds",
        ),
        (
            {"KeySchema": schema("pk", kinds=("RANGE",))},
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            {"KeySchema": schema("pk", "sk", kinds=("HASH", "HASH"))},
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        ),
        (
            {"KeySchema": schema("pk", "pk")},
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ),
        (
            {"AttributeDefinitions": definitions(other="S")},
            INVALID + "Some index key attributes are not defined in AttributeDefinitions. "
            "Keys: [pk], AttributeDefinitions: [other]",
        ),
        (
            {"AttributeDefinitions": []},
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        *[
            (
                {"KeySchema": schema("pk", "sk"), "AttributeDefinitions": definitions(**types)},
                "Invalid KeySchema: Some index key attribute have no definition",
            )
            for types in ({"pk": "S"}, {"sk": "S"}, {"x": "S", "y": "S"})
        ],
        (
            {"AttributeDefinitions": definitions(pk="S", unused="S")},
            INVALID + "Number of attributes in KeySchema does not exactly match number of "
            "attributes defined in AttributeDefinitions",
        ),
        (
            {"AttributeDefinitions": definitions(pk="S") + definitions(pk="N")},
            "Attribute Name is duplicated: pk",
        ),
        (
            # Before anything else of the index; the names are in the order of a HashMap.
            {
                "AttributeDefinitions": definitions(pk="S", a="S", b="S", c="S", sk="S"),
                "KeySchema": schema("pk", "sk"),
                "GlobalSecondaryIndexes": [global_index("a", ProvisionedThroughput=UNITS)],
            },
            INVALID + "Some AttributeDefinitions are not used. AttributeDefinitions: "
            "[sk, a, b, pk, c], keys used: [a, sk, pk]",
        ),
        (
            {
                "AttributeDefinitions": definitions(pk="S", a="S", b="S"),
                "GlobalSecondaryIndexes": [
                    global_index("a", "b", "pk", kinds=("HASH", "RANGE", "HASH"))
                ],
            },
            f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema",
        ),
        (
            {"GlobalSecondaryIndexes": [global_index("pk", "pk")]},
            "The KeySchema contains multiple key attributes with the same name",
        ),
        *[
            (
                {"GlobalSecondaryIndexes": [global_index(*["pk"] * 6, kinds=kinds)]},
                f"{INVALID}The KeySchema exceeds the maximum allowed number of {kind} key "
                "attributes",
            )
            for kind, kinds in (("HASH", ("HASH",) * 6), ("RANGE", ("HASH", *("RANGE",) * 5)))
        ],
        (
            {
                "GlobalSecondaryIndexes": [
                    global_index("pk")
                    | {
                        "Projection": {
                            "ProjectionType": "INCLUDE",
                            "NonKeyAttributes": ["x", "y", "x"],
                        }
                    }
                ]
            },
            f"{INVALID}Duplicate element in NonKeyAttributes: x",
        ),
        (
            {
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": UNITS,
                "GlobalSecondaryIndexes": [
                    global_index(
                        "pk", ProvisionedThroughput=UNITS | {"ReadCapacityUnits": 10**12 + 1}
                    )
                ],
            },
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds for index abc",
        ),
        *[
            (
                {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS, **bounds},
                INVALID + message,
            )
            for bounds, message in (
                (
                    {"OnDemandThroughput": {"MaxWriteRequestUnits": 5}},
                    "MaxWriteRequestUnits for OnDemandThroughput cannot be specified when table "
                    "BillingMode is PROVISIONED.",
                ),
                (
                    {"WarmThroughput": {"ReadUnitsPerSecond": 2, "WriteUnitsPerSecond": 2}},
                    "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than "
                    "WriteCapacityUnits of ProvisionedThroughput",
                ),
                (
                    {
                        "GlobalSecondaryIndexes": [
                            global_index(
                                "pk",
                                ProvisionedThroughput=UNITS,
                                OnDemandThroughput={"MaxReadRequestUnits": 5},
                            )
                        ]
                    },
                    "MaxReadRequestUnits for OnDemandThroughput for index: abc cannot be specified "
                    "when table BillingMode is PROVISIONED.",
                ),
            )
        ],
        *[
            (
                {
                    "GlobalSecondaryIndexes": [global_index("pk", **bounds)],
                },
                INVALID + message,
            )
            for bounds, message in (
                (
                    {"OnDemandThroughput": {"MaxReadRequestUnits": -1}},
                    "Requested MaxReadRequestUnits for OnDemandThroughput for index : abc is "
                    "outside of valid range",
                ),
                (
                    {"WarmThroughput": {"ReadUnitsPerSecond": 11_999}},
                    "Requested ReadUnitsPerSecond for WarmThroughput for index abc is lower than "
                    "initial throughput for OnDemand. See: https://docs.aws.amazon.com/"
                    "amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
                    "#on-demand-capacity-mode-initial",
                ),
            )
        ],
        *[
            ({"SSESpecification": given}, INVALID + message)
            for given, message in (
                (
                    {"Enabled": False, "SSEType": "KMS"},
                    "SSEType can not be specified if Enabled is false",
                ),
                (
                    {"Enabled": False, "KMSMasterKeyId": "alias/mine"},
                    "KMSMasterKeyId can not be specified if Enabled is false",
                ),
                ({"Enabled": True, "SSEType": "AES256"}, "SSEType AES256 is not supported"),
                (
                    {"Enabled": True, "KMSMasterKeyId": "alias/mine"},
                    "SSEType KMS is required if KMSMasterKeyId is specified",
                ),
            )
        ],
    ],
)
def test_rules(fails: Any, more: dict[str, Any], message: str) -> None:
    fails("create_table", "ValidationException", message, **table(**more))


ELEMENT = "com.amazonaws.dynamodb.v20120810.KeySchemaElement"


# The hashes are those that the service showed.
@own_words
def test_tables_and_local_indexes_have_two_keys(fails: Any) -> None:
    keys = schema("pk", "sk", "sk2", kinds=("HASH", "RANGE", "RANGE"))
    told = (
        f"1 validation error detected: Value '[{ELEMENT}@ad28eb1d, {ELEMENT}@38b9654b, "
        f"{ELEMENT}@38bb13cd]' at '{{}}' failed to satisfy constraint: Member must have length "
        "less than or equal to 2"
    )
    index = {"IndexName": "abc", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}
    for where, request in (
        ("keySchema", table(KeySchema=keys)),
        (
            "localSecondaryIndexes.1.member.keySchema",
            table({"pk": "S", "sk": "S"}, LocalSecondaryIndexes=[index]),
        ),
    ):
        fails("create_table", "ValidationException", told.format(where), **request)


@pytest.mark.differs_locally("it keeps no tags")
@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (
            [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found a",
        ),
        (
            [{"Key": str(number), "Value": "x"} for number in range(51)],
            "Number of Tags exceed the current limit for the provided ResourceArn",
        ),
        ([{}], "The Tag Key provided is invalid, Key: null"),
    ],
)
def test_tags_that_a_table_cannot_have(
    client: Any, fails: Any, tags: list[Any], message: str
) -> None:
    request = table(Tags=tags)
    fails("create_table", "ValidationException", message, **request)
    fails("describe_table", "ResourceNotFoundException", None, TableName=request["TableName"])


@own_words
def test_a_name_that_is_taken(client: Any, fails: Any, new_table: Callable[..., str]) -> None:
    name = new_table({"pk": "S"})
    fails(
        "create_table",
        "ResourceInUseException",
        f"Table already exists: {name}",
        **table({"other": "N"}, TableName=name),
    )
    # It is still the one it was.
    schema_ = client.describe_table(TableName=name)["Table"]["KeySchema"]
    assert schema_ == schema("pk")


def drop(client: Any, name: str) -> None:
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    client.delete_table(TableName=name)


@pytest.mark.differs_locally("its tables have no TableId")
def test_the_answer_for_provisioned_capacity(client: Any) -> None:
    before = time.time()
    request = table(
        {"sort": "N", "hash": "B"},
        BillingMode=None,
        ProvisionedThroughput=UNITS,
        KeySchema=schema("hash", "sort"),
    )
    answer = client.create_table(**request)["TableDescription"]
    try:
        assert answer.pop("TableName") == request["TableName"]
        assert answer.pop("TableArn").endswith(f":table/{request['TableName']}")
        assert uuid.UUID(answer.pop("TableId"))
        assert before - 2 < answer.pop("CreationDateTime").timestamp() < time.time() + 2
        assert answer.pop("TableStatus") == "CREATING"
        throughput = answer.pop("ProvisionedThroughput")
        assert throughput.items() >= {**UNITS, "NumberOfDecreasesToday": 0}.items()
        assert answer.pop("KeySchema") == request["KeySchema"]
        assert sorted(answer.pop("AttributeDefinitions"), key=str) == definitions(
            hash="B", sort="N"
        )
        answer.pop("ResponseMetadata", None)
        assert answer == {
            "ItemCount": 0,
            "TableSizeBytes": 0,
            "DeletionProtectionEnabled": False,
        }
    finally:
        drop(client, request["TableName"])


@pytest.mark.differs_locally("its tables are made at once")
def test_the_answer_for_capacity_on_demand(client: Any) -> None:
    request = table()
    answer = client.create_table(**request)["TableDescription"]
    try:
        # The date comes with the table.
        assert answer["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
        client.get_waiter("table_exists").wait(
            TableName=request["TableName"], WaiterConfig={"Delay": 1}
        )
        described = client.describe_table(TableName=request["TableName"])["Table"]
        changed = described["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"]
        assert abs(changed.timestamp() - time.time()) < 60
    finally:
        drop(client, request["TableName"])


def test_on_demand_capacity_has_no_units(client: Any, new_table: Callable[..., str]) -> None:
    description = client.describe_table(TableName=new_table({"pk": "S"}))["Table"]
    assert description["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert description["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    assert description["ProvisionedThroughput"]["WriteCapacityUnits"] == 0


@pytest.mark.differs_locally("it makes no table by an ARN")
def test_settings_that_are_kept(client: Any) -> None:
    name = f"own-{uuid.uuid4().hex[:12]}"
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}"
    request = table(
        TableName=arn,
        DeletionProtectionEnabled=True,
        TableClass="STANDARD",
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    answer = client.create_table(**request)["TableDescription"]
    try:
        assert answer["TableName"] == name
        assert answer["DeletionProtectionEnabled"] is True
        assert answer["TableClassSummary"] == {"TableClass": "STANDARD"}
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        tags = client.list_tags_of_resource(ResourceArn=answer["TableArn"])["Tags"]
        assert tags == request["Tags"]
    finally:
        client.update_table(TableName=name, DeletionProtectionEnabled=False)
        drop(client, name)


@pytest.mark.parametrize("size", [3, 255])
def test_the_shortest_and_the_longest_name(client: Any, size: int) -> None:
    characters = f"{uuid.uuid4().hex}_-."
    name = (characters * 8)[:size] if size > 3 else characters[:3]
    client.create_table(**table(TableName=name))
    try:
        assert client.describe_table(TableName=name)["Table"]["TableName"] == name
    finally:
        drop(client, name)


@pytest.mark.differs_locally("it answers 500 to names that differ in case only")
def test_names_are_told_apart_by_case(client: Any) -> None:
    names = [f"{case}-{uuid.uuid4().hex[:8]}" for case in ("own", "OWN")]
    names[1] = names[0].upper()
    for name in names:
        client.create_table(**table(TableName=name))
    try:
        client.get_waiter("table_exists").wait(TableName=names[0], WaiterConfig={"Delay": 1})
        client.put_item(TableName=names[0], Item={"pk": {"S": "a"}})
        client.get_waiter("table_exists").wait(TableName=names[1], WaiterConfig={"Delay": 1})
        assert client.scan(TableName=names[1])["Count"] == 0
    finally:
        for name in names:
            drop(client, name)
