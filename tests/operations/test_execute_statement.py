"""ExecuteStatement: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations.texts import NO_TABLE

Execute = Callable[..., Any]


@pytest.fixture
def execute(client: Any) -> Execute:
    """`execute(statement, *parameters, **members)` -> its items."""

    def run(statement: str, *parameters: Any, **more: Any) -> Any:
        if parameters:
            more["Parameters"] = list(parameters)
        return client.execute_statement(Statement=statement, **more)["Items"]

    return run


@pytest.fixture(scope="module")
def albums(client: Any, create_table: Callable[..., str]) -> Iterator[str]:
    """Artists a, b, c with albums 0 to 3: `n` is twice the number; indexed by `g`."""
    name = create_table(
        f"albums-{uuid.uuid4().hex[:8]}",
        {"artist": "S", "year": "N"},
        AttributeDefinitions=[
            {"AttributeName": "artist", "AttributeType": "S"},
            {"AttributeName": "year", "AttributeType": "N"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [
                    {"AttributeName": "g", "KeyType": "HASH"},
                    {"AttributeName": "year", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
            }
        ],
    )
    for artist in "abc":
        for year in range(4):
            client.execute_statement(
                Statement=f"""INSERT INTO "{name}" VALUE
                    {{'artist': ?, 'year': ?, 'n': ?, 'g': 'x', 'm': {{'l': [1, {{'k': 'v'}}]}},
                      'tags': <<'t'>>, 'none': null}}""",
                Parameters=[{"S": artist}, {"N": str(year)}, {"N": str(2 * year)}],
            )
    yield name
    client.delete_table(TableName=name)


def years(items: list[Any]) -> list[str]:
    return [item["artist"]["S"] + item["year"]["N"] for item in items]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("artist = 'a'", "a0 a1 a2 a3"),
        ("artist = 'a' AND year >= 2", "a2 a3"),
        pytest.param(
            "2 > year AND 'a' = artist",
            "a0 a1",
            marks=pytest.mark.differs_locally("takes it for artist = 'a' AND year > 2"),
        ),
        ("artist = 'a' AND year BETWEEN 1 AND 2", "a1 a2"),
        ("artist = 'a' AND year > 0 AND year < 3", "a1 a2"),
        ("artist = 'a' AND year IN [3, 1, 3]", "a1 a3"),
        ("artist = 'a' AND n = 4", "a2"),
        ("artist = 'a' AND artist = 'b'", ""),
        ("artist IN ['c', 'a'] AND year = 1", "c1 a1"),
        (f"artist IN ['c', 'a'] AND year IN {[2, *range(50, 100)]}", "c2 a2"),
        ("artist = 'c' OR artist = 'a'", "c0 c1 c2 c3 a0 a1 a2 a3"),
        pytest.param(
            "artist IN ('b', 'a') AND year < 2 ORDER BY artist",
            "a0 a1 b0 b1",
            marks=pytest.mark.differs_locally("does not order by a partition key"),
        ),
        ("artist IN ('b', 'a') AND year < 2 ORDER BY artist DESC, year DESC", "b1 b0 a1 a0"),
        ("artist = 'a' ORDER BY year DESC", "a3 a2 a1 a0"),
        ("artist = 'a' AND year < 2 ORDER BY year, year DESC", "a0 a1"),
        ("artist = 'a' AND year IN [1, 2] ORDER BY year DESC", "a2 a1"),
    ],
)
def test_conditions_on_keys(execute: Execute, albums: str, where: str, found: str) -> None:
    items = execute(f'SELECT artist, year FROM "{albums}" WHERE {where}')
    assert " ".join(years(items)) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("n = 2", "a1 b1 c1"),
        ("year = 3 AND NOT artist IN ['a']", "b3 c3"),
        ("begins_with(artist, 'b') AND year <> 0", "b1 b2 b3"),
        ("artist = 'a' OR n = 6", "a0 a1 a2 a3 b3 c3"),
        ("contains(tags, 't') AND size(m.l) = 2 AND year = 0", "a0 b0 c0"),
        ("m.l[1].k = 'v' AND year = 0", "a0 b0 c0"),
        ("attribute_type(n, 'N') AND year = 0", "a0 b0 c0"),
        ("absent IS MISSING AND year = 0", "a0 b0 c0"),
        ("absent IS NOT MISSING", ""),
        ("none IS NULL AND year = 0", "a0 b0 c0"),
        ("n IS NUMERIC AND begins_with(g, 'x') = true AND (year = 0) <> false", "a0 b0 c0"),
        ("n IS STRING OR size(g) IN [2]", ""),
        ("absent IS NULL", ""),
        ("none = NULL AND year = 0", "a0 b0 c0"),
        ("tags = <<'t'>> AND m = {'l': [1, {'k': 'v'}]} AND year = 0", "a0 b0 c0"),
    ],
)
def test_conditions_on_anything(execute: Execute, albums: str, where: str, found: str) -> None:
    items = execute(f'SELECT artist, year FROM "{albums}" WHERE {where}')
    assert " ".join(sorted(years(items))) == found


def test_paths_are_shown_under_their_last_part(execute: Execute, albums: str) -> None:
    items = execute(
        f'SELECT m.l[0], m.l[1].k, "n", absent FROM "{albums}" WHERE artist = ? AND year = ?',
        {"S": "a"},
        {"N": "1"},
    )
    assert items == [{"l[0]": {"N": "1"}, "k": {"S": "v"}, "n": {"N": "2"}}]


def test_an_index_is_read_by_its_keys(execute: Execute, albums: str) -> None:
    from_index = f'FROM "{albums}"."by-g" WHERE g = \'x\''
    items = execute(f"SELECT artist, year {from_index} AND year >= 3")
    assert sorted(years(items)) == ["a3", "b3", "c3"]
    items = execute(f"SELECT * {from_index} AND artist = 'a' ORDER BY year DESC")
    assert [set(item) for item in items] == [{"artist", "year", "g", "n"}] * 4
    assert years(items) == ["a3", "a2", "a1", "a0"]


def pages(client: Any, **request: Any) -> Iterator[Any]:
    while True:
        answer = client.execute_statement(**request)
        yield answer
        if "NextToken" not in answer:
            return
        request["NextToken"] = answer["NextToken"]


@pytest.mark.parametrize(
    "where", ["", "WHERE artist IN ['c', 'a', 'b'] ORDER BY artist, year DESC"]
)
@pytest.mark.differs_locally("repeats items of an IN")
def test_pages_meet_every_item_once(
    client: Any, second_client: Any, albums: str, where: str
) -> None:
    statement = f'SELECT artist, year FROM "{albums}" {where}'
    whole = years(client.execute_statement(Statement=statement)["Items"])
    assert len(whole) == 12
    # A token may be taken to another process.
    clients = [client, second_client]
    found = [years(page["Items"]) for page in pages(clients[0], Statement=statement, Limit=5)]
    assert [len(page) for page in found if page][:2] == [5, 5]
    assert [each for page in found for each in page] == whole
    first = client.execute_statement(Statement=statement, Limit=5)
    second = second_client.execute_statement(
        Statement=statement, Limit=5, NextToken=first["NextToken"]
    )
    assert years(second["Items"]) == whole[5:10]


@pytest.mark.differs_locally("takes a token to any statement, and gives no LastEvaluatedKey")
def test_a_token_goes_on_with_its_own_statement_only(client: Any, fails: Any, albums: str) -> None:
    statement = f'SELECT * FROM "{albums}" WHERE artist = ?'
    parameters = [{"S": "a"}]
    answer = client.execute_statement(Statement=statement, Parameters=parameters, Limit=1)
    assert answer["LastEvaluatedKey"] == {"artist": {"S": "a"}, "year": {"N": "0"}}
    for token, value in ((answer["NextToken"], "b"), ("abc", "a"), ("bnVsbA==", "a")):
        fails(
            "execute_statement",
            "ValidationException",
            "Invalid NextToken",
            Statement=statement,
            Parameters=[{"S": value}],
            NextToken=token,
        )


def test_a_page_has_one_megabyte(client: Any, execute: Execute, table_ss: str, key: str) -> None:
    for sort in "abc":
        execute(
            f"INSERT INTO \"{table_ss}\" VALUE {{'pk': ?, 'sk': ?, 'v': ?}}",
            {"S": key},
            {"S": sort},
            {"S": "x" * 390_000},
        )
    request = {
        "Statement": f'SELECT sk FROM "{table_ss}" WHERE pk = ?',
        "Parameters": [{"S": key}],
    }
    found = [[item["sk"]["S"] for item in page["Items"]] for page in pages(client, **request)]
    assert found[0] == ["a", "b", "c"]
    assert found[1:] in ([], [[]])


@pytest.mark.differs_locally("names the error DuplicateItem")
def test_insert_never_replaces(execute: Execute, fails: Any, table: str, key: str) -> None:
    statement = f"INSERT INTO \"{table}\" VALUE {{'pk': ?, 'n': ?}}"
    assert execute(statement, {"S": key}, {"N": "1"}) == []
    fails(
        "execute_statement",
        "DuplicateItemException",
        "Duplicate primary key exists in table",
        Statement=statement,
        Parameters=[{"S": key}, {"N": "2"}],
    )
    item = {"pk": {"S": key}, "n": {"N": "1"}}
    assert execute(f'SELECT * FROM "{table}" WHERE pk = ?', {"S": key}) == [item]


@pytest.mark.parametrize(
    ("changes", "returning", "expected"),
    [
        ("SET n = n + 1 - 3", "MODIFIED NEW", {"n": {"N": "-1"}}),
        ("SET n = 5 SET s = 'x' REMOVE l", "MODIFIED OLD", {"n": {"N": "1"}, "l": {"L": []}}),
        (
            "SET l = list_append(l, [1]), s = n",
            "MODIFIED NEW",
            {"l": {"L": [{"N": "1"}]}, "s": {"N": "1"}},
        ),
        ("SET z = set_add(z, <<'c'>>)", "MODIFIED NEW", {"z": {"SS": ["a", "b", "c"]}}),
        ("SET z = set_delete(z, <<'a', 'x'>>)", "MODIFIED NEW", {"z": {"SS": ["b"]}}),
        ("SET fresh = set_add(fresh, <<1>>)", "MODIFIED NEW", {"fresh": {"NS": ["1"]}}),
        pytest.param(
            "SET m.a[1] = ?",
            "MODIFIED NEW",
            {"m": {"M": {"a": {"L": [{"S": "p"}]}}}},
            marks=pytest.mark.differs_locally("returns the whole of m"),
        ),
        ("REMOVE z", "MODIFIED NEW", {}),
        ("SET d = if_not_exists(d, 7)", "MODIFIED NEW", {"d": {"N": "7"}}),
        # Whatever may be assigned may be an argument, too.
        (
            "SET d = if_not_exists(d, (n + 1)) - 3, l = list_append((1, 'b'), l)",
            "MODIFIED NEW",
            {"d": {"N": "-1"}, "l": {"L": [{"N": "1"}, {"S": "b"}]}},
        ),
        ("SET z = (set_add(z, <<'c'>>))", "MODIFIED NEW", {"z": {"SS": ["a", "b", "c"]}}),
    ],
)
def test_updates(
    client: Any, execute: Execute, table: str, key: str, changes: str, returning: str, expected: Any
) -> None:
    execute(
        f"""INSERT INTO "{table}" VALUE {{'pk': ?, 'n': 1, 'l': [], 'z': <<'a', 'b'>>,
            'm': {{'a': [1], 'b': 1}}}}""",
        {"S": key},
    )
    where = f"WHERE pk = '{key}' AND n = 1 RETURNING {returning} *"
    items = execute(f'UPDATE "{table}" {changes} {where}', {"S": "p"})
    for item in items:
        for value in item.values():
            if "SS" in value:
                value["SS"].sort()
    assert items == ([expected] if expected else [])


def test_update_makes_no_item(fails: Any, client: Any, table: str, key: str) -> None:
    fails(
        "execute_statement",
        "ConditionalCheckFailedException",
        "The conditional request failed",
        Statement=f"UPDATE \"{table}\" SET a = 1 WHERE pk = '{key}'",
    )
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": key}})


def test_a_failed_condition_shows_the_item(
    execute: Execute, fails: Any, table: str, key: str
) -> None:
    execute(f"INSERT INTO \"{table}\" VALUE {{'pk': '{key}', 'n': 1}}")
    for statement in (
        f"UPDATE \"{table}\" SET n = 2 WHERE pk = '{key}' AND n > 1",
        f"DELETE FROM \"{table}\" WHERE pk = '{key}' AND n > 1",
    ):
        answer = fails(
            "execute_statement",
            "ConditionalCheckFailedException",
            None,
            Statement=statement,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        assert answer["Item"] == {"pk": {"S": key}, "n": {"N": "1"}}


def test_delete(execute: Execute, table: str, key: str) -> None:
    item = {"pk": {"S": key}, "n": {"N": "1"}}
    execute(f"INSERT INTO \"{table}\" VALUE {{'pk': '{key}', 'n': 1}}")
    delete = f"DELETE FROM \"{table}\" WHERE pk = '{key}'"
    assert execute(f"{delete} AND n = 1 RETURNING ALL OLD *") == [item]
    # Of an item that is not there, with whatever condition, nothing is deleted.
    assert execute(f"{delete} RETURNING ALL OLD *") == []
    assert execute(f"{delete} AND n = 1") == []


ALL_KEYS = "Where clause does not contain a mandatory equality on all key attributes"
WRONG_TYPE = "Key attribute's data type should match its data type in table's schema: Key "


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE t SET a = 1", ALL_KEYS),
        ("UPDATE t SET a = 1 WHERE pk = 'a'", ALL_KEYS),
        ("UPDATE t SET a = 1 WHERE pk = 'a' AND sk > 1", ALL_KEYS),
        ("UPDATE t SET a = 1 WHERE pk = 'a' AND sk IN [1]", ALL_KEYS),
        ("DELETE FROM t WHERE pk = 'a' AND sk = 1 OR b = 1", ALL_KEYS),
        (
            "DELETE FROM t WHERE pk = 'a' AND sk = 1 AND sk = 2",
            "Multiple conditions on same key sk. Only single item Update/Insert/Delete are "
            "supported",
        ),
        ("DELETE FROM t WHERE pk = 'a' AND sk = 'b'", f"{WRONG_TYPE}sk"),
        (
            "DELETE FROM t WHERE pk = 'a' AND sk = NULL",
            "Key value must be of type S, N, or B. Key name: sk, Key type: NULL",
        ),
        ("SELECT * FROM t WHERE pk = 1", f"{WRONG_TYPE}pk"),
        ("DELETE FROM t WHERE pk = NULL", ALL_KEYS),
        (
            "DELETE FROM t WHERE pk = 'a' AND pk = 1",
            "Multiple conditions on same key pk. Only single item Update/Insert/Delete are "
            "supported",
        ),
        (
            "DELETE FROM t WHERE sk = TRUE AND pk = 1",
            "Key value must be of type S, N, or B. Key name: sk, Key type: BOOL",
        ),
        ("INSERT INTO t VALUE {'pk': 'a', 'sk': 'b'}", f"{WRONG_TYPE}sk"),
        (
            "INSERT INTO t VALUE {'pk': 'a'}",
            "Key attribute should be present in the item: Key sk",
        ),
        pytest.param(
            "UPDATE t SET pk = 'b' WHERE pk = 'a' AND sk = 1",
            "One or more parameter values were invalid: Cannot update attribute pk. This attribute "
            "is part of the key",
            marks=pytest.mark.differs_locally("looks for the item first"),
        ),
        (
            "UPDATE t SET a = ? WHERE pk = 'a' AND sk = 1",
            "Number of parameters in request and statement don't match.",
        ),
        (
            "SELECT * FROM t WHERE a = 1 ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause.",
        ),
        (
            "SELECT * FROM t WHERE pk = 'a' ORDER BY b",
            "Variable reference b in ORDER BY clause must be part of the primary key",
        ),
        (
            "SELECT * FROM t ORDER BY b",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM t WHERE pk = 'a' ORDER BY sk, m.a",
            "Argument to ORDER BY must be of type VariableReference. Type: PATH",
        ),
        (
            "SELECT * FROM t WHERE pk = 'a' ORDER BY sk + 1",
            "Argument to ORDER BY must be of type VariableReference. Type: +",
        ),
        (
            "SELECT * FROM t ORDER BY 1",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        ("SELECT * FROM t WHERE pk = 1 ORDER BY 1", f"{WRONG_TYPE}pk"),
        # RETURNING is looked at behind the key.
        (
            "UPDATE t SET pk = 'b' WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD a",
            "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
        ),
        (
            "UPDATE t SET a = 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *, ALL NEW *",
            "Invalid syntax with multiple returning elements in RETURNING clause",
        ),
        (
            "DELETE FROM t WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is "
            "allowed in DELETE statements.",
        ),
        ("DELETE FROM t RETURNING ALL NEW *", ALL_KEYS),
        ("UPDATE t SET a = 1 WHERE pk = 'a' AND sk = 'b' RETURNING ALL OLD a", f"{WRONG_TYPE}sk"),
        (
            "INSERT INTO t VALUE {'pk': '', 'sk': 1} RETURNING ALL NEW *",
            "RETURNING is not supported in INSERT",
        ),
        ("INSERT INTO t VALUE {'pk': 'a', 'sk': 'b'} RETURNING ALL NEW *", f"{WRONG_TYPE}sk"),
        ("DELETE FROM t x", ALL_KEYS),
        # Of two faults those of values come before those of tables and keys.
        ("SELECT * FROM t WHERE pk = 1 ORDER BY b", f"{WRONG_TYPE}pk"),
        (
            "SELECT * FROM t WHERE b = 1 ORDER BY b",
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause.",
        ),
        ("DELETE FROM nowhere", ALL_KEYS),
        (
            "DELETE FROM t WHERE a < true",
            "Incorrect operand type for operator or function; operator or function: <, operand "
            "type: BOOL",
        ),
        (
            "UPDATE nowhere SET a = a + 'b' WHERE pk = 'a'",
            "Incorrect operand type for operator or function; operator or function: +, operand "
            "type: S",
        ),
        (
            "SELECT * FROM t.nope WHERE pk = 'a'",
            "The table does not have the specified index: nope",
        ),
        (
            "SELECT * FROM t WHERE a > true",
            "Incorrect operand type for operator or function; operator or function: >, operand "
            "type: BOOL",
        ),
        (
            "SELECT * FROM t WHERE size() = 1",
            "Incorrect number of operands for operator or function; operator or function: size, "
            "number of operands: 0",
        ),
        (
            "EXISTS(SELECT * FROM t WHERE pk = 'a' AND sk = 1)",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
    ],
)
def test_refusals(fails: Any, table_sn: str, statement: str, message: str) -> None:
    statement = statement.replace(" t ", f' "{table_sn}" ').replace(" t.", f' "{table_sn}".')
    if statement.endswith(" t"):
        statement = statement[:-1] + f'"{table_sn}"'
    fails("execute_statement", "ValidationException", message, Statement=statement)


@pytest.mark.differs_locally("the same refusal in words of its own")
def test_a_table_that_is_not_there(fails: Any) -> None:
    statement = "SELECT * FROM nowhere"
    fails("execute_statement", "ResourceNotFoundException", NO_TABLE, Statement=statement)


@pytest.mark.differs_locally("no capacity is told")
def test_capacity(client: Any, albums: str) -> None:
    def units(statement: str, **more: Any) -> Any:
        answer = client.execute_statement(
            Statement=statement, ReturnConsumedCapacity="INDEXES", **more
        )
        return answer["ConsumedCapacity"]

    one = f"FROM \"{albums}\" WHERE artist = 'a' AND year = 1"
    assert units(f"SELECT * {one}")["Table"] == {"CapacityUnits": 0.5}
    assert units(f"SELECT * {one}", ConsistentRead=True)["Table"] == {"CapacityUnits": 1.0}
    index = units(f'SELECT * FROM "{albums}"."by-g" WHERE g = \'x\'')
    assert index["GlobalSecondaryIndexes"] == {"by-g": {"CapacityUnits": 0.5}}
    write = units(f"UPDATE \"{albums}\" SET n = 2 WHERE artist = 'a' AND year = 1")
    assert write["Table"] == {"CapacityUnits": 1.0}
