"""CloudWatch, Logs, SSM parameters, and the metadata resource of the CDK."""

import json

from localcloud.cloudformation.errors import ResourceError
from localcloud.cloudformation.resource import Made
from localcloud.cloudformation.rows import ABSENT, REQUIRED, Context, Row

_ALARM = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "TreatMissingData",
    "Unit",
)
_MAXIMUM_WIDGETS = 500  # CloudWatch user guide, "CloudWatch service quotas"


def _alarm(c: Context) -> Made:
    name = c.name("AlarmName", limit=255)
    c.call("cloudwatch", "put_metric_alarm", AlarmName=name, **c.pick(*_ALARM))
    return Made(id=name, attributes={"Arn": c.arn("cloudwatch", f"alarm:{name}")})


def _dashboard(c: Context) -> Made:
    name, body = c.name("DashboardName", limit=255), c.properties["DashboardBody"]
    try:
        widgets = json.loads(body)["widgets"] if isinstance(body, str) else body["widgets"]
    except (ValueError, KeyError, TypeError) as error:
        raise ResourceError(f"The dashboard body is invalid: {error!r}") from error
    if len(widgets) > _MAXIMUM_WIDGETS:
        raise ResourceError(f"The dashboard has more than {_MAXIMUM_WIDGETS} widgets")
    c.call("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=body)
    return Made(id=name)


def _log_group(c: Context) -> Made:
    name = c.name("LogGroupName", limit=512)
    if c.made is None:
        c.call("logs", "create_log_group", LogGroupName=name)
        c.begun.append(name)
    if days := c.properties.get("RetentionInDays"):
        c.call("logs", "put_retention_policy", LogGroupName=name, RetentionInDays=days)
    elif c.made:
        c.call("logs", "delete_retention_policy", LogGroupName=name)
    return Made(id=name, attributes={"Arn": c.arn("logs", f"log-group:{name}:*")})


def _parameter(c: Context) -> Made:
    name = c.name("Name")
    settings = c.pick("Type", "Value", "Description")
    c.call("ssm", "put_parameter", Name=name, Overwrite=c.made is not None, **settings)
    return Made(id=name, attributes={"Type": c.properties["Type"], "Value": c.properties["Value"]})


ROWS = {
    "AWS::CloudWatch::Alarm": Row(
        apply=_alarm,
        delete=lambda c: c.call("cloudwatch", "delete_alarms", AlarmNames=[c.name()]),
        fixed=frozenset({"AlarmName"}),
        mutable=dict.fromkeys(_ALARM, ABSENT),
    ),
    "AWS::CloudWatch::Dashboard": Row(
        apply=_dashboard,
        delete=lambda c: c.call("cloudwatch", "delete_dashboards", DashboardNames=[c.name()]),
        fixed=frozenset({"DashboardName"}),
        mutable={"DashboardBody": REQUIRED},
    ),
    "AWS::Logs::LogGroup": Row(
        apply=_log_group,
        delete=lambda c: c.call("logs", "delete_log_group", LogGroupName=c.name()),
        fixed=frozenset({"LogGroupName"}),
        mutable={"RetentionInDays": ABSENT},
    ),
    "AWS::SSM::Parameter": Row(
        apply=_parameter,
        delete=lambda c: c.call("ssm", "delete_parameter", Name=c.name()),
        fixed=frozenset({"Name", "Type"}),
        mutable={"Value": REQUIRED, "Description": ""},
    ),
    "AWS::CDK::Metadata": Row(
        apply=lambda c: Made(id=c.name()), delete=lambda _: None, ignored=frozenset({"Analytics"})
    ),
}
