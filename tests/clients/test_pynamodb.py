"""PynamoDB, an object mapper with requests of its own style, against a real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from pynamodb.attributes import (
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.models import Model


@pytest.fixture
def thread(client_endpoint: str) -> Iterator[type[Model]]:
    class Thread(Model):
        class Meta:
            table_name = f"pynamodb-{uuid.uuid4().hex[:12]}"
            host = client_endpoint
            region = "us-east-1"
            aws_access_key_id = "any"
            aws_secret_access_key = "any"
            billing_mode = "PAY_PER_REQUEST"

        forum = UnicodeAttribute(hash_key=True)
        number = NumberAttribute(range_key=True)
        views = NumberAttribute(default=0)
        tags = ListAttribute[str](default=list)
        extra = JSONAttribute(null=True)
        posted = UTCDateTimeAttribute(null=True)
        version = VersionAttribute()

    Thread.create_table(wait=True)
    yield Thread
    Thread.delete_table()


def test_the_life_of_a_model(thread: type[Model]) -> None:
    first = thread("cats", 1, tags=["a"], extra={"deep": [1, {"x": None}]})
    first.save()
    # A second copy of version 1 must lose: the mapper's optimistic lock is a condition on a number.
    with pytest.raises(PutError):
        thread("cats", 1).save()
    first.update(actions=[thread.views.set(thread.views + 5), thread.tags.set(["a", "b"])])
    found = thread.get("cats", 1, consistent_read=True)
    assert (found.views, found.tags, found.version) == (5, ["a", "b"], 2)
    assert found.extra == {"deep": [1, {"x": None}]}

    with thread.batch_write() as batch:
        for number in range(2, 60):
            batch.save(thread("cats", number, views=number))
    assert thread.count("cats") == 59
    found = thread.query("cats", thread.number.between(10, 20), thread.views > 15, page_size=3)
    assert [each.number for each in found] == [16, 17, 18, 19, 20]
    backwards = thread.query("cats", scan_index_forward=False, limit=2)
    assert [each.number for each in backwards] == [59, 58]
    assert sum(1 for _ in thread.scan(thread.views >= 50, page_size=7)) == 10
    assert len(list(thread.batch_get([("cats", 3), ("cats", 4), ("dogs", 1)]))) == 2

    first.refresh()
    first.delete()
    with pytest.raises(DoesNotExist):
        thread.get("cats", 1)
