"""Members are read through roles of their own in the deployed hub; what fails is read centrally."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from localcloud.story.sweeps import HubSweeps
from rollcall.model.well_known import MEMBER_ROLE_NAME, SWEEP_ROLE_NAME
from simulation.accounts import AlternateContact
from simulation.seeds import HUB

pytestmark = pytest.mark.cloud
GUARDED, DENYING, CLOSED = "444455556666", "222222222222", "666677778888"
CONTACT = AlternateContact(name="Ina", title="Lead", email="ina@example.com", phone="+1 206 555 0100")


@pytest.fixture(scope="module")
def hub(cloud, deployed):
    sweeps = HubSweeps(cloud, deployed["RollcallHub"])
    sweeps.wait_until_idle()
    for account in (GUARDED, DENYING, CLOSED):
        contacts = cloud.simulation.organization.accounts[account].contacts
        contacts.update(dict.fromkeys(("SECURITY", "OPERATIONS", "BILLING"), CONTACT))
    return sweeps


@pytest.fixture
def read(cloud):
    """Reads of contacts that are there, since the test began: how many by role and account."""
    seen: Counter[tuple[str, str]] = Counter()

    def count(caller, parameters):
        seen[caller.principal_arn.rpartition("/")[2], parameters.get("AccountId", caller.account_id)] += 1

    stop = cloud.apis.add_hook("account", "GetAlternateContact", count)
    yield seen
    stop()


def fetch_report(cloud, deployed):
    bucket = deployed["RollcallHub"]["ReportsBucketName"]
    body = cloud.clients.client("s3", HUB).get_object(Bucket=bucket, Key="reports/latest.json")["Body"]
    return json.loads(body.read())


def sweep(cloud, deployed, hub):
    assert hub.run_schedule()["ending"] in ("finished", "pending-approval")
    report = fetch_report(cloud, deployed)
    return report, {account["id"]: account for account in report["accounts"]}


def test_each_member_is_read_in_its_own_account(cloud, deployed, hub, read):
    report, accounts = sweep(cloud, deployed, hub)
    for account in (GUARDED, DENYING, CLOSED):
        assert accounts[account]["read_by"] == "own-role"
        assert read[MEMBER_ROLE_NAME, account] == 3
        assert not read[SWEEP_ROLE_NAME, account]
    assert accounts[HUB]["read_by"] == "central-call"
    assert report["coverage"]["contacts"]["unreadable"] == 0


def test_roles_that_members_break_are_read_centrally_and_named(cloud, deployed, hub, read):
    def iam(account):
        return cloud.clients.client("iam", account)

    role = {"RoleName": MEMBER_ROLE_NAME}
    kept = iam(CLOSED).get_role(**role)["Role"]["AssumeRolePolicyDocument"]
    (policy,) = iam(DENYING).list_role_policies(**role)["PolicyNames"]
    document = iam(DENYING).get_role_policy(**role, PolicyName=policy)["PolicyDocument"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": CLOSED}}
    closed = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam(DENYING).delete_role_policy(**role, PolicyName=policy)
    iam(CLOSED).update_assume_role_policy(**role, PolicyDocument=closed)
    try:
        report, accounts = sweep(cloud, deployed, hub)
    finally:
        iam(DENYING).put_role_policy(**role, PolicyName=policy, PolicyDocument=json.dumps(document))
        iam(CLOSED).update_assume_role_policy(**role, PolicyDocument=json.dumps(kept))
    assert accounts[DENYING]["role_failure"] == "access was denied to the role"
    assert accounts[CLOSED]["role_failure"] == "the role was not assumed: AccessDenied"
    for account in (DENYING, CLOSED):
        assert accounts[account]["read_by"] == "central-call"
        assert read[SWEEP_ROLE_NAME, account] == 3
    assert report["run"]["lost_roles"] == [DENYING, CLOSED]
    assert report["coverage"]["contacts"]["unreadable"] == 0


def test_nobody_else_becomes_the_role_and_a_session_reads_what_it_names(cloud):
    arn = f"arn:aws:iam::{GUARDED}:role/{MEMBER_ROLE_NAME}"
    for account in (HUB, GUARDED):
        sts = cloud.clients.client("sts", account)
        with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
            sts.assume_role(RoleArn=arn, RoleSessionName="me")
    with pytest.raises(ClientError, match="explicit deny in a service control policy"):
        cloud.clients.client("iam", GUARDED).delete_role(RoleName=MEMBER_ROLE_NAME)
