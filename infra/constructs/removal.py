"""What becomes of data, keys and logs when a stack is deleted, and how long logs are kept."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.stages import Stage

_DAYS = {1: "ONE_DAY", 7: "ONE_WEEK", 30: "ONE_MONTH", 90: "THREE_MONTHS", 365: "ONE_YEAR"}


def removal(stage: Stage) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.DESTROY


def log_group(scope: Construct, id: str, stage: Stage) -> logs.LogGroup:
    """Kept for the least number of days CloudWatch Logs offers that is not under `log_days`."""
    days = min((number for number in _DAYS if number >= stage.log_days), default=365)
    return logs.LogGroup(
        scope, id, retention=logs.RetentionDays[_DAYS[days]], removal_policy=removal(stage)
    )
