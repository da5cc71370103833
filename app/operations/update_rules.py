"""What may stand in one UpdateTable: nearly every change has a request of its own.

All of it is told of the request alone.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from .. import errors
from .index_changes import check_updates
from .registry import Request

_CHANGES = (
    "ProvisionedThroughput",
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "StreamSpecification",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "TableClass",
    "ReplicaUpdates",
)
# The first of these that is given is named.
_ALONE = {
    "ReplicaUpdates": "Replica modification",
    "SSESpecification": "Server-Side Encryption modification",
    "TableClass": "TableClass modification",
    "DeletionProtectionEnabled": "DeletionProtection modification",
}
# {} is as good as nothing.
_BOUNDS = ("OnDemandThroughput", "WarmThroughput")
_ONLY = "must be the only operation in the request"


def check_changes(request: Request) -> None:
    """Raises what the service refuses of the changes asked for."""
    given = [member for member in _CHANGES if request.get(member) is not None]
    given = [each for each in given if each not in _BOUNDS or request[each]]
    if not [each for each in given if request[each] != []]:
        raise errors.validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, "
            "MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
            "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is "
            "required"
        )
    updates = request.get("GlobalSecondaryIndexUpdates")
    if updates == []:
        raise errors.invalid_parameters("List of GlobalSecondaryIndexUpdates is empty")
    check_updates(request)
    _check_alone(given)
    _check_bounds(given, any("Create" in each for each in updates or ()))
    _check_throughput(request)
    _check_units(request, any("Update" not in each for each in updates or ()))


def _check_alone(given: list[str]) -> None:
    for member, what in _ALONE.items():
        if member in given and len(given) > 1:
            raise errors.invalid_parameters(f"{what} {_ONLY}")


def _check_bounds(given: list[str], creates: bool) -> None:
    others = {*given} - {"OnDemandThroughput", "BillingMode", "ProvisionedThroughput"}
    if "OnDemandThroughput" in given and others:
        raise errors.invalid_parameters(
            "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
        )
    if "WarmThroughput" in given and len(given) > 1:
        raise errors.invalid_parameters(
            "Create global secondary index cannot be specified when updating WarmThroughput"
            if creates
            else f"WarmThroughput {_ONLY}"
        )


def _check_throughput(request: Request) -> None:
    mode = request.get("BillingMode")
    units = "ProvisionedThroughput" in request
    if mode == "PROVISIONED" and not units:
        raise errors.invalid_parameters(
            "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        )
    if mode == "PAY_PER_REQUEST" and units:
        raise errors.invalid_parameters(
            "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"
        )


def _check_units(request: Request, online: bool) -> None:
    """`online`: an index is made or deleted."""
    streams = "StreamSpecification" in request
    if "ProvisionedThroughput" in request:
        if streams:
            raise errors.invalid_parameters(
                "You cannot modify stream status while updating table IOPS"
            )
        if online:
            raise errors.invalid_parameters(
                "You cannot create or delete index while updating table IOPS"
            )
    if streams and online:
        raise errors.invalid_parameters(
            "You cannot create or delete index while changing stream status"
        )
