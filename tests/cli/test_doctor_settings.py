"""`rollcall doctor` under the settings that few organizations have: it asks what they ask for."""

from __future__ import annotations

import json

import pytest

from rollcall.model.well_known import MANAGEMENT_ROLE_NAME, RECONCILE_ROLE_NAME, STACK_SET_NAME
from rollcall_cli.text.fixes import STACK_SETS
from tests.cli import world as world_module
from tests.cli.desk import CONTACTS, HUB, MANAGEMENT, PAYMENTS, SHOP
from tests.cli.stack_sets import refused
from tests.cli.world import ARNS, DEAD, OWN_ARN, SETTINGS, TABLE, contacts
from tests.support.clients import client_of
from tests.support.doctoring import failing, put_role, results

AS_MANAGEMENT = SETTINGS.replace("deploy: stackset", "deploy: stackset, call_as: SELF")
EXCLUDING = SETTINGS.replace("targets: [r-a1b2]", f'targets: [r-a1b2], exclude: ["{PAYMENTS}"]')
ABROAD = {"cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}


class TestStackSetOfTheManagementAccount:
    """members.call_as: SELF."""

    @pytest.fixture(autouse=True)
    def settings(self, world):
        world.write(organization=AS_MANAGEMENT)
        world.organization.delegated_administrators[STACK_SETS].clear()

    def test_the_hub_needs_not_administer_stack_sets(self, world):
        checks = world.doctor()
        assert set(results(checks).values()) == {"pass"}, checks
        assert "stacksets-access" in checks
        assert "stacksets-delegation" not in checks

    def test_an_account_without_forwarder_is_fixed_in_the_management_account(self, world):
        world.deployed.instances.pop(PAYMENTS)
        checks = world.doctor()
        assert failing(checks) == ["forwarder-members"]
        assert "--call-as SELF" in checks["forwarder-members"]["fix"]
        assert world.fix(checks["forwarder-members"]["fix"], account=MANAGEMENT) == 1
        assert set(results(world.doctor()).values()) == {"pass"}

    def test_the_stack_that_makes_it_is_the_management_accounts(self, world):
        world.deployed.sets.discard(STACK_SET_NAME)
        checks = world.doctor()
        assert failing(checks) == ["forwarder-members"]
        assert "cdk deploy 'Management/*'" in checks["forwarder-members"]["fix"]

    def test_the_hub_alone_cannot_see_it(self, world):
        found = json.loads(world.run("doctor", "--json").stdout)["checks"]
        (members,) = [check for check in found if check["check"] == "forwarder-members"]
        assert members["result"] == "unknown"
        assert f"the management account {MANAGEMENT}" in members["fix"]

    def test_the_switch_of_stack_sets_is_still_needed(self, world):
        world.organization.trusted_access.discard(STACK_SETS)
        checks = world.doctor()
        assert failing(checks) == ["stacksets-access"]
        assert world.fix(checks["stacksets-access"]["fix"], account=MANAGEMENT) == 1
        assert set(results(world.doctor()).values()) == {"pass"}


class TestExcludedAccounts:
    """members.exclude."""

    @pytest.fixture(autouse=True)
    def settings(self, world):
        world.write(organization=EXCLUDING)

    def test_nobody_misses_the_forwarder_of_one(self, world):
        world.deployed.instances.pop(PAYMENTS)
        checks = world.doctor()
        assert set(results(checks).values()) == {"pass"}, checks
        assert checks["forwarder-members"]["seen"].startswith("3 accounts")

    def test_its_instance_may_be_as_it_likes(self, world):
        world.deployed.instances[PAYMENTS].update(Status="OUTDATED")
        assert not failing(world.doctor())

    def test_the_others_are_missed_all_the_same(self, world):
        world.deployed.instances.pop(PAYMENTS)
        world.deployed.instances.pop(SHOP)
        checks = world.doctor()
        assert failing(checks) == ["forwarder-members"]
        assert checks["forwarder-members"]["seen"] == f"accounts without a forwarder: {SHOP}"
        assert PAYMENTS not in checks["forwarder-members"]["fix"]


NO_BILLING = CONTACTS.replace("billing: finops", "billing: absent")


def grant(arn, **kinds):
    """What the stacks grant: reads of all kinds, writes of those that the roster sets or deletes."""
    yield {"Effect": "Allow", "Action": "account:GetAlternateContact", "Resource": arn}
    for operation, named in kinds.items():
        condition = {"ForAnyValue:StringEquals": {"account:AlternateContactTypes": named}}
        action = f"account:{operation}AlternateContact"
        yield {"Effect": "Allow", "Action": action, "Resource": arn, "Condition": condition}


@pytest.mark.parametrize(
    ("check", "account", "role", "arn"),
    [
        ("reconcile-role", HUB, RECONCILE_ROLE_NAME, ARNS.members),
        ("management-role", MANAGEMENT, MANAGEMENT_ROLE_NAME, OWN_ARN),
    ],
)
def test_roles_write_and_delete_only_the_kinds_that_the_roster_says(world, check, account, role, arn):
    world.write(contacts=NO_BILLING)
    put_role(world, account, role, *grant(arn, Put=["SECURITY", "OPERATIONS"], Delete=["BILLING"]))
    assert world.doctor()[check]["result"] == "pass"
    put_role(world, account, role, *grant(arn, Put=["SECURITY", "OPERATIONS"]))
    finding = world.doctor()[check]
    assert finding["result"] == "fail"
    assert "cannot account:DeleteAlternateContact (BILLING)" in finding["seen"]


@pytest.fixture(params=ABROAD)
def abroad(request, make_world):
    """Everything right in another partition."""
    return make_world(region=request.param)


def test_all_is_well_in_another_partition(abroad):
    checks = abroad.doctor()
    assert set(results(checks).values()) == {"pass"}, [c for c in checks.values() if c["result"] != "pass"]
    assert checks["region"]["seen"] == f"{abroad.region} in the partition {ABROAD[abroad.region]}"
    assert {region for _, region, _ in abroad.asked_for} == {abroad.region}
    assert "arn:aws:" not in json.dumps(checks)


def test_a_role_with_arns_of_another_partition_may_do_nothing_there(abroad):
    put_role(
        abroad,
        HUB,
        RECONCILE_ROLE_NAME,
        contacts(f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*"),
    )
    checks = abroad.doctor()
    assert failing(checks) == ["reconcile-role"]
    assert (
        f"arn:{abroad.partition}:account::{MANAGEMENT}:account/o-exampleorgid"
        in checks["reconcile-role"]["seen"]
    )


def test_fixes_name_the_partition_and_its_region(abroad):
    abroad.deployed.instances.pop(PAYMENTS)
    queue = abroad.deployed.outputs["IntakeDeadLetterQueueUrl"]
    abroad.client("sqs", HUB).send_message(QueueUrl=queue, MessageBody="{}")
    checks = abroad.doctor()
    assert failing(checks) == ["forwarder-members", "dead-letters"]
    assert f"--regions {abroad.region} " in checks["forwarder-members"]["fix"]
    arn = f"arn:{abroad.partition}:sqs:{abroad.region}:{HUB}:{DEAD[0]}"
    assert f"--source-arn {arn}`" in checks["dead-letters"]["fix"]


@pytest.mark.parametrize("region", ABROAD)
def test_credentials_of_another_partition_than_the_region(world, region):
    world.write(organization=SETTINGS + world_module.ABROAD[region])
    world.elsewhere = lambda service, account: client_of(service, account, region)
    checks = world.doctor()
    assert checks["region"]["result"] == "fail"
    seen = f"belong to the partition aws, the Region {region} to {ABROAD[region]}"
    assert seen in checks["region"]["seen"]
    assert "us-east-1 in aws" in checks["region"]["fix"]


def test_credentials_that_the_other_partition_does_not_even_know_name_the_region_as_a_cause(world):
    world.write(organization=SETTINGS + world_module.ABROAD["cn-northwest-1"])
    world.failures["sts"] = [refused("InvalidClientTokenId", "GetCallerIdentity")]
    result = world.run("doctor")
    assert result.exit_code == 1
    assert "a region in organization.yaml that belongs to another partition" in result.stderr


def test_a_region_without_the_account_api_is_refused_before_anybody_is_asked(world):
    world.asked_for.clear()
    world.write(organization=f"{SETTINGS}region: eu-west-1\n")
    result = world.run("doctor")
    assert result.exit_code == 1
    assert "region" in result.stderr
    assert "us-east-1" in result.stderr
    assert not world.asked_for


class TestRolesInMembers:
    """members.reader."""

    @pytest.fixture(autouse=True)
    def settings(self, world):
        world.write(organization=SETTINGS.replace("targets: [r-a1b2]", "targets: [r-a1b2], reader: true"))

    def finish(self, world, *, by_role, lost=()):
        summary = {"read_by": {"own-role": by_role, "central-call": 2}, "lost_roles": lost}
        item = {"pk": {"S": "sweep"}, "sk": {"S": "last"}, "document": {"S": json.dumps(summary)}}
        world.client("dynamodb", HUB).put_item(TableName=TABLE, Item=item)
        return world.doctor()["member-roles"]

    def test_without_a_sweep_nothing_is_known(self, world):
        assert world.doctor()["member-roles"]["result"] == "unknown"

    def test_roles_that_work_pass(self, world):
        found = self.finish(world, by_role=4)
        assert (found["result"], found["seen"]) == (
            "pass",
            "the last sweep read 4 accounts through their own role, 2 centrally",
        )

    def test_roles_that_no_longer_work_are_named(self, world):
        found = self.finish(world, by_role=3, lost=[PAYMENTS])
        assert found["result"] == "fail"
        assert found["seen"].endswith(f"worked in the run before: {PAYMENTS}")
        assert "aws iam get-role --role-name rollcall-contact-reader" in found["fix"]

    def test_roles_of_which_none_works_fail(self, world):
        assert self.finish(world, by_role=0)["result"] == "fail"
