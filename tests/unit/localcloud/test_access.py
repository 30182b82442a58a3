"""Who may do what in the local cloud, asked without a server."""

import base64
import json

import pytest
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from localcloud.access.actions import list_needs
from localcloud.access.calls import read_call
from localcloud.access.decisions import explain_refusal
from localcloud.access.keys import build_context
from localcloud.access.principals import find_principal
from localcloud.access.services import ServiceAccess
from localcloud.story.seeds import make_ready_organization
from simulation.caller import Caller
from simulation.clock import SystemClock

ACCOUNT, REGION = "909090909090", "us-east-1"
SCHEDULER = "scheduler.amazonaws.com"


@pytest.fixture
def organization():
    made = make_ready_organization(SystemClock())
    made.add_account(account_id=ACCOUNT, name="A", email="aws+a@example.com", parent=made.root_id)
    return made


@pytest.fixture
def iam():
    backend = iam_backends[ACCOUNT]["aws"]
    yield backend
    backend.reset()


def make_call(service, target, parameters):
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20261201/{REGION}/{service}/aws4_request"
    headers = [("Authorization", scope), ("X-Amz-Target", target)]
    body = json.dumps(parameters).encode()
    builder = EnvironBuilder(
        method="POST", headers=headers, data=body, content_type="application/x-amz-json-1.1"
    )
    return read_call(Request(builder.get_environ()), body)


def list_asked(service, target, parameters):
    return [
        (need.action, need.resource) for need in list_needs(make_call(service, target, parameters), ACCOUNT)
    ]


def make_policy(*actions, **elements):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | elements
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def may(caller, organization, call):
    principal = find_principal(caller)
    context = build_context(principal, organization, region=REGION)
    return all(
        explain_refusal(principal, need, context, organization) is None
        for need in list_needs(call, caller.account_id)
    )


def test_parameters_of_unexpected_types_are_not_read():
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    assert make_call("events", "AWSEvents.PutEvents", {"Entries": [entry]}).readable
    assert not make_call("events", "AWSEvents.PutEvents", {"Entries": [entry | {"Resources": 5}]}).readable


@pytest.mark.parametrize(
    ("service", "target", "parameters", "actions"),
    [
        ("events", "AWSEvents.PutEvents", {"Entries": []}, {"PutEvents"}),
        ("events", "AWSEvents.PutEvents", {}, {"PutEvents"}),
        (
            "dynamodb",
            "DynamoDB_20120810.TransactWriteItems",
            {"TransactItems": []},
            {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t", "Item": {}}}]},
            {"PutItem"},
        ),
    ],
)
def test_a_batch_of_nothing_needs_its_actions(service, target, parameters, actions):
    asked = list_asked(service, target, parameters)
    assert {action for action, _ in asked} == {f"{service}:{action}" for action in actions}
    if actions != {"PutItem"}:
        assert {resource for _, resource in asked} == {"*"}


@pytest.mark.parametrize(
    ("operation", "parameters", "resource"),
    [
        ("DescribeEventBus", {"Name": "rollcall-intake"}, "event-bus/rollcall-intake"),
        ("CreateEventBus", {"Name": "rollcall-intake"}, "event-bus/rollcall-intake"),
        ("DeleteEventBus", {"Name": "rollcall-intake"}, "event-bus/rollcall-intake"),
        ("DescribeRule", {"Name": "one", "EventBusName": "rollcall-intake"}, "rule/rollcall-intake/one"),
        ("DescribeRule", {"Name": "one"}, "rule/one"),
    ],
)
def test_a_name_is_that_of_a_bus_or_of_a_rule(operation, parameters, resource):
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:{resource}"
    assert list_asked("events", f"AWSEvents.{operation}", parameters) == [(f"events:{operation}", arn)]


def test_only_an_administrator_that_iam_does_not_have_is_exempt(iam, organization):
    caller = Caller(account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/administrator", access_key_id="")
    call = make_call("events", "AWSEvents.ListRules", {})
    assert may(caller, organization, call)
    iam.create_user(REGION, "administrator")
    assert not may(caller, organization, call)


@pytest.fixture
def decrypter(iam):
    """A user that may do everything with keys, and with lists of them."""
    iam.create_user(REGION, "dev")
    iam.put_user_policy("dev", "it", make_policy("kms:*"))
    return Caller(account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/dev", access_key_id="")


def test_the_key_of_a_ciphertext_is_in_it(decrypter, organization):
    kms = kms_backends[ACCOUNT][REGION]
    key, other = (
        kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", [], multi_region=False)
        for _ in range(2)
    )
    blob = base64.b64encode(kms.encrypt(key.id, b"x", {})[0]).decode()
    decrypt = {"CiphertextBlob": blob}
    assert list_asked("kms", "TrentService.Decrypt", decrypt) == [("kms:Decrypt", key.arn)]
    again = decrypt | {"DestinationKeyId": other.id}
    assert list_asked("kms", "TrentService.ReEncrypt", again) == [
        ("kms:ReEncryptFrom", key.arn),
        ("kms:ReEncryptTo", other.arn),
    ]
    assert may(decrypter, organization, make_call("kms", "TrentService.Decrypt", decrypt))
    key.policy = make_policy("kms:*", Principal={"AWS": "222222222222"})
    assert not may(decrypter, organization, make_call("kms", "TrentService.Decrypt", decrypt))


@pytest.mark.parametrize("operation", ["ListKeys", "ListAliases", "DescribeCustomKeyStores"])
def test_a_call_that_names_no_key_needs_no_key_policy(decrypter, organization, operation):
    assert may(decrypter, organization, make_call("kms", f"TrentService.{operation}", {}))
    nobody = Caller(account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/none", access_key_id="")
    assert not may(nobody, organization, make_call("kms", f"TrentService.{operation}", {}))


@pytest.mark.parametrize(
    ("source", "trusted"),
    [
        (f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default", True),
        (f"arn:aws:scheduler:{REGION}:222222222222:schedule-group/default", False),
        ("", True),
        ("arn:aws:s3:::bucket-that-nobody-has", True),
    ],
)
def test_a_trust_policy_compares_the_account_of_the_source(iam, organization, source, trusted):
    """That of the role itself only where the source has none."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": SCHEDULER},
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    role = iam.create_role("starter", policy, "/", None, "", [], "3600")
    assert ServiceAccess(organization).can_assume(SCHEDULER, role.arn, source_arn=source) is trusted
