"""Permissions both ways: what the functions call their roles may do, and what these may do they call.

The functions run through everything that needs a permission, with the roster of `everything/`; the templates
are synthesized from the same configuration.
"""

import json
import os
from collections import defaultdict
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

# jsii reads it when it starts node: a banner about a version is no test result.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from rollcall.adapters.state.rosters import CONTROL
from rollcall.outcomes.documents import build_incident_document
from rollcall.runtime import compose
from simulation import Caller, Response
from simulation.client import SimulatedClient
from tests.functions.conftest import installed
from tests.functions.deployment import TABLE, Deployment, api_values
from tests.stacks.variants import synthesize_with
from tests.support.moto_aws import SERVICES
from tests.support.permissions import (
    APPLYING,
    APPLYING_ITEMS,
    AROUND,
    INSIDE,
    actions_of,
    compare_items,
    grants_of,
    items_in,
    items_of,
)
from tests.support.reserved_words import refuse_reserved_words
from tests.support.samples import FOUND, INCIDENT, MANAGEMENT, MEMBER, NOW, REGION
from tests.support.unit_worlds import ou_event

#: What Lambda uses to read the queue for the function.
CONSUMPTION = frozenset(
    f"sqs:{action}"
    for action in (
        "ReceiveMessage",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ChangeMessageVisibility",
    )
)


DENY = {"Effect": "Deny", "Action": ["account:PutAlternateContact"], "Resource": ["*"]}


class RecordedDeployment(Deployment):
    """A deployment whose functions' calls are noted, under the function that runs or the role it assumed."""

    guardrail = "on"

    def __init__(self, aws, *, roster):
        super().__init__(aws, roster=roster)
        self.calls = defaultdict(set)
        self.items = defaultdict(set)
        self.running = None
        self.without_paths = False
        session: Any = boto3.Session("testing", "testing", region_name=REGION)
        self.recorded = {service: session.client(service) for service in SERVICES}
        for service, client in self.recorded.items():
            client.meta.events.register("provide-client-params.*.*", self._noted(service))
        for name, queue in (
            ("reconcile", self.intake),
            ("reconcile", self.echoes),
            ("notify", self.incidents),
        ):
            queue.handler = self._named(name, queue.handler)

    def client(self, service, **given):
        if service in self.recorded:
            return self.recorded[service]
        caller = self.caller(given)
        inside = caller.account_id == MANAGEMENT

        def send(operation, parameters, added):
            self.calls[INSIDE if inside else self.running] |= actions_of(service, operation, parameters)
            answer = self.cloud.call(service, operation, parameters, caller.naming(added))
            if self.without_paths and operation == "DescribeAccount":
                # As the SDK of an older runtime, which drops what it does not know.
                shown = {name: value for name, value in answer.body["Account"].items() if name != "Paths"}
                return Response(body={"Account": shown}, request_id=answer.request_id)
            return answer

        return SimulatedClient(service, send)

    def _noted(self, service):
        def note(params, model, **_):
            self.calls[self.running] |= actions_of(service, model.name, params)
            if service == "dynamodb":
                refuse_reserved_words(params)
                self.items[self.running] |= items_in(model.name, params)

        return note

    def _named(self, name, handler):
        def run(event, context):
            self.running = name
            return handler(event, context)

        return run


@pytest.fixture(scope="module")
def lived(clients, everything):
    """A deployment in which everything happened once."""
    candidate = everything.asset / "candidate.json"
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "_CANDIDATE", candidate)
        recorded = RecordedDeployment(clients, roster=json.loads(candidate.read_text(encoding="utf-8")))
        recorded.approve()
        with installed(recorded, patch) as deployment:
            live(deployment)
            lines = deployment.lines()
    verdicts = {line["verdict"] for line in lines if line["message"] == "outcome"}
    assert verdicts >= {"set", "own-write", "compliant"}
    messages = {line["message"] for line in lines}
    assert messages >= {"alert", "returned to the queue"}
    assert {line["decision"] for line in lines if line["message"] == "alert"} == {"send", "drop"}
    return deployment


@pytest.fixture(scope="module")
def calls(lived):
    """What each function called."""
    return lived.calls


def live(deployment):
    organization = deployment.organization
    admin = deployment.cloud.client("organizations", Caller.role(MANAGEMENT, "Admin", "alice"))
    sandbox = organization.find_ou("Sandbox")
    # Contacts are set, put back, and deleted where the roster wants none.
    for kind in ("SECURITY", "BILLING"):
        deployment.member().put_alternate_contact(AlternateContactType=kind, **api_values(FOUND))
    deployment.run()
    assert set(organization.accounts[MEMBER].contacts) == {"SECURITY"}
    # So are those of the management account, from inside it.
    for kind in ("SECURITY", "BILLING"):
        deployment.member(MANAGEMENT).put_alternate_contact(AlternateContactType=kind, **api_values(FOUND))
    deployment.run()
    assert set(organization.accounts[MANAGEMENT].contacts) == {"SECURITY"}
    # A policy changes that may be the guardrail.
    policy = admin.create_policy(
        Name="rollcall-guardrail",
        Description="Alternate contacts are set by Rollcall",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}),
    )["Policy"]["PolicySummary"]["Id"]
    admin.update_policy(PolicyId=policy, Description="changed")
    deployment.run()
    # A tag comes and goes while another account carries it, and the path has to be walked.
    for account_id in (MEMBER, "444455556666"):
        admin.tag_resource(ResourceId=account_id, Tags=[{"Key": "scope", "Value": "pci"}])
        deployment.run()
    deployment.without_paths = True
    admin.untag_resource(ResourceId=MEMBER, TagKeys=["scope"])
    deployment.run()
    # A path of the roster leads to a unit that was made after the approval.
    workloads = organization.find_ou("Workloads")
    organization.rename_ou(organization.find_ou("Workloads/Production"), "Retired")
    organization.move(MEMBER, organization.add_ou("Production", workloads))
    deployment.member().put_alternate_contact(AlternateContactType="SECURITY", **api_values(FOUND))
    deployment.run()
    assert organization.accounts[MEMBER].contacts["SECURITY"].name == "PCI Security"
    # A unit changes, with another one in it.
    organization.add_ou("Deeper", sandbox)
    deployment.intake.send(ou_event(sandbox))
    deployment.run()
    # Somebody edits contacts of many accounts, somebody else while writes are paused: groups of alerts.
    many = [f"88889999{number:04d}" for number in range(6)]
    for account_id in many:
        email = f"aws+{account_id}@example.com"
        organization.add_account(account_id=account_id, name="Many", email=email, parent=sandbox)
    for person, address in (("mary", "192.0.2.10"), ("eve", "192.0.2.20")):
        for account_id in many:
            caller = replace(Caller.role(account_id, "Dev", person), source_ip=address)
            deployment.cloud.client("account", caller).put_alternate_contact(
                AlternateContactType="SECURITY", **api_values(FOUND)
            )
        deployment.run()
        deployment.aws["dynamodb"].update_item(
            TableName=TABLE,
            Key=CONTROL,
            UpdateExpression="SET paused = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
    # A message that cannot be understood goes back.
    bad = deployment.intake.send("{}")
    assert deployment.intake.deliver() == [bad]
    # An incident is told, and comes once more.
    incident = {"detail": build_incident_document(INCIDENT, management_account=MANAGEMENT, at=NOW)}
    for _ in range(2):
        deployment.incidents.send(incident)
        deployment.incidents.deliver()


@pytest.mark.parametrize(
    ("function", "role"), [("reconcile", "ReconcileRole"), ("notify", "ChannelsNotifyRole")]
)
def test_a_function_calls_what_its_role_may_and_its_role_may_what_it_calls(everything, calls, function, role):
    granted = grants_of(everything.templates["RollcallHub"], role)
    called = calls[function]
    assert called
    assert called - granted == set(), "called and not granted"
    elsewhere = CONSUMPTION | (APPLYING if function == "reconcile" else frozenset())
    surplus = {action for action in granted - called - elsewhere if not action.startswith(AROUND)}
    assert surplus == set(), "granted and never called"


@pytest.mark.parametrize(
    ("function", "role"), [("reconcile", "ReconcileRole"), ("notify", "ChannelsNotifyRole")]
)
def test_a_function_does_with_each_item_what_its_role_may_and_its_role_may_no_more(
    everything, lived, function, role
):
    granted = items_of(everything.templates["RollcallHub"], role)
    refused, idle = compare_items(granted, lived.items[function])
    assert refused == set(), "done and not granted"
    assert idle - (APPLYING_ITEMS if function == "reconcile" else set()) == set(), "granted and never done"


def test_the_role_in_the_management_account_may_what_is_called_with_it(everything, calls):
    granted = grants_of(everything.templates["RollcallManagement"], "Contacts")
    assert granted == calls[INSIDE]


def test_nothing_was_called_outside_of_the_functions(calls):
    assert set(calls) == {"reconcile", "notify", INSIDE}


def test_what_only_a_person_calls_is_granted_to_no_function(everything, calls):
    """The way from a path of names to its unit is looked up at the approval, with the approver's rights."""
    for function, role in (("reconcile", "ReconcileRole"), ("notify", "ChannelsNotifyRole")):
        named = calls[function] | grants_of(everything.templates["RollcallHub"], role)
        assert "organizations:ListRoots" not in named


def test_without_a_guardrail_no_policy_may_be_listed(tmp_path):
    plain = synthesize_with(tmp_path)
    granted = grants_of(plain.templates["RollcallHub"], "ReconcileRole")
    assert "organizations:ListPolicies" not in granted
    assert "sts:AssumeRole" in granted
