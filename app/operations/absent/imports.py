"""Imports from S3: there are none.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListImports.html
"""

from __future__ import annotations

from ... import errors
from ..context import Context
from ..names import arn_of_work, table_of_arn
from ..registry import Answer, Request


async def list_all(ctx: Context, request: Request) -> Answer:
    if "TableArn" in request:
        table_of_arn(request["TableArn"], "tableArn")
    return {"ImportSummaryList": []}


async def describe(ctx: Context, request: Request) -> Answer:
    arn = arn_of_work(request["ImportArn"], "Import")
    raise errors.named("ImportNotFoundException", f"Import not found: {arn}")
