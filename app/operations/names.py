"""Table names and ARNs.

A TableName may be a plain name or the ARN of a table. There is one namespace: whatever region and
account an ARN has, it means the table of its name here.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

import re

from .. import errors
from ..model.attachment import VIRTUAL_PREFIXES

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_PARTITIONS = frozenset(("aws", "aws-cn", "aws-us-gov"))
_TABLE = "table/"


def is_arn(text: str) -> bool:
    """Whether a TableName is meant as an ARN: no name has a colon."""
    return text.startswith("arn:")


def table_name(text: str) -> str:
    """The plain name in a TableName, which may be an ARN. Raises ValidationException."""
    if not is_arn(text):
        check_new_name(text)
        return text
    resource = resource_of_arn(text)
    if resource is None:
        # "satisfyregular" is the service's.
        raise errors.validation(
            "Valid ARN format is 'arn:<awsPartition>:<vendor>:<region>:<subscriber>:"
            "resourceType/resourceName', where "
            "Resource name must have length less than or equal to 255, "
            "Resource name must have length greater than or equal to 3, "
            "Resource name must satisfyregular expression pattern: [a-zA-Z0-9_.-]+"
        )
    check_new_name(resource)
    return resource


def check_new_name(name: str) -> None:
    """Raises ValidationException unless `name` can be the name of a table or an index."""
    if _NAME.fullmatch(name) is None:
        raise errors.validation(
            "Invalid table/index name.  Table/index names must be between 3 and 255 characters "
            "long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"
        )


def check_new_table_name(name: str) -> None:
    """Raises ValidationException for a name that no table can be given, also those of Cassandra's
    own tables."""
    check_new_name(name)
    if name.startswith(VIRTUAL_PREFIXES):
        raise errors.validation(
            f"Table names that begin with {' or '.join(VIRTUAL_PREFIXES)} are those of "
            f"Cassandra's own tables, which are only read: {name}"
        )


def table_of_arn(arn: str, member: str) -> str:
    """The plain name of the table that a TableArn means; here a name alone will not do.

    `member`: how the service names it. Raises ValidationException, also for the ARN of an index.
    """
    resource = resource_of_arn(arn)
    if resource is None:
        raise errors.invalid_parameters(f"{member} is not a valid ARN")
    if _NAME.fullmatch(resource) is None:
        raise errors.validation("Invalid Request: Table ARN is invalid.")
    return resource


def table_of_resource(arn: str | None) -> str:
    """The plain name of the table that a ResourceArn means, itself or by one of its streams.

    Raises ValidationException, also for the ARN of an index.
    """
    if not arn:
        raise errors.validation("Invalid TableArn")
    if not is_arn(arn):
        raise errors.invalid_parameters(f"ARNs must start with 'arn:': {arn}")
    resource = resource_of_arn(arn)
    name, *below = (resource or "").split("/", 2)
    if resource is None or below[:1] not in ([], ["index"], ["stream"]):
        raise errors.invalid_parameters(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if below[:1] == ["index"]:
        raise errors.invalid_parameters(
            f"Invalid resource arn provided, only table or stream is accepted. Provided "
            f"resource arn: {arn}"
        )
    if _NAME.fullmatch(name) is None:
        raise errors.validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    return name


def arn_of_work(arn: str, kind: str) -> str:
    """Of a Backup, an Export or an Import, of a table. Raises ValidationException."""
    _, *below = (resource_of_arn(arn) or "").split("/")
    if below[:1] != [kind.lower()] or len(below) != 2:
        raise errors.validation(f"Invalid {kind} ARN")
    return arn


def table_arn(region: str, account: str, name: str) -> str:
    return f"arn:aws:dynamodb:{region}:{account}:{_TABLE}{name}"


def index_arn(region: str, account: str, name: str, index: str) -> str:
    return f"{table_arn(region, account, name)}/index/{index}"


def resource_of_arn(arn: str) -> str | None:
    """What follows `table/` in an ARN of DynamoDB."""
    parts = arn.split(":", 5)
    if (
        len(parts) < 6
        or parts[0] != "arn"
        or parts[1] not in _PARTITIONS
        or parts[2] != "dynamodb"
        or not parts[5].startswith(_TABLE)
    ):
        return None
    return parts[5][len(_TABLE) :]
