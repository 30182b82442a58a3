"""Service control policies through the Organizations API: their life, their limits, who may do what."""

import json

import pytest

from tests.contract.conftest import HUB, MEMBER, OTHER, refused

TYPE = "SERVICE_CONTROL_POLICY"
ON = {"RootId": "r-a1b2", "PolicyType": TYPE}
STATEMENT = {"Sid": "No", "Effect": "Deny", "Action": "account:Put*", "Resource": "*"}
CONTENT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
OWN_ARN = "arn:aws:organizations::111111111111:policy/o-exampleorgid/service_control_policy"
FULL = "p-FullAWSAccess"


def create(client, name="guardrail", content=CONTENT, **more):
    answer = client.create_policy(Name=name, Description="d", Type=TYPE, Content=content, **more)
    return answer["Policy"]["PolicySummary"]["Id"]


def attached(client, target):
    return [
        policy["Id"] for policy in client.list_policies_for_target(TargetId=target, Filter=TYPE)["Policies"]
    ]


def targets(client, policy_id):
    pages = client.get_paginator("list_targets_for_policy").paginate(PolicyId=policy_id)
    return [(entry["TargetId"], entry["Type"]) for page in pages for entry in page["Targets"]]


def test_the_type_is_off_at_first_and_full_access_comes_with_it(world, client):
    assert client.list_roots()["Roots"][0]["PolicyTypes"] == []
    assert attached(client, MEMBER) == []
    answer = client.enable_policy_type(**ON)
    assert answer["Root"]["PolicyTypes"] == [{"Type": TYPE, "Status": "ENABLED"}]
    assert client.list_roots()["Roots"] == [answer["Root"]]
    sandbox = world.organization.find_ou("Sandbox")
    assert [attached(client, target) for target in ("r-a1b2", sandbox, MEMBER)] == [[FULL]] * 3
    everything = targets(client, FULL)
    assert everything[0] == ("r-a1b2", "ROOT")
    assert (sandbox, "ORGANIZATIONAL_UNIT") in everything
    assert (MEMBER, "ACCOUNT") in everything
    assert len(everything) == 1 + 5 + 6


def test_new_units_and_accounts_have_full_access(world, client):
    client.enable_policy_type(**ON)
    unit = client.create_organizational_unit(ParentId="r-a1b2", Name="New")["OrganizationalUnit"]["Id"]
    client.create_account(Email="new@example.com", AccountName="New")
    assert attached(client, unit) == attached(client, list(world.organization.accounts)[-1]) == [FULL]


def test_turning_the_type_off_detaches_everything_for_good(client):
    client.enable_policy_type(**ON)
    policy_id = create(client)
    client.attach_policy(PolicyId=policy_id, TargetId=MEMBER)
    assert client.disable_policy_type(**ON)["Root"]["PolicyTypes"] == []
    assert targets(client, policy_id) == []
    client.enable_policy_type(**ON)
    assert attached(client, MEMBER) == [FULL]
    assert client.describe_policy(PolicyId=policy_id)["Policy"]["Content"] == CONTENT


def test_a_policy_is_created_read_changed_and_deleted(client):
    created = client.create_policy(
        Name="guardrail", Description="d", Type=TYPE, Content=CONTENT, Tags=[{"Key": "a", "Value": "1"}]
    )["Policy"]
    summary = created["PolicySummary"]
    policy_id = summary["Id"]
    assert summary == {
        "Id": policy_id,
        "Arn": f"{OWN_ARN}/{policy_id}",
        "Name": "guardrail",
        "Description": "d",
        "Type": TYPE,
        "AwsManaged": False,
    }
    assert created["Content"] == CONTENT
    assert client.describe_policy(PolicyId=policy_id)["Policy"] == created
    listed = client.list_policies(Filter=TYPE)["Policies"]
    assert [(entry["Name"], entry["AwsManaged"]) for entry in listed] == [
        ("FullAWSAccess", True),
        ("guardrail", False),
    ]
    assert listed[0]["Arn"] == f"arn:aws:organizations::aws:policy/service_control_policy/{FULL}"
    assert client.list_tags_for_resource(ResourceId=policy_id)["Tags"] == [{"Key": "a", "Value": "1"}]
    client.update_policy(PolicyId=policy_id, Name="other")
    client.update_policy(PolicyId=policy_id, Name="other", Description="e")
    assert client.describe_policy(PolicyId=policy_id)["Policy"]["Content"] == CONTENT
    changed = client.update_policy(PolicyId=policy_id, Content=CONTENT + " ")["Policy"]
    assert changed == {
        "PolicySummary": {**summary, "Name": "other", "Description": "e"},
        "Content": CONTENT + " ",
    }
    client.delete_policy(PolicyId=policy_id)
    refused(lambda: client.describe_policy(PolicyId=policy_id), "PolicyNotFoundException")


def test_a_policy_is_attached_and_detached(world, client):
    client.enable_policy_type(**ON)
    policy_id, sandbox = create(client), world.organization.find_ou("Sandbox")
    for target in ("r-a1b2", sandbox, MEMBER):
        client.attach_policy(PolicyId=policy_id, TargetId=target)
    kinds = ["ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"]
    assert targets(client, policy_id) == list(zip(("r-a1b2", sandbox, MEMBER), kinds, strict=True))
    names = [entry["Name"] for entry in client.list_targets_for_policy(PolicyId=policy_id)["Targets"]]
    assert names == ["Root", "Sandbox", "Payments"]
    assert attached(client, MEMBER) == [FULL, policy_id]
    assert attached(client, OTHER) == [FULL]
    refused(lambda: client.delete_policy(PolicyId=policy_id), "PolicyInUseException")
    client.detach_policy(PolicyId=policy_id, TargetId=MEMBER)
    assert attached(client, MEMBER) == [FULL]
    assert len(targets(client, policy_id)) == 2


def test_attachments_have_an_upper_and_a_lower_bound(client):
    client.enable_policy_type(**ON)
    ids = [create(client, f"p{number}") for number in range(5)]
    for policy_id in ids[:4]:
        client.attach_policy(PolicyId=policy_id, TargetId=MEMBER)
    refused(
        lambda: client.attach_policy(PolicyId=ids[4], TargetId=MEMBER),
        "ConstraintViolationException",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )
    for policy_id in ids[:4]:
        client.detach_policy(PolicyId=policy_id, TargetId=MEMBER)
    refused(
        lambda: client.detach_policy(PolicyId=FULL, TargetId=MEMBER),
        "ConstraintViolationException",
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )
    assert attached(client, MEMBER) == [FULL]


def test_attachments_stay_behind_when_an_account_leaves(world, client):
    client.enable_policy_type(**ON)
    policy_id = create(client)
    client.attach_policy(PolicyId=policy_id, TargetId=MEMBER)
    client.remove_account_from_organization(AccountId=MEMBER)
    assert targets(client, policy_id) == []
    world.organization.admit(MEMBER)
    assert attached(client, MEMBER) == [FULL]


def test_refusals_are_modelled(world, client):
    policy_id = create(client)
    refused(
        lambda: client.attach_policy(PolicyId=policy_id, TargetId=MEMBER), "PolicyTypeNotEnabledException"
    )
    refused(lambda: client.disable_policy_type(**ON), "PolicyTypeNotEnabledException")
    refused(lambda: client.detach_policy(PolicyId=policy_id, TargetId=MEMBER), "PolicyNotAttachedException")
    client.enable_policy_type(**ON)
    refused(lambda: client.enable_policy_type(**ON), "PolicyTypeAlreadyEnabledException")
    root = {**ON, "RootId": "r-zzzz"}
    refused(lambda: client.enable_policy_type(**root), "RootNotFoundException")
    refused(lambda: client.disable_policy_type(**root), "RootNotFoundException")
    refused(lambda: create(client), "DuplicatePolicyException")
    second = create(client, "second")
    refused(lambda: client.update_policy(PolicyId=second, Name="guardrail"), "DuplicatePolicyException")
    refused(
        lambda: client.attach_policy(PolicyId=FULL, TargetId=MEMBER), "DuplicatePolicyAttachmentException"
    )
    refused(lambda: client.attach_policy(PolicyId="p-00000000", TargetId=MEMBER), "PolicyNotFoundException")
    for target in ("123456789012", "ou-a1b2-00000000", "r-zzzz", "777788889999"):
        refused(
            lambda target=target: client.attach_policy(PolicyId=second, TargetId=target),
            "TargetNotFoundException",
        )
        refused(
            lambda target=target: client.list_policies_for_target(TargetId=target, Filter=TYPE),
            "TargetNotFoundException",
        )
    for change in (
        lambda: client.update_policy(PolicyId=FULL, Description="x"),
        lambda: client.delete_policy(PolicyId=FULL),
    ):
        refused(change, "InvalidInputException", "IMMUTABLE_POLICY")
    world.organization.feature_set = "CONSOLIDATED_BILLING"
    code = "PolicyTypeNotAvailableForOrganizationException"
    refused(lambda: create(client, "third"), code)
    client.disable_policy_type(**ON)
    refused(lambda: client.enable_policy_type(**ON), code)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '"x"',
        "{}",
        '{"Statement": []}',
        '{"Statement": ["x"]}',
        *(
            json.dumps({"Statement": statement})
            for statement in (
                {key: value for key, value in STATEMENT.items() if key != "Effect"},
                {**STATEMENT, "Effect": "deny"},
                {key: value for key, value in STATEMENT.items() if key != "Action"},
                {**STATEMENT, "NotAction": "iam:*"},
                {key: value for key, value in STATEMENT.items() if key != "Resource"},
                {**STATEMENT, "NotResource": "*"},
                {**STATEMENT, "Principal": "*"},
                [STATEMENT, {**STATEMENT, "Effekt": "Deny"}],
            )
        ),
    ],
)
def test_malformed_documents_are_refused_on_creation_and_on_change(client, content):
    refused(lambda: create(client, content=content), "MalformedPolicyDocumentException")
    policy_id = create(client)
    refused(
        lambda: client.update_policy(PolicyId=policy_id, Name="new", Content=content),
        "MalformedPolicyDocumentException",
    )
    described = client.describe_policy(PolicyId=policy_id)["Policy"]
    assert (described["Content"], described["PolicySummary"]["Name"]) == (CONTENT, "guardrail")


def test_the_opposites_and_conditions_are_accepted(client):
    statement = {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::x"}
    condition = {"ForAnyValue:StringEquals": {"account:AlternateContactTypes": ["SECURITY"]}}
    assert create(client, content=json.dumps({"Statement": {**statement, "Condition": condition}}))


def test_documents_have_a_largest_size(client):
    assert create(client, content=CONTENT.ljust(5120))
    refused(
        lambda: create(client, "second", content=CONTENT.ljust(5121)),
        "ConstraintViolationException",
        "POLICY_CONTENT_LIMIT_EXCEEDED",
    )


def test_other_types_of_policies_are_not_answered(client):
    with pytest.raises(NotImplementedError, match="TAG_POLICY"):
        client.create_policy(Name="x", Description="", Type="TAG_POLICY", Content="{}")
    with pytest.raises(NotImplementedError, match="TAG_POLICY"):
        client.enable_policy_type(RootId="r-a1b2", PolicyType="TAG_POLICY")
    with pytest.raises(NotImplementedError, match="TAG_POLICY"):
        client.list_policies(Filter="TAG_POLICY")
    with pytest.raises(NotImplementedError, match="TAG_POLICY"):
        client.list_policies_for_target(Filter="TAG_POLICY", TargetId=HUB)


def test_changes_of_the_guardrail_are_events_of_management(world, client):
    client.enable_policy_type(**ON)
    policy_id = create(client)
    client.attach_policy(PolicyId=policy_id, TargetId=MEMBER)
    client.update_policy(PolicyId=policy_id, Description="e")
    client.detach_policy(PolicyId=policy_id, TargetId=MEMBER)
    client.delete_policy(PolicyId=policy_id)
    assert world.names() == [
        *("EnablePolicyType", "CreatePolicy", "AttachPolicy", "UpdatePolicy", "DetachPolicy", "DeletePolicy")
    ]
    assert {account for account, _ in world.events} == {"111111111111"}
    details = [event["detail"] for _, event in world.events]
    assert details[2]["requestParameters"] == {"policyId": policy_id, "targetId": MEMBER}
    assert details[2]["responseElements"] is None
    assert details[3]["responseElements"]["policy"]["policySummary"]["description"] == "e"
    assert details[1]["responseElements"]["policy"]["policySummary"]["awsManaged"] is False
