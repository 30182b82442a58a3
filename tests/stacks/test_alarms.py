"""What alarms and dashboard look at is published, by AWS or by the code, and nothing is left unwatched."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.outcomes.metrics import DIMENSION, NAMESPACE, SERVICES, Metric, Service
from tests.stacks.template import arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stacks.assembly import Assembly
    from tests.stacks.template import Resource, Template

LAMBDAS = Path(__file__).parents[2] / "lambdas"

#: What AWS publishes, and with which dimensions. Of the default bus EventBridge names the rule only.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
#: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
#: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
#: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
AWS = {
    "AWS/SQS": (
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
        [{"QueueName"}],
    ),
    # Without a dimension it is about all functions of the account in the Region.
    "AWS/Lambda": ({"Errors", "Throttles", "Invocations", "Duration"}, [{"FunctionName"}, set()]),
    "AWS/States": (
        {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionsStarted"},
        [{"StateMachineArn"}],
    ),
    "AWS/Events": (
        {"FailedInvocations", "InvocationsFailedToBeSentToDlq", "InvocationsSentToDlq"},
        [{"RuleName"}, {"EventBusName", "RuleName"}],
    ),
    "AWS/SNS": (
        {"NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed"},
        [{"TopicName"}],
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A metric as an alarm or a widget names it; `by` is for messages."""

    by: str
    namespace: str
    name: str
    dimensions: dict[str, str]


def of_alarms(template: Template) -> Iterator[Seen]:
    for logical_id, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        stats = [one["MetricStat"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
        for metric in [one["Metric"] for one in stats] or [alarm]:
            yield Seen(
                by=logical_id,
                namespace=metric["Namespace"],
                name=metric["MetricName"],
                dimensions={one["Name"]: json.dumps(one["Value"]) for one in metric.get("Dimensions", [])},
            )


def widgets(template: Template) -> list[Resource]:
    """Those of the dashboard, if there is one."""
    dashboards = template.of_type("AWS::CloudWatch::Dashboard").values()
    return [
        widget
        for dashboard in dashboards
        for widget in json.loads(arn(dashboard["DashboardBody"]))["widgets"]
    ]


def of_widgets(template: Template) -> Iterator[Seen]:
    for widget in widgets(template):
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            if isinstance(rest[-1], dict):
                rest.pop()
            yield Seen(
                by=widget["properties"]["title"],
                namespace=namespace,
                name=name,
                dimensions=dict(zip(rest[::2], rest[1::2], strict=True)),
            )


@pytest.fixture(params=["as little as possible", "every option"])
def template(request: pytest.FixtureRequest, assembly: Assembly, everything: Assembly) -> Template:
    one = assembly if request.param == "as little as possible" else everything
    return one.templates["RollcallHub"]


@pytest.fixture
def shown(everything: Assembly) -> Template:
    """A hub with a dashboard."""
    return everything.templates["RollcallHub"]


def test_a_dashboard_is_there_only_if_it_is_asked_for(hub: Template, shown: Template) -> None:
    assert not hub.of_type("AWS::CloudWatch::Dashboard")
    assert len(shown.of_type("AWS::CloudWatch::Dashboard")) == 1


def test_every_metric_that_is_looked_at_is_published(template: Template) -> None:
    looked_at = [*of_alarms(template), *of_widgets(template)]
    assert {one.namespace for one in looked_at} == {NAMESPACE, *AWS}
    for one in looked_at:
        if one.namespace == NAMESPACE:
            service = json.dumps(SERVICES[Metric(one.name)])
            assert {key: value.strip('"') for key, value in one.dimensions.items()} == {
                DIMENSION: json.loads(service)
            }, one
        else:
            names, dimensions = AWS[one.namespace]
            assert one.name in names, one
            assert set(one.dimensions) in dimensions, one


def test_every_metric_of_ours_is_written_by_the_code_and_looked_at(shown: Template) -> None:
    written = {
        node.attr
        for path in LAMBDAS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Metric"
        # What the table of services names is not written by it.
        and not (path.name == "metrics.py" and node.lineno < _measured_from(path))
    }
    assert written == {metric.name for metric in Metric}
    assert set(SERVICES) == set(Metric)
    looked_at = {one.name for one in (*of_alarms(shown), *of_widgets(shown)) if one.namespace == NAMESPACE}
    assert looked_at == {str(metric) for metric in Metric}


def _measured_from(path: Path) -> int:
    (function,) = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "measure_incident"
    ]
    return function.lineno


def test_no_metric_is_paid_for_by_account() -> None:
    """One dimension, whose values are functions."""
    assert DIMENSION == "service"
    assert {str(service) for service in SERVICES.values()} <= {str(service) for service in Service}
    assert all((LAMBDAS / service / "handler.py").is_file() for service in Service)


def test_every_alarm_tells_the_topic_what_to_do(template: Template) -> None:
    topic = {"Ref": template.one("AWS::SNS::Topic", "Alerts")[0]}
    for logical_id, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [topic], logical_id
        assert re.search(r"#alarm-[a-z-]+$", alarm["AlarmDescription"]), logical_id


def test_cloudwatch_takes_the_alarms(template: Template) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html."""
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        period = alarm["Period"]
        assert period % 60 == 0
        assert period * alarm["EvaluationPeriods"] <= (7 * 86_400 if period >= 3600 else 86_400)


def test_no_alarm_pays_for_a_second_metric(template: Template) -> None:
    """An expression costs as much as its metrics have alarms of their own, and says less."""
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        assert "Metrics" not in alarm, name


def alarms_on(template: Template, namespace: str, name: str) -> dict[str, Resource]:
    """The alarms on this metric by what they are about."""
    return {
        json.dumps(json.loads(value)): template.of_type("AWS::CloudWatch::Alarm")[one.by]
        for one in of_alarms(template)
        if (one.namespace, one.name) == (namespace, name)
        for value in one.dimensions.values()
    }


def test_every_function_queue_rule_and_topic_is_watched(template: Template) -> None:
    (throttles,) = [one for one in of_alarms(template) if one.name == "Throttles"]
    assert throttles.dimensions == {}  # whoever is throttled
    functions = set(template.of_type("AWS::Lambda::Function"))
    machines = template.of_type("AWS::StepFunctions::StateMachine")
    assert set(alarms_on(template, "AWS/States", "ExecutionsFailed")) == {
        json.dumps({"Ref": one}) for one in machines
    }
    definitions = " ".join(arn(machine["DefinitionString"]) for machine in machines.values())
    workers = {one for one in functions if f"{{{one}.Arn}}" not in definitions}
    assert len(functions - workers) == 3
    assert set(alarms_on(template, "AWS/Lambda", "Errors")) == {json.dumps({"Ref": one}) for one in workers}
    queues = template.of_type("AWS::SQS::Queue")
    named = {one: json.dumps({"Fn::GetAtt": [one, "QueueName"]}) for one in queues}
    ends = {name for one, name in named.items() if "DeadLetters" in one}
    signals = {named[template.one("AWS::SQS::Queue", "IntakeQueue")[0]]}
    assert set(alarms_on(template, "AWS/SQS", "ApproximateNumberOfMessagesVisible")) == ends | signals
    waiting = {name for one, name in named.items() if name not in ends | signals}
    assert set(alarms_on(template, "AWS/SQS", "ApproximateAgeOfOldestMessage")) == waiting
    topics = {json.dumps({"Fn::GetAtt": [one, "TopicName"]}) for one in template.of_type("AWS::SNS::Topic")}
    assert set(alarms_on(template, "AWS/SNS", "NumberOfNotificationsFailed")) == topics
    watched = json.dumps(list(alarms_on(template, "AWS/Events", "FailedInvocations")))
    for logical_id in template.of_type("AWS::Events::Rule"):
        assert logical_id in watched


def test_a_rule_is_named_with_its_bus_unless_that_is_the_default_one(hub: Template) -> None:
    for one in of_alarms(hub):
        if one.namespace == "AWS/Events":
            (rule,) = re.findall(r'"Fn::GetAtt": \["(\w+)", "Arn"\]', one.dimensions["RuleName"])
            bus = hub.of_type("AWS::Events::Rule")[rule].get("EventBusName")
            assert one.dimensions.get("EventBusName") == (json.dumps(bus) if bus else None)
            # The name is the last part of the ARN: rule/NAME, or rule/BUS/NAME.
            assert json.loads(one.dimensions["RuleName"])["Fn::Select"][0] == (2 if bus else 1)


def test_a_day_and_a_half_without_a_sweep_is_an_alarm(hub: Template) -> None:
    _, alarm = hub.one("AWS::CloudWatch::Alarm", "AlarmsNoSweep")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, 36)
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Sum", "LessThanThreshold")
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "breaching")


@pytest.mark.parametrize("name", ["SweepHeld", "ContactsUnreadable"])
def test_what_a_sweep_found_holds_until_the_next_one(hub: Template, name: str) -> None:
    _, alarm = hub.one("AWS::CloudWatch::Alarm", f"Alarms{name}")
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "ignore")


def test_a_step_that_is_tried_again_wakes_nobody(hub: Template) -> None:
    """Its machine fails when it is given up."""
    watched = {one for one in hub.of_type("AWS::CloudWatch::Alarm") if "Errors" in one}
    assert {re.sub(r"^Alarms|Errors.*", "", one) for one in watched} == {"Reconcile", "Notify"}
    assert all(hub.of_type("AWS::CloudWatch::Alarm")[one]["Threshold"] == 1 for one in watched)


def test_a_sweep_that_hangs_is_stopped_before_the_alarm_that_none_finished(hub: Template) -> None:
    """So that one alarm is about both, and the next sweep has half a day to end it."""
    _, alarm = hub.one("AWS::CloudWatch::Alarm", "AlarmsNoSweep")
    _, machine = hub.one("AWS::StepFunctions::StateMachine", "SweepMachine")
    definition = arn(machine["DefinitionString"])
    (hours,) = {int(seconds) / 3_600 for seconds in re.findall(r'"TimeoutSeconds":(\d{5,})', definition)}
    assert hours == 24 < alarm["Period"] * alarm["EvaluationPeriods"] / 3_600
    assert f"stopped after {hours:.0f}" in alarm["AlarmDescription"]


def test_edits_that_wait_for_ten_minutes_are_an_alarm(hub: Template) -> None:
    """Not those that come back later by design: nobody sees them meanwhile."""
    _, alarm = hub.one("AWS::CloudWatch::Alarm", "AlarmsReconcileWaits")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 2)
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == (
        "ApproximateNumberOfMessagesVisible",
        "Minimum",
        1,
    )


def test_slow_restores_are_told_by_the_slowest_of_a_hundred(hub: Template) -> None:
    _, alarm = hub.one("AWS::CloudWatch::Alarm", "AlarmsSlowRestores")
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p99", 300_000)


def test_the_dashboard_answers_three_questions_and_shows_every_alarm(shown: Template) -> None:
    found = widgets(shown)
    headings = [one["properties"]["markdown"] for one in found if one["type"] == "text"]
    assert headings == ["## Is it working?", "## What happened?", "## Who did it?"]
    (status,) = [one for one in found if one["type"] == "alarm"]
    alarms = {f"{{{one}.Arn}}" for one in shown.of_type("AWS::CloudWatch::Alarm")}
    assert set(status["properties"]["alarms"]) == alarms
    assert len(status["properties"]["alarms"]) <= 100  # of one widget


def logged() -> set[str]:
    """The keys of an outcome in the log of reconcile."""
    tree = ast.parse((LAMBDAS / "reconcile" / "handler.py").read_text(encoding="utf-8"))
    (keys,) = [node for node in ast.walk(tree) if isinstance(node, ast.Dict) and len(node.keys) > 4]
    return {str(ast.literal_eval(key)) for key in keys.keys if key}


def test_the_queries_read_what_reconcile_logs(shown: Template) -> None:
    queries = [one["properties"] for one in widgets(shown) if one["type"] == "log"]
    assert [one["title"] for one in queries] == ["Latest outcomes", "Changes by principal"]
    group = shown.one("AWS::Logs::LogGroup", "ReconcileFunctionLogs")[0]
    for one in queries:
        query = one["query"]
        assert f"SOURCE '{{{group}}}'" in query
        words = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", re.sub(r'"[^"]*"|\'[^\']*\'|@\w+', "", query)))
        language = {"fields", "filter", "stats", "sort", "limit", "desc", "by", "as", "and", "not", "in"}
        made = {"count", "count_distinct", "max", "contacts", "accounts", "latest", "message"}
        assert words - language - made <= logged()
        assert {"verdict", "actor"} <= words
        assert 'message = "outcome"' in query


def test_the_dashboard_shows_no_contact_details(shown: Template) -> None:
    assert widgets(shown)
    text = json.dumps(widgets(shown))
    assert not re.search(r"email|phone|@example", text, re.IGNORECASE)


def test_nothing_else_watches(assembly: Assembly) -> None:
    others: list[Any] = [
        one
        for name, template in assembly.templates.items()
        if name != "RollcallHub"
        for one in template.of_type("AWS::CloudWatch::Alarm")
    ]
    assert others == []
