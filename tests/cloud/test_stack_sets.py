"""Service-managed StackSets: who may use them, where instances appear, and what happens to them."""

import json

import pytest
from botocore.exceptions import ClientError

from localcloud.cloudformation.stack_sets.service import PRINCIPAL
from tests.cloud.tools import unique, wait_for

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB = "111111111111", "333333333333"
PAYMENTS, WEB_SHOP = "222222222222", "444455556666"  # Workloads/Development, Workloads/Production
DIVESTED, PLAYGROUND = "555566667777", "666677778888"  # Sandbox
STANDALONE = "777788889999"  # outside
REGION = "us-east-1"
AUTOMATIC = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
BY_HUB = {"CallAs": "DELEGATED_ADMIN"}


def template(queue, *, excluded=(), delay="0", **more):
    """A queue in every account but the excluded ones, and a resource that is always there."""
    is_excluded = [{"Fn::Equals": [{"Ref": "AWS::AccountId"}, account]} for account in excluded]
    elsewhere = {"Fn::Not": [{"Fn::Or": [*is_excluded, {"Fn::Equals": ["never", "this"]}]}]}
    document = {
        "Parameters": {"Delay": {"Type": "String", "Default": delay}},
        "Conditions": {"Wanted": elsewhere},
        "Resources": {
            "Always": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Condition": "Wanted",
                "Properties": {"QueueName": queue, "DelaySeconds": {"Ref": "Delay"}},
            },
            **more,
        },
    }
    return json.dumps(document)


@pytest.fixture
def organization(cloud):
    return cloud.simulation.organization


@pytest.fixture
def hub(cloud):
    return cloud.clients.client("cloudformation", HUB)


@pytest.fixture
def name():
    return unique("set")


@pytest.fixture
def unit(organization):
    """The id of an OU by its path of names."""
    return organization.find_ou


@pytest.fixture
def empty(hub):
    """Makes sets, and at the end takes away what they left."""
    made = []

    def create(name, **options):
        given = {
            "TemplateBody": template(name),
            "AutoDeployment": AUTOMATIC,
            "PermissionModel": "SERVICE_MANAGED",
        }
        hub.create_stack_set(StackSetName=name, **given | BY_HUB | options)
        made.append(name)
        return name

    yield create
    for name in made:
        wait_for(lambda name=name: has_gone(hub, name))


def has_gone(hub, name):
    """Take a set away; false while an account that moved is still being deployed to."""
    try:
        targets = hub.describe_stack_set(StackSetName=name, **BY_HUB)["StackSet"]["OrganizationalUnitIds"]
        if targets:
            ended(hub, name, hub.delete_stack_instances(**places(name, *targets), RetainStacks=False))
        hub.delete_stack_set(StackSetName=name, **BY_HUB)
    except hub.exceptions.StackSetNotFoundException:
        return True
    except (hub.exceptions.OperationInProgressException, hub.exceptions.StackSetNotEmptyException):
        return False
    return True


def places(name, *units, **targets):
    return {
        "StackSetName": name,
        "DeploymentTargets": {"OrganizationalUnitIds": list(units), **targets},
        "Regions": [REGION],
        **BY_HUB,
    }


def ended(hub, name, started):
    """The operation, once it has ended."""

    def look():
        found = hub.describe_stack_set_operation(
            StackSetName=name, OperationId=started["OperationId"], **BY_HUB
        )["StackSetOperation"]
        return found if found["Status"] not in {"QUEUED", "RUNNING"} else None

    return wait_for(look)


def instances(hub, name):
    """{account: (status, detailed status)}"""
    found = hub.list_stack_instances(StackSetName=name, **BY_HUB)["Summaries"]
    return {i["Account"]: (i["Status"], i["StackInstanceStatus"]["DetailedStatus"]) for i in found}


def has_queue(cloud, account, queue):
    sqs = cloud.clients.client("sqs", account)
    return bool(sqs.list_queues(QueueNamePrefix=queue).get("QueueUrls"))


def move(cloud, account, source, destination):
    cloud.clients.client("organizations", MANAGEMENT).move_account(
        AccountId=account, SourceParentId=source, DestinationParentId=destination
    )


DEPLOYED = ("CURRENT", "SUCCEEDED")


def test_without_organizations_access_nothing_can_be_made(cloud, hub, name):
    management = cloud.clients.client("cloudformation", MANAGEMENT)
    management.deactivate_organizations_access()
    assert management.describe_organizations_access()["Status"] == "DISABLED"
    with pytest.raises(ClientError, match="You must enable organizations access"):
        hub.create_stack_set(
            StackSetName=name,
            TemplateBody=template(name),
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment=AUTOMATIC,
            **BY_HUB,
        )
    management.activate_organizations_access()
    assert management.describe_organizations_access()["Status"] == "ENABLED"
    assert hub.describe_organizations_access(**BY_HUB)["Status"] == "ENABLED"


def test_disabling_trusted_access_in_organizations_takes_the_access_away(cloud, organization):
    organization.trusted_access.discard(PRINCIPAL)
    management = cloud.clients.client("cloudformation", MANAGEMENT)
    assert management.describe_organizations_access()["Status"] == "DISABLED"
    organization.trusted_access.add(PRINCIPAL)
    assert management.describe_organizations_access()["Status"] == "ENABLED"


def test_only_the_management_account_activates(hub):
    with pytest.raises(ClientError, match="InvalidOperation"):
        hub.activate_organizations_access()


@pytest.mark.parametrize(
    ("account", "call_as", "text"),
    [
        (PAYMENTS, "DELEGATED_ADMIN", "Account used is not a delegated administrator"),
        (MANAGEMENT, "DELEGATED_ADMIN", "Account used is not a delegated administrator"),
        (HUB, "SELF", "You must be the management account or delegated admin account"),
        (PAYMENTS, "SELF", "You must be the management account or delegated admin account"),
    ],
)
def test_who_acts_as_what_it_is_not_is_refused(cloud, name, account, call_as, text):
    with pytest.raises(ClientError, match=text):
        cloud.clients.client("cloudformation", account).create_stack_set(
            StackSetName=name,
            TemplateBody=template(name),
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment=AUTOMATIC,
            CallAs=call_as,
        )


def test_the_delegation_for_account_management_is_another_one(organization, hub, empty, name):
    empty(name)
    organization.delegated_administrators[PRINCIPAL].discard(HUB)
    with pytest.raises(ClientError, match="not a delegated administrator"):
        hub.list_stack_sets(**BY_HUB)
    organization.delegate(HUB, PRINCIPAL)
    assert name in [s["StackSetName"] for s in hub.list_stack_sets(**BY_HUB)["Summaries"]]
    assert hub.list_stack_sets()["Summaries"] == []


def test_the_management_account_sees_what_a_delegated_administrator_made(cloud, empty, name):
    empty(name)
    management = cloud.clients.client("cloudformation", MANAGEMENT)
    found = management.describe_stack_set(StackSetName=name)["StackSet"]
    assert found["StackSetARN"].split(":")[4] == MANAGEMENT
    assert found["AutoDeployment"] == AUTOMATIC


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"PermissionModel": "SELF_MANAGED"}, "SERVICE_MANAGED only"),
        ({"TemplateBody": "{}"}, "At least one Resources member"),
        ({"TemplateBody": template("q") + " " * 51_200}, "51200"),
        ({"Parameters": [{"ParameterKey": "Nobody", "ParameterValue": "1"}]}, "do not exist in the template"),
    ],
)
def test_a_set_that_makes_no_sense_is_refused(empty, name, options, text):
    with pytest.raises(ClientError, match=text):
        empty(name, **options)


@pytest.mark.parametrize(
    ("properties", "capability"), [({}, "CAPABILITY_IAM"), ({"RoleName": "x"}, "CAPABILITY_NAMED_IAM")]
)
def test_roles_need_a_capability(empty, name, properties, capability):
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, **properties}}
    with pytest.raises(ClientError, match=rf"Requires capabilities : \[{capability}\]"):
        empty(name, TemplateBody=template(name, Role=role))
    empty(name, TemplateBody=template(name, Role=role), Capabilities=[capability])


def test_a_name_is_taken_until_its_set_is_deleted(hub, empty, name):
    empty(name)
    with pytest.raises(hub.exceptions.NameAlreadyExistsException):
        empty(name)
    hub.delete_stack_set(StackSetName=name, **BY_HUB)
    with pytest.raises(hub.exceptions.StackSetNotFoundException):
        hub.describe_stack_set(StackSetName=name, **BY_HUB)
    hub.delete_stack_set(StackSetName=name, **BY_HUB)
    empty(name)


def test_every_account_below_a_target_gets_a_real_stack(cloud, hub, empty, name, unit):
    empty(name, TemplateBody=template(name, excluded=[WEB_SHOP]))
    operation = ended(hub, name, hub.create_stack_instances(**places(name, unit("Workloads"))))
    assert operation["Status"] == "SUCCEEDED"
    found = instances(hub, name)
    assert found.items() >= {PAYMENTS: DEPLOYED, WEB_SHOP: DEPLOYED}.items()
    assert not found.keys() & {DIVESTED, PLAYGROUND, HUB, MANAGEMENT}
    assert has_queue(cloud, PAYMENTS, name)
    assert not has_queue(cloud, WEB_SHOP, name)
    instance = hub.describe_stack_instance(
        StackSetName=name, StackInstanceAccount=WEB_SHOP, StackInstanceRegion=REGION, **BY_HUB
    )["StackInstance"]
    assert instance["OrganizationalUnitId"] == unit("Workloads")
    member = cloud.clients.client("cloudformation", WEB_SHOP)
    (stack,) = member.describe_stacks(StackName=instance["StackId"])["Stacks"]
    assert stack["StackName"].startswith(f"StackSet-{name}-")
    resources = member.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
    assert [r["LogicalResourceId"] for r in resources] == ["Always"]


def test_the_root_means_the_hub_too_but_never_the_management_account(hub, empty, name, organization):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, organization.root_id)))
    found = instances(hub, name)
    assert HUB in found
    assert MANAGEMENT not in found
    assert set(found) == set(organization.accounts) - {MANAGEMENT}


@pytest.mark.parametrize(
    "case", [("INTERSECTION", {DIVESTED}), ("DIFFERENCE", {PLAYGROUND}), ("NONE", {DIVESTED, PLAYGROUND})]
)
def test_a_filter_narrows_the_targets(hub, empty, name, unit, case):
    kind, expected = case
    empty(name)
    filtered = {"Accounts": [DIVESTED], "AccountFilterType": kind}
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"), **filtered)))
    assert set(instances(hub, name)) == expected


def test_targets_that_are_none_are_refused(hub, empty, name):
    empty(name)
    with pytest.raises(ClientError, match="ou-a1b2-nowhere1"):
        hub.create_stack_instances(**places(name, "ou-a1b2-nowhere1"))
    with pytest.raises(ClientError, match="OrganizationalUnitIds are required"):
        hub.create_stack_instances(**places(name, Accounts=[DIVESTED]))


def test_an_update_of_the_set_reaches_every_instance(cloud, hub, empty, name, unit):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    delay = [{"ParameterKey": "Delay", "ParameterValue": "7"}]
    started = hub.update_stack_set(StackSetName=name, UsePreviousTemplate=True, Parameters=delay, **BY_HUB)
    assert ended(hub, name, started)["Status"] == "SUCCEEDED"
    for account in (DIVESTED, PLAYGROUND):
        sqs = cloud.clients.client("sqs", account)
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
        assert attributes == {"DelaySeconds": "7"}
    started = hub.update_stack_set(
        StackSetName=name, TemplateBody=template(name, excluded=[DIVESTED]), **BY_HUB
    )
    assert ended(hub, name, started)["Status"] == "SUCCEEDED"
    assert not has_queue(cloud, DIVESTED, name)
    assert has_queue(cloud, PLAYGROUND, name)
    actions = hub.list_stack_set_operations(StackSetName=name, **BY_HUB)["Summaries"]
    assert [o["Action"] for o in actions] == ["UPDATE", "UPDATE", "CREATE"]


def test_a_failure_stops_the_rest_and_is_told(cloud, hub, empty, name, unit):
    empty(name)
    cloud.clients.client("sqs", DIVESTED).create_queue(QueueName=name, Attributes={"DelaySeconds": "9"})
    operation = ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    assert operation["Status"] == "FAILED"
    assert operation["StatusDetails"] == {"FailedStackInstancesCount": 1}
    assert instances(hub, name) == {DIVESTED: ("OUTDATED", "FAILED"), PLAYGROUND: ("OUTDATED", "CANCELLED")}
    results = hub.list_stack_set_operation_results(
        StackSetName=name, OperationId=operation["OperationId"], **BY_HUB
    )["Summaries"]
    assert {r["Account"]: r["Status"] for r in results} == {DIVESTED: "FAILED", PLAYGROUND: "CANCELLED"}
    assert "Queue" in results[0]["StatusReason"]


def test_within_the_tolerance_the_others_are_deployed_and_the_failed_one_can_be_tried_again(
    cloud, hub, empty, name, unit
):
    empty(name)
    sqs = cloud.clients.client("sqs", DIVESTED)
    url = sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "9"})["QueueUrl"]
    tolerant = {"OperationPreferences": {"FailureTolerancePercentage": 50}}
    operation = ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox")), **tolerant))
    assert operation["Status"] == "SUCCEEDED"
    assert operation["StatusDetails"] == {"FailedStackInstancesCount": 1}
    assert instances(hub, name) == {DIVESTED: ("OUTDATED", "FAILED"), PLAYGROUND: DEPLOYED}
    failed = hub.list_stack_instances(
        StackSetName=name, Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}], **BY_HUB
    )
    assert [i["Account"] for i in failed["Summaries"]] == [DIVESTED]
    sqs.delete_queue(QueueUrl=url)
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    assert instances(hub, name) == {DIVESTED: DEPLOYED, PLAYGROUND: DEPLOYED}


def test_a_second_operation_waits_only_under_managed_execution(hub, empty, name, unit):
    empty(name, ManagedExecution={"Active": True})
    first = hub.create_stack_instances(**places(name, unit("Workloads")))
    second = hub.create_stack_instances(**places(name, unit("Sandbox")))
    assert ended(hub, name, second)["Status"] == ended(hub, name, first)["Status"] == "SUCCEEDED"
    other = empty(unique("set"))
    started: list[str] = []
    with pytest.raises(hub.exceptions.OperationInProgressException):
        # One may have ended before the next is asked for.
        started.extend(
            hub.create_stack_instances(**places(other, unit(path))) for path in ("Workloads", "Sandbox") * 5
        )
    ended(hub, other, started[-1])


def test_a_set_with_instances_cannot_be_deleted(hub, empty, name, unit):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    with pytest.raises(hub.exceptions.StackSetNotEmptyException):
        hub.delete_stack_set(StackSetName=name, **BY_HUB)


def test_deleted_instances_take_their_stacks_along_unless_retained(cloud, hub, empty, name, unit):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    only = {"Accounts": [DIVESTED], "AccountFilterType": "INTERSECTION"}
    ended(hub, name, hub.delete_stack_instances(**places(name, unit("Sandbox"), **only), RetainStacks=True))
    assert set(instances(hub, name)) == {PLAYGROUND}
    assert has_queue(cloud, DIVESTED, name)
    ended(hub, name, hub.delete_stack_instances(**places(name, unit("Sandbox")), RetainStacks=False))
    assert instances(hub, name) == {}
    assert not has_queue(cloud, PLAYGROUND, name)
    assert hub.describe_stack_set(StackSetName=name, **BY_HUB)["StackSet"]["OrganizationalUnitIds"] == []


def test_a_suspended_account_is_skipped(hub, empty, name, unit, organization):
    empty(name)
    organization.accounts[DIVESTED].state = "SUSPENDED"
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    organization.accounts[DIVESTED].state = "ACTIVE"
    assert instances(hub, name)[DIVESTED] == ("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT")
    assert instances(hub, name)[PLAYGROUND] == DEPLOYED


def test_an_account_that_moves_in_gains_an_instance_and_loses_it_when_it_moves_out(
    cloud, hub, empty, name, unit
):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    move(cloud, PAYMENTS, unit("Workloads/Development"), unit("Sandbox"))
    assert PAYMENTS not in instances(hub, name)
    wait_for(lambda: instances(hub, name).get(PAYMENTS) == DEPLOYED)
    assert has_queue(cloud, PAYMENTS, name)
    move(cloud, PAYMENTS, unit("Sandbox"), unit("Workloads/Development"))
    wait_for(lambda: PAYMENTS not in instances(hub, name))
    assert not has_queue(cloud, PAYMENTS, name)


def test_a_retained_stack_stays_when_its_account_moves_out(cloud, hub, empty, name, unit):
    empty(name, AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": True})
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"))))
    move(cloud, DIVESTED, unit("Sandbox"), unit("Security"))
    wait_for(lambda: DIVESTED not in instances(hub, name))
    move(cloud, DIVESTED, unit("Security"), unit("Sandbox"))
    assert has_queue(cloud, DIVESTED, name)


def test_moving_between_two_targets_changes_nothing_but_the_target(cloud, hub, empty, name, unit):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, unit("Sandbox"), unit("Security"))))
    before = hub.list_stack_instances(StackSetName=name, StackInstanceAccount=PLAYGROUND, **BY_HUB)[
        "Summaries"
    ]
    move(cloud, PLAYGROUND, unit("Sandbox"), unit("Security"))

    def moved():
        (found,) = hub.list_stack_instances(StackSetName=name, StackInstanceAccount=PLAYGROUND, **BY_HUB)[
            "Summaries"
        ]
        return found if found["OrganizationalUnitId"] == unit("Security") else None

    assert wait_for(moved)["StackId"] == before[0]["StackId"]
    move(cloud, PLAYGROUND, unit("Security"), unit("Sandbox"))
    actions = hub.list_stack_set_operations(StackSetName=name, **BY_HUB)["Summaries"]
    assert [o["Action"] for o in actions] == ["CREATE"]


def test_a_new_account_gains_an_instance_some_time_after_it_joins(cloud, hub, empty, name, organization):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, organization.root_id)))
    before = set(organization.accounts)
    cloud.clients.client("organizations", MANAGEMENT).create_account(
        AccountName=name, Email=f"{name}@example.com"
    )
    (new,) = wait_for(lambda: set(organization.accounts) - before)
    wait_for(lambda: instances(hub, name).get(new) == DEPLOYED)
    assert has_queue(cloud, new, name)


def test_an_invited_account_gains_an_instance_and_loses_it_when_it_leaves(
    cloud, hub, empty, name, organization
):
    empty(name)
    ended(hub, name, hub.create_stack_instances(**places(name, organization.root_id)))
    handshake = cloud.clients.client("organizations", MANAGEMENT).invite_account_to_organization(
        Target={"Id": STANDALONE, "Type": "ACCOUNT"}
    )["Handshake"]["Id"]
    invited = cloud.clients.client("organizations", STANDALONE)
    invited.accept_handshake(HandshakeId=handshake)
    wait_for(lambda: instances(hub, name).get(STANDALONE) == DEPLOYED)
    assert has_queue(cloud, STANDALONE, name)
    invited.leave_organization()
    wait_for(lambda: STANDALONE not in instances(hub, name))
    assert not has_queue(cloud, STANDALONE, name)


def test_without_auto_deployment_nothing_follows(cloud, hub, empty, name, unit):
    empty(name, AutoDeployment={"Enabled": False})
    watched = empty(unique("set"))
    for each in (name, watched):
        ended(hub, each, hub.create_stack_instances(**places(each, unit("Security"))))
    move(cloud, PLAYGROUND, unit("Sandbox"), unit("Security"))
    wait_for(lambda: PLAYGROUND in instances(hub, watched))
    assert PLAYGROUND not in instances(hub, name)
    move(cloud, PLAYGROUND, unit("Security"), unit("Sandbox"))
    wait_for(lambda: PLAYGROUND not in instances(hub, watched))


class TestAsAResource:
    """AWS::CloudFormation::StackSet in a stack of the hub."""

    @staticmethod
    def properties(name, *units, **more):
        return {
            "StackSetName": name,
            "PermissionModel": "SERVICE_MANAGED",
            "CallAs": "DELEGATED_ADMIN",
            "AutoDeployment": AUTOMATIC,
            "ManagedExecution": {"Active": True},
            "Capabilities": ["CAPABILITY_IAM"],
            "TemplateBody": template(name),
            "StackInstancesGroup": [
                {"DeploymentTargets": {"OrganizationalUnitIds": list(units)}, "Regions": [REGION]}
            ],
            "OperationPreferences": {
                "FailureTolerancePercentage": 50,
                "MaxConcurrentPercentage": 100,
                "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
                "RegionConcurrencyType": "PARALLEL",
            },
            **more,
        }

    @staticmethod
    def deploy(hub, operation, name, *units, **more):
        resource = {
            "Type": "AWS::CloudFormation::StackSet",
            "Properties": TestAsAResource.properties(name, *units, **more),
        }
        body = {"Resources": {"Members": resource}, "Outputs": {"Id": {"Value": {"Ref": "Members"}}}}
        operation(StackName=name, TemplateBody=json.dumps(body))
        (stack,) = hub.describe_stacks(StackName=name)["Stacks"]
        return stack["StackStatus"], stack

    def test_it_is_made_with_its_instances_changed_and_taken_away_with_them(self, cloud, hub, name, unit):
        status, stack = self.deploy(hub, hub.create_stack, name, unit("Sandbox"))
        assert status == "CREATE_COMPLETE"
        assert stack["Outputs"][0]["OutputValue"].startswith(f"{name}:")
        assert set(instances(hub, name)) == {DIVESTED, PLAYGROUND}
        stack_ids = {i["StackId"] for i in hub.list_stack_instances(StackSetName=name, **BY_HUB)["Summaries"]}

        changed = {"TemplateBody": template(name, excluded=[DIVESTED])}
        status, _ = self.deploy(hub, hub.update_stack, name, unit("Sandbox"), unit("Workloads"), **changed)
        assert status == "UPDATE_COMPLETE"
        summaries = hub.list_stack_instances(StackSetName=name, **BY_HUB)["Summaries"]
        assert {i["Account"] for i in summaries} >= {DIVESTED, PLAYGROUND, PAYMENTS, WEB_SHOP}
        assert stack_ids <= {i["StackId"] for i in summaries}
        assert not has_queue(cloud, DIVESTED, name)

        status, _ = self.deploy(hub, hub.update_stack, name, unit("Workloads"), **changed)
        assert not instances(hub, name).keys() & {DIVESTED, PLAYGROUND}

        hub.delete_stack(StackName=name)
        with pytest.raises(hub.exceptions.StackSetNotFoundException):
            hub.describe_stack_set(StackSetName=name, **BY_HUB)
        assert not has_queue(cloud, PAYMENTS, name)

    def test_a_failure_in_the_members_rolls_everything_back(self, cloud, hub, name, unit):
        sqs = cloud.clients.client("sqs", DIVESTED)
        sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "9"})
        status, stack = self.deploy(hub, hub.create_stack, name, unit("Sandbox"), OperationPreferences={})
        assert status == "ROLLBACK_COMPLETE"
        assert "was unexpectedly stopped or failed" in stack["StackStatusReason"]
        assert DIVESTED in stack["StackStatusReason"]
        with pytest.raises(hub.exceptions.StackSetNotFoundException):
            hub.describe_stack_set(StackSetName=name, **BY_HUB)

    def test_without_the_delegation_the_stack_says_so(self, hub, name, unit, organization):
        organization.delegated_administrators[PRINCIPAL].discard(HUB)
        status, stack = self.deploy(hub, hub.create_stack, name, unit("Sandbox"))
        organization.delegate(HUB, PRINCIPAL)
        assert status == "ROLLBACK_COMPLETE"
        assert "Account used is not a delegated administrator" in stack["StackStatusReason"]
