"""Alarms, each with a name, an action and a paragraph of RUNBOOK.md under that name."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

_MINUTE = Duration.minutes(1)


class Alarms(Construct):
    """`made` by `above` and `below`: names, such as Unanswered, to alarms that tell `topic`."""

    def __init__(self, scope: Construct, id: str, *, stage: str, topic: sns.ITopic) -> None:
        super().__init__(scope, id)
        self._stage = stage
        self._action = actions.SnsAction(topic)
        self.made: dict[str, cloudwatch.Alarm] = {}

    def above(
        self, name: str, metric: cloudwatch.IMetric, bound: float, *, minutes: int = 3
    ) -> None:
        """Says so when `metric` is above `bound` in each of so many minutes; no data is fine."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"dynaspan-{self._stage}-{name}",
            alarm_description=f"infra/RUNBOOK.md, {name}",
            metric=metric,
            threshold=bound,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=minutes,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        self.made[name] = alarm

    def together(self, name: str, *parts: str) -> None:
        """An alarm that sounds when any of those of `parts` that exist do."""
        found = [self.made[part] for part in parts if part in self.made]
        if not found:
            return
        rule = cloudwatch.AlarmRule.any_of(
            *(
                cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM)
                for alarm in found
            )
        )
        composite = cloudwatch.CompositeAlarm(
            self,
            name,
            composite_alarm_name=f"dynaspan-{self._stage}-{name}",
            alarm_description=f"infra/RUNBOOK.md, {name}",
            alarm_rule=rule,
        )
        composite.add_alarm_action(self._action)


def insight(query: str, label: str) -> cloudwatch.MathExpression:
    """A Metrics Insights query: sums over tables and operations that nobody knows before."""
    return cloudwatch.MathExpression(
        expression=query, using_metrics={}, label=label, period=_MINUTE
    )
