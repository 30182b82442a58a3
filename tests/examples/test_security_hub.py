"""The example for Security Hub: what its function sends is what BatchImportFindings takes.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.stacks.patterns import matches
from tests.support.cases import check_each
from tests.support.examples import EVENTS, HUB, make_event, read_example

RESOURCES = read_example("security_hub.yaml")["Resources"]
CODE = RESOURCES["Function"]["Properties"]["Code"]["ZipFile"]
MEMBER = "222222222222"


#: To load its service takes longer than all else here.
SHAPE: Any = (
    botocore.session.get_session()
    .get_service_model("securityhub")
    .operation_model("BatchImportFindings")
    .input_shape
)


class SecurityHub:
    """The default product of one account, by the service model and by the limits that only its text has."""

    def __init__(self) -> None:
        self.findings: dict[str, dict[str, Any]] = {}
        self.failing = False

    def batch_import_findings(self, **given: Any) -> dict[str, Any]:
        report = ParamValidator().validate(given, SHAPE)
        assert not report.has_errors(), report.generate_report()
        for finding in given["Findings"]:
            self._check(finding)
            if not self.failing:
                self.findings[finding["Id"]] = finding
        failed = [{"Id": "a", "ErrorCode": "InternalError", "ErrorMessage": "busy"}] if self.failing else []
        return {"FailedCount": len(failed), "SuccessCount": 1 - len(failed), "FailedFindings": failed}

    def _check(self, finding: dict[str, Any]) -> None:
        assert len(json.dumps(finding)) <= 240 * 1024
        assert finding["SchemaVersion"] == "2018-10-08"
        # With the default product, findings are of the account that calls.
        assert finding["AwsAccountId"] == HUB
        assert finding["ProductArn"] == f"arn:aws:securityhub:us-east-1:{HUB}:product/{HUB}/default"
        assert len(finding["Id"]) <= 512
        assert 1 <= len(finding["Title"]) <= 256
        assert 1 <= len(finding["Description"]) <= 1024
        assert 1 <= len(finding["Resources"]) <= 32
        for name in ("CreatedAt", "UpdatedAt"):
            assert datetime.fromisoformat(finding[name]).tzinfo
        severity = finding["FindingProviderFields"]["Severity"]
        assert severity["Label"] in {"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"}
        assert len(severity["Original"]) <= 64
        spaces = (
            "Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications"
        )
        assert all(re.match(rf"({spaces})/", one) for one in finding["FindingProviderFields"]["Types"])
        # Not the finding provider's to say.
        assert {"Workflow", "Note", "VerificationState"}.isdisjoint(finding)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> SecurityHub:
    stand_in = SecurityHub()
    monkeypatch.setattr(boto3, "client", {"securityhub": stand_in}.__getitem__)
    return stand_in


def handle(event: dict[str, Any]) -> None:
    names: dict[str, Any] = {}
    exec(CODE, names)  # noqa: S102  # the code of the template
    arn = f"arn:aws:lambda:us-east-1:{HUB}:function:example"
    names["handler"](event, SimpleNamespace(invoked_function_arn=arn))


@check_each("name", EVENTS)
def test_every_event_is_a_finding_of_the_hub_about_the_member(service: SecurityHub, name: str) -> None:
    event = EVENTS[name]
    assert matches(RESOURCES["Rule"]["Properties"]["EventPattern"], event)
    service.findings.clear()
    handle(event)
    (finding,) = service.findings.values()
    (resource,) = finding["Resources"]
    detail = event["detail"]
    account = (detail.get("account") or detail.get("facts", {}).get("account") or {}).get("id", HUB)
    assert (resource["Type"], resource["Id"]) == ("AwsAccount", f"AWS::::Account:{account}")
    assert finding["Id"] == f"rollcall/{event['detail']['incident_id']}"
    assert event["detail"]["incident_id"] in finding["Description"]


def test_a_finding_is_archived_by_the_end_of_its_incident(service: SecurityHub) -> None:
    document = dict(next(iter(EVENTS.values()))["detail"])
    for action, state in (("open", "ACTIVE"), ("update", "ACTIVE"), ("resolve", "ARCHIVED")):
        handle(make_event(document | {"action": action}))
        (finding,) = service.findings.values()
        assert finding["RecordState"] == state


def test_a_long_principal_fits(service: SecurityHub) -> None:
    document = dict(EVENTS["monitored-denied"]["detail"])
    document["actor"] = document["actor"] | {"principal": "a" * 2048}
    handle(make_event(document))
    assert len(service.findings) == 1


def test_a_finding_that_is_not_taken_is_tried_again_and_kept(service: SecurityHub) -> None:
    service.failing = True
    with pytest.raises(RuntimeError, match="busy"):
        handle(next(iter(EVENTS.values())))
    kept = {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    assert RESOURCES["Function"]["Properties"]["DeadLetterConfig"] == {"TargetArn": kept}
    (target,) = RESOURCES["Rule"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": kept}


def test_the_function_may_only_import() -> None:
    (policy,) = RESOURCES["Role"]["Properties"]["Policies"]
    actions = {
        action
        for one in policy["PolicyDocument"]["Statement"]
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
        if not action.startswith("logs:")
    }
    assert actions == {"securityhub:BatchImportFindings", "sqs:SendMessage"}
