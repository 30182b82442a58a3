"""Permissions of the sweep both ways: what its functions call their roles may, and the other way round."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from localcloud.aws.repairs import serialize_table_calls
from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.state.groups import GroupItems
from rollcall.adapters.state.rosters import MatchTable
from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.repeated_edits import RepeatedEdits
from rollcall.control.handle import FOLLOW_UP
from rollcall.grouping.model import MOST_ALERTS, GroupKind
from rollcall.model.contact import ContactKind
from rollcall.model.roster import compute_digest
from rollcall.runtime import compose
from simulation import Response
from simulation.client import SimulatedClient
from tests.functions.conftest import installed
from tests.functions.deployment import TABLE, api_values
from tests.functions.sweep_deployment import SweepDeployment, sweeping
from tests.support.group_samples import make_group, make_key, make_line, make_window
from tests.support.moto_aws import SERVICES
from tests.support.permissions import (
    APPLYING,
    APPLYING_ITEMS,
    AROUND,
    INSIDE,
    PREFIXES,
    actions_of,
    compare_items,
    grants_of,
    items_in,
    items_of,
)
from tests.support.reserved_words import refuse_reserved_words
from tests.support.samples import FOUND, MANAGEMENT, MEMBER, REGION

ROLES = {"sweep": "SweepRole", "apply": "ReconcileRole", "control": "ControlRole"}
DENY = {"Statement": [{"Effect": "Deny", "Action": "account:PutAlternateContact", "Resource": "*"}]}
#: What IAM calls differently from the API.
RENAMED = {"s3:ListObjectsV2": "s3:ListBucket"}


class RecordedSweep(SweepDeployment):
    """One whose functions' calls are noted."""

    guardrail = "on"

    def __init__(self, aws, *, roster):
        super().__init__(aws, roster=roster)
        self.calls = defaultdict(set)
        self.items = defaultdict(set)
        self.without_paths = False
        session: Any = boto3.Session("testing", "testing", region_name=REGION)
        self.recorded = {service: session.client(service) for service in SERVICES}
        for service, client in self.recorded.items():
            client.meta.events.register("provide-client-params.*.*", self._noted(service))

    def client(self, service, **given):
        if service in self.recorded:
            return self.recorded[service]
        caller = self.caller(given)

        def send(operation, parameters, added):
            with self._lock:
                name = INSIDE if caller.account_id == MANAGEMENT else self.running
                self.calls[name] |= actions_of(service, operation, parameters)
                answer = self.cloud.call(service, operation, parameters, caller.naming(added))
            if self.without_paths and operation == "ListAccounts":
                body = answer.body
                accounts = [
                    {key: value for key, value in account.items() if key != "Paths"}
                    for account in body["Accounts"]
                ]
                return Response(body={**body, "Accounts": accounts}, request_id=answer.request_id)
            return answer

        return SimulatedClient(service, send)

    def _noted(self, service):
        def note(params, model, **_):
            named = actions_of(PREFIXES.get(service, service), model.name, params)
            self.calls[self.running] |= {RENAMED.get(action, action) for action in named}
            if service == "dynamodb":
                refuse_reserved_words(params)
                self.items[self.running] |= items_in(model.name, params)

        return note


@contextmanager
def recorded(clients, candidate):
    roster = json.loads(candidate.read_text(encoding="utf-8"))
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "_CANDIDATE", candidate)
        # moto undoes a transaction by putting back the table as it was, other threads' writes included.
        patch.setattr(DynamoHandler, "call_action", serialize_table_calls())
        deployment = RecordedSweep(clients, roster=roster)
        with installed(deployment, patch), sweeping(deployment, patch):
            yield deployment


@pytest.fixture(scope="module")
def lived(clients, everything, tmp_path_factory):
    """A deployment in which everything has happened once."""
    candidate = tmp_path_factory.mktemp("asset") / "candidate.json"
    candidate.write_text((everything.asset / "candidate.json").read_text(encoding="utf-8"), encoding="utf-8")
    with recorded(clients, candidate) as deployment:
        make_guardrail(deployment)
        live(deployment, candidate)
        return deployment


@pytest.fixture(scope="module")
def calls(lived):
    """What each function called."""
    return lived.calls


def make_guardrail(deployment):
    admin = deployment.cloud.client("organizations", deployment.caller({"aws_access_key_id": "x"}))
    admin.create_policy(
        Name="rollcall-guardrail", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(DENY)
    )


def live(deployment, candidate):
    # The way in: held, approved, applied; contacts are set, and deleted where the roster wants none.
    admin = deployment.cloud.client("organizations", deployment.caller({"aws_access_key_id": "x"}))
    for account_id in (MEMBER, "444455556666"):
        admin.tag_resource(ResourceId=account_id, Tags=[{"Key": "scope", "Value": "pci"}])
    for account_id in (MEMBER, MANAGEMENT):
        deployment.member(account_id).put_alternate_contact(
            AlternateContactType="BILLING", **api_values(FOUND)
        )
    deployment.without_paths = True
    assert deployment.sweep("roster").document["ending"] == "pending-approval"
    deployment.without_paths = False
    (held,) = deployment.report()["run"]["pending"]
    # A path of the roster used to lead to another unit: the approval forgets it.
    matches = MatchTable(client=deployment.aws["dynamodb"], table=TABLE)
    matches.add_unit("Workloads/Production", "ou-ab12-00000000")
    assert deployment.command("approve", plan=held)["done"]
    (approval,) = deployment.started()
    assert approval.document["ending"] == "finished"
    # A pause, its end, and a run that finds nothing but one tag less.
    admin.untag_resource(ResourceId="444455556666", TagKeys=["scope"])
    deployment.command("pause")
    for _ in range(2):  # of which the second finds the record of the first
        deployment.command("unpause", name="tried-twice")
    assert deployment.sweep().document["ending"] == "finished"
    # A standoff, which somebody ends.
    now = datetime.now(UTC)
    contacts = ContactItems(client=deployment.aws["dynamodb"], table=TABLE)
    known = contacts.load(MEMBER, ContactKind.SECURITY)
    opened = replace(known, repeated=RepeatedEdits(opened_at=now, changed_at=now))
    assert contacts.save(opened, at=now)
    assert contacts.list_pending()
    assert deployment.command("release", account=MEMBER, kind="SECURITY")["done"]
    assert not contacts.list_pending()
    # Alerts that no message came back for: a report while many alerts leave, and bulk edits.
    groups, before = GroupItems(client=deployment.aws["dynamodb"], table=TABLE), now - timedelta(minutes=5)
    for number, kind in enumerate((GroupKind.REPORTED, GroupKind.PRINCIPAL)):
        key = make_key(kind, id_=str(kind))
        window = make_window(kind, group=key, opened_at=before)
        line = make_line(number, left=bool(number))
        assert groups.open_group(window, make_group(key, opened_at=before), [line], at=before)
    # One leaves as there is room, the other is a line of what is too much at a time.
    assert deployment.invoke({"operation": FOLLOW_UP}, "control")["done"]
    key = make_key(GroupKind.REPORTED, id_="later")
    window = make_window(GroupKind.REPORTED, name="later", group=key, opened_at=before)
    assert groups.open_group(window, make_group(key, opened_at=before), [make_line(2)], at=before)
    for number in range(MOST_ALERTS):
        for at in (now, now + timedelta(minutes=10)):  # which may have begun by then
            groups.save_windows([], admitted=f"RC-{number}", at=at)
    assert deployment.invoke({"operation": FOLLOW_UP}, "control")["done"]
    # What an event announced is right by now, as a run finds.
    known = contacts.load(MEMBER, ContactKind.SECURITY)
    assert contacts.save(replace(known, drift=KnownDrift(found=None, at=now)), at=now)
    assert deployment.sweep().document["ending"] == "finished"
    assert not contacts.list_pending()
    # A candidate within the limits, which is approved by the gate; with units that have to be looked up.
    roster = json.loads(candidate.read_text(encoding="utf-8"))
    candidate.write_text(json.dumps(roster | {"limits": {"max_changed_accounts": 0}}), encoding="utf-8")
    deployment.restart()
    assert deployment.sweep("roster").document["ending"] == "finished"
    # Back to the roster before, from which a person then rolled back.
    assert deployment.command("rollback", plan=compute_digest(roster))["done"]
    (planned,) = [one for one in deployment.started() if one.asked["trigger"] == "rollback"]
    assert planned.document["ending"] == "pending-approval"
    assert deployment.command("approve", plan=planned.document["pending"][0])["done"]
    # A start that cannot be carried out is told.
    failure = {"Error": "Lambda.Unknown", "Cause": "{}"}
    request = {"operation": "fail", "step": "begin", "execution": "e-1", "failure": failure, "input": {}}
    deployment.invoke(request)


@pytest.mark.parametrize("function", ["sweep", "control"])
def test_a_function_calls_what_its_role_may_and_its_role_may_what_it_calls(everything, calls, function):
    granted = grants_of(everything.templates["RollcallHub"], ROLES[function])
    assert calls[function] - granted == set(), "called and not granted"
    surplus = {action for action in granted - calls[function] if not action.startswith(AROUND)}
    # Listing tells a key of the ledger that is not there from one that is forbidden; nobody asks for a list.
    assert surplus - {"s3:ListBucket"} == set(), "granted and never called"


@pytest.mark.parametrize("function", ROLES)
def test_a_function_does_with_each_item_what_its_role_may_and_its_role_may_no_more(
    everything, lived, function
):
    granted = items_of(everything.templates["RollcallHub"], ROLES[function])
    refused, idle = compare_items(granted, lived.items[function])
    assert refused == set(), "done and not granted"
    # The writer is also reconcile, whose own test has the rest.
    assert (idle & APPLYING_ITEMS if function == "apply" else idle) == set(), "granted and never done"


def test_apply_calls_what_the_writer_may_and_the_writer_may_what_only_apply_calls(everything, calls):
    granted = grants_of(everything.templates["RollcallHub"], ROLES["apply"])
    assert calls["apply"] - granted == set(), "called and not granted"
    # Listing is what tells a key that is not there from one that is forbidden; nobody asks for a list.
    assert calls["apply"] >= APPLYING - {"s3:ListBucket"}


def test_only_the_writer_touches_contacts_and_only_it_goes_into_the_management_account(calls):
    for function in ("sweep", "control"):
        writes = {action for action in calls[function] if action.startswith(("account:Put", "account:Del"))}
        assert writes == set()
        assert "sts:AssumeRole" not in calls[function]
    assert "sts:AssumeRole" in calls["apply"]
