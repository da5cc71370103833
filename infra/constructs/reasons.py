"""Findings of cdk-nag that stand, each with the reason why."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(at: IConstruct, rule: str, reason: str) -> None:
    """`rule` as AwsSolutions names it, with the finding in brackets where it has one."""
    Validations.of(at).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))
