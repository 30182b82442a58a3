"""Callers are who they are: roles, root users, operators; and AssumeRole is held to trust policies."""

import json
from http.client import HTTPConnection

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.cloud.gateway import make_root_key
from tests.cloud.tools import IAM, received, rule_to_queue, unique

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB, MEMBER = "111111111111", "333333333333", "222222222222"
EXEMPT = "555566667777"
CONTACT = {"Name": "N", "Title": "T", "EmailAddress": "n@example.com", "PhoneNumber": "+1 206 555 0199"}


def client(cloud, service, key, token=""):
    return boto3.client(
        service,
        endpoint_url=cloud.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=key,
        aws_session_token=token or None,
    )


def session(cloud, account, role, name="session"):
    """A client of STS in a session of that role."""
    keys = cloud.clients.get_credentials(account, role=role, session=name)
    return client(cloud, "sts", keys.access_key_id, keys.session_token)


@pytest.fixture(scope="module")
def roles(cloud):
    """Reconcile's role in the hub and the role in management that trusts nobody else, made by stacks."""
    suffix = unique("roles")
    reconcile, contacts = f"reconcile-{suffix}", f"contacts-{suffix}"
    contacts_arn = f"arn:aws:iam::{MANAGEMENT}:role/{contacts}"
    own = f"arn:aws:account::{MANAGEMENT}:account"
    only = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{HUB}:role/{reconcile}"}}

    def role(name, principal, *statements, **condition):
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **condition}
        policy = {"PolicyName": "it", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
        properties = {
            "RoleName": name,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [policy] if statements else [],
        }
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    def allow(action, resource):
        return {"Effect": "Allow", "Action": action, "Resource": resource}

    for account, resources in (
        (
            HUB,
            {
                "A": role(
                    reconcile, {"Service": "lambda.amazonaws.com"}, allow("sts:AssumeRole", contacts_arn)
                ),
                "B": role(f"other-{suffix}", {"Service": "lambda.amazonaws.com"}, allow("sts:*", "*")),
                "C": role(f"idle-{suffix}", {"Service": "lambda.amazonaws.com"}),
            },
        ),
        (
            MANAGEMENT,
            {
                "A": role(
                    contacts,
                    {"AWS": f"arn:aws:iam::{HUB}:root"},
                    allow("account:*AlternateContact", own),
                    Condition=only,
                )
            },
        ),
    ):
        cloud.clients.client("cloudformation", account).create_stack(
            StackName=suffix,
            Capabilities=IAM,
            TemplateBody=json.dumps({"Resources": resources}),
        )
    return {
        "reconcile": reconcile,
        "other": f"other-{suffix}",
        "idle": f"idle-{suffix}",
        "contacts": contacts_arn,
    }


def assume(sts, role_arn):
    return sts.assume_role(RoleArn=role_arn, RoleSessionName="writer")


def test_the_role_that_is_trusted_may_become_what_trusts_it_and_no_more_than_that(cloud, roles):
    answer = assume(session(cloud, HUB, roles["reconcile"]), roles["contacts"])
    keys = answer["Credentials"]
    account = client(cloud, "account", keys["AccessKeyId"], keys["SessionToken"])
    account.put_alternate_contact(AlternateContactType="BILLING", **CONTACT)
    account.delete_alternate_contact(AlternateContactType="BILLING")
    with pytest.raises(account.exceptions.AccessDeniedException, match="no identity-based policy allows"):
        account.put_alternate_contact(AccountId=EXEMPT, AlternateContactType="BILLING", **CONTACT)


@pytest.mark.parametrize(
    "who",
    [
        (HUB, "other"),  # may by its own policy, is not trusted
        (HUB, "idle"),
        (HUB, "OrganizationAccountAccessRole"),
        (MEMBER, "OrganizationAccountAccessRole"),
        (MANAGEMENT, "OrganizationAccountAccessRole"),
    ],
)
def test_nobody_else_may(cloud, roles, who):
    account, role = who
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole") as refused:
        assume(session(cloud, account, roles.get(role, role)), roles["contacts"])
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_deployed_role_becomes_nothing_that_its_policies_do_not_name(cloud, roles):
    for account in (HUB, MEMBER):
        with pytest.raises(ClientError, match="sts:AssumeRole"):
            assume(session(cloud, HUB, roles["reconcile"]), f"arn:aws:iam::{account}:role/Administrator")


def test_roles_of_people_trust_their_account_and_management(cloud):
    """They come to be when the local cloud's own keys ask for them; for all others they do not exist."""
    member = session(cloud, MEMBER, "Developer")
    with pytest.raises(ClientError, match="sts:AssumeRole"):
        assume(member, f"arn:aws:iam::{MEMBER}:role/NobodyAskedFor")
    for account in (MEMBER, MANAGEMENT):
        assert session(cloud, account, "Operator")
    assert assume(member, f"arn:aws:iam::{MEMBER}:role/Operator")
    with pytest.raises(ClientError, match="sts:AssumeRole"):
        assume(member, f"arn:aws:iam::{MANAGEMENT}:role/Operator")
    management = session(cloud, MANAGEMENT, "Admin")
    assert assume(management, f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole")


def test_a_role_session_is_itself(cloud):
    identity = session(cloud, MEMBER, "Developer", "mary").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/Developer/mary"
    assert identity["Account"] == MEMBER


def test_the_root_user_is_itself_to_everybody_and_becomes_no_role(cloud):
    sts = client(cloud, "sts", make_root_key(EXEMPT))
    identity = sts.get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (EXEMPT, f"arn:aws:iam::{EXEMPT}:root")
    url = rule_to_queue(cloud, EXEMPT, {"detail": {"userIdentity": {"type": ["Root"]}}})
    account = client(cloud, "account", make_root_key(EXEMPT))
    account.put_alternate_contact(AlternateContactType="OPERATIONS", **CONTACT)
    account.delete_alternate_contact(AlternateContactType="OPERATIONS")
    detail = received(cloud, EXEMPT, url)["detail"]
    assert detail["userIdentity"]["arn"] == f"arn:aws:iam::{EXEMPT}:root"
    assert detail["recipientAccountId"] == EXEMPT
    with pytest.raises(ClientError, match="sts:AssumeRole"):
        assume(sts, f"arn:aws:iam::{EXEMPT}:role/Operator")
    assert client(cloud, "iam", make_root_key(EXEMPT)).list_roles()["Roles"] is not None


def test_a_key_that_nobody_handed_out_is_an_administrator_of_management(cloud):
    identity = client(cloud, "sts", "any").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{MANAGEMENT}:user/administrator"


@pytest.mark.parametrize("kind", ["SECURITY", "BILLING"])
def test_the_account_api_keys_of_a_condition_are_known(cloud, kind):
    """The kinds and the OUs that a policy names are those that its role may touch."""
    organization = cloud.simulation.organization
    unit = organization.find_ou("Sandbox")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    statement = {
        "Effect": "Allow",
        "Action": "account:PutAlternateContact",
        "Resource": f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*",
        "Condition": {
            "ForAnyValue:StringEquals": {"account:AlternateContactTypes": ["SECURITY"]},
            "ForAnyValue:StringLike": {
                "account:AccountResourceOrgPaths": [f"o-exampleorgid/{organization.root_id}/{unit}/*"]
            },
        },
    }
    iam, name = cloud.clients.client("iam", HUB), unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    iam.put_role_policy(
        RoleName=name,
        PolicyName="it",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    account = cloud.clients.client("account", HUB, role=name)
    put = {"AlternateContactType": kind, **CONTACT}
    if kind == "SECURITY":
        account.put_alternate_contact(AccountId=EXEMPT, **put)
        cloud.clients.client("account", EXEMPT).delete_alternate_contact(AlternateContactType=kind)
    else:
        with pytest.raises(account.exceptions.AccessDeniedException):
            account.put_alternate_contact(AccountId=EXEMPT, **put)
    with pytest.raises(account.exceptions.AccessDeniedException):
        account.put_alternate_contact(AccountId=MEMBER, **put)


def test_a_role_with_a_path_is_known_by_its_whole_arn(cloud):
    """aws:PrincipalArn has the path, which the ARN of a session leaves out."""
    iam, name = cloud.clients.client("iam", MEMBER), unique("role")
    anything = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    allow = {"Version": "2012-10-17", "Statement": [anything]}
    own = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": MEMBER}}
    iam.create_role(RoleName=name, Path="/ops/", AssumeRolePolicyDocument=json.dumps({"Statement": [own]}))
    iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=json.dumps(allow))
    target = unique("role")
    condition = {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{MEMBER}:role/ops/{name}"}}
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": MEMBER},
        "Condition": condition,
    }
    cloud.clients.client("iam", EXEMPT).create_role(
        RoleName=target, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    assert assume(session(cloud, MEMBER, name), f"arn:aws:iam::{EXEMPT}:role/{target}")


def test_what_is_no_role_is_left_to_moto(cloud):
    connection = HTTPConnection(cloud.endpoint.removeprefix("http://"))
    scope = "AWS4-HMAC-SHA256 Credential=any/20261121/us-east-1/sts/aws4_request, S"
    body = "Action=GetSessionToken&Version=2011-06-15"
    headers = {"Authorization": scope, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/", body, headers)
    assert connection.getresponse().status == 200


def test_a_role_that_wants_a_second_factor_is_given_to_those_who_show_one(cloud):
    name = unique("role")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.clients.client("iam", MEMBER).create_role(RoleName=name, AssumeRolePolicyDocument=document)
    session = {"RoleArn": role["Role"]["Arn"], "RoleSessionName": "me"}
    sts = cloud.clients.client("sts", MEMBER)
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        sts.assume_role(**session)
    device = {"SerialNumber": f"arn:aws:iam::{MEMBER}:mfa/me", "TokenCode": "123456"}
    assert sts.assume_role(**session, **device)["Credentials"]
