"""Decreases of throughput, by the clock, and what an index must have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.errors import ApiError
from app.model.table import Throughput
from app.operations.index_rules import global_index, global_indexes, global_keys
from app.operations.throughput_rules import decreases_today, moved

# Wednesday, July 25, 2018 at 8:48:14 AM UTC
DECREASED = 1_532_508_494.0
FOUR = Throughput(9, 9, decreased=DECREASED, decreases_today=4)


def test_the_fifth_decrease_waits_for_an_hour() -> None:
    with pytest.raises(ApiError) as caught:
        moved(FOUR, Throughput(8, 9), DECREASED + 3599)
    assert caught.value.code == "LimitExceededException"
    assert str(caught.value).endswith(
        "Number of decreases today: 4. Last decrease at Wednesday, July 25, 2018 at 8:48:14 AM "
        "Coordinated Universal Time. Next decrease can be made at Wednesday, July 25, 2018 at "
        "9:48:14 AM Coordinated Universal Time"
    )
    after = moved(FOUR, Throughput(8, 9), DECREASED + 3600)
    assert (after.read, after.decreases_today) == (8, 5)


# The count is of a day in UTC, whoever asks.
def test_a_new_day_counts_anew() -> None:
    midnight = (DECREASED // 86_400 + 1) * 86_400
    assert decreases_today(FOUR, midnight - 1) == 4
    assert decreases_today(FOUR, midnight) == 0
    assert moved(FOUR, Throughput(8, 9), midnight).decreases_today == 1
    late = replace(FOUR, decreased=midnight - 600)
    with pytest.raises(ApiError, match=r"26, 2018 at 12:00:00 AM Coordinated Universal Time$"):
        moved(late, Throughput(8, 9), midnight - 300)


INVALID = "One or more parameter values were invalid: "


# Each of CreateTable's words and of UpdateTable's were seen of the service.
@pytest.mark.parametrize(
    ("mode", "units", "created", "updated"),
    [
        (
            "PROVISIONED",
            {},
            "ProvisionedThroughput is not specified for index: by-g",
            "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: by-g",
        ),
        (
            "PAY_PER_REQUEST",
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            "ProvisionedThroughput should not be specified for index: by-g when BillingMode is "
            "PAY_PER_REQUEST",
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: by-g "
            "when BillingMode is PAY_PER_REQUEST",
        ),
    ],
)
def test_an_index_has_throughput_as_its_table_is_billed(
    mode: str, units: dict[str, Any], created: str, updated: str
) -> None:
    index = {
        "IndexName": "by-g",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **units,
    }
    types = {"g": "S"}
    request = {"GlobalSecondaryIndexes": [index]}
    with pytest.raises(ApiError) as caught:
        global_indexes(request, global_keys(request, types), mode, 1)
    assert caught.value.message == INVALID + created
    with pytest.raises(ApiError) as caught:
        global_index(index, types, mode, 1)
    assert caught.value.message == INVALID + updated
