"""CloudWatch, Logs, SSM parameters, and the metadata resource of the CDK."""

import json

from localcloud.cloudformation.errors import ResourceError
from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import ABSENT, REQUIRED, ResourceContext, ResourceType

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


def _apply_alarm(c: ResourceContext) -> MadeResource:
    name = c.get_name("AlarmName", limit=255)
    c.call("cloudwatch", "put_metric_alarm", AlarmName=name, **c.pick(*_ALARM))
    return MadeResource(id=name, attributes={"Arn": c.build_arn("cloudwatch", f"alarm:{name}")})


def _apply_dashboard(c: ResourceContext) -> MadeResource:
    name, body = c.get_name("DashboardName", limit=255), c.properties["DashboardBody"]
    try:
        widgets = json.loads(body)["widgets"] if isinstance(body, str) else body["widgets"]
    except (ValueError, KeyError, TypeError) as error:
        raise ResourceError(f"The dashboard body is invalid: {error!r}") from error
    if len(widgets) > _MAXIMUM_WIDGETS:
        raise ResourceError(f"The dashboard has more than {_MAXIMUM_WIDGETS} widgets")
    c.call("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=body)
    return MadeResource(id=name)


def _apply_log_group(c: ResourceContext) -> MadeResource:
    name = c.get_name("LogGroupName", limit=512)
    if c.made is None:
        c.call("logs", "create_log_group", LogGroupName=name)
        c.begun.append(name)
    if days := c.properties.get("RetentionInDays"):
        c.call("logs", "put_retention_policy", LogGroupName=name, RetentionInDays=days)
    elif c.made:
        c.call("logs", "delete_retention_policy", LogGroupName=name)
    return MadeResource(id=name, attributes={"Arn": c.build_arn("logs", f"log-group:{name}:*")})


def _apply_parameter(c: ResourceContext) -> MadeResource:
    name = c.get_name("Name")
    settings = c.pick("Type", "Value", "Description")
    c.call("ssm", "put_parameter", Name=name, Overwrite=c.made is not None, **settings)
    return MadeResource(id=name, attributes={"Type": c.properties["Type"], "Value": c.properties["Value"]})


ROWS = {
    "AWS::CloudWatch::Alarm": ResourceType(
        apply=_apply_alarm,
        delete=lambda c: c.call("cloudwatch", "delete_alarms", AlarmNames=[c.get_name()]),
        fixed=frozenset({"AlarmName"}),
        mutable=dict.fromkeys(_ALARM, ABSENT),
    ),
    "AWS::CloudWatch::Dashboard": ResourceType(
        apply=_apply_dashboard,
        delete=lambda c: c.call("cloudwatch", "delete_dashboards", DashboardNames=[c.get_name()]),
        fixed=frozenset({"DashboardName"}),
        mutable={"DashboardBody": REQUIRED},
    ),
    "AWS::Logs::LogGroup": ResourceType(
        apply=_apply_log_group,
        delete=lambda c: c.call("logs", "delete_log_group", LogGroupName=c.get_name()),
        fixed=frozenset({"LogGroupName"}),
        mutable={"RetentionInDays": ABSENT},
    ),
    "AWS::SSM::Parameter": ResourceType(
        apply=_apply_parameter,
        delete=lambda c: c.call("ssm", "delete_parameter", Name=c.get_name()),
        fixed=frozenset({"Name", "Type"}),
        mutable={"Value": REQUIRED, "Description": ""},
    ),
    "AWS::CDK::Metadata": ResourceType(
        apply=lambda c: MadeResource(id=c.get_name()), delete=lambda _: None, ignored=frozenset({"Analytics"})
    ),
}
