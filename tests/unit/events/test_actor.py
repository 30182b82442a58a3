"""Every form of CloudTrail's `userIdentity`, and everything that is none."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.events.actor import UNKNOWN, Actor
from tests.support.actors import FORMS
from tests.support.cases import check_each

EVENTS = Path(__file__).parents[2] / "events"
UNSAID: dict[str, Any] = {
    "principal": UNKNOWN,
    "kind": UNKNOWN,
    "account_id": UNKNOWN,
    "role_arn": None,
    "mfa": None,
    "source_ip": UNKNOWN,
    "user_agent": UNKNOWN,
    "session": None,
    "via": None,
    "console": None,
    "access_key": None,
}


@check_each("form", FORMS)
def test_an_actor_is_known_as_far_as_the_event_goes(form):
    identity, said = FORMS[form]
    actor = Actor.from_detail({"userIdentity": identity})
    assert actor.as_document() == {**UNSAID, **said}
    assert Actor.from_document(actor.as_document()) == actor
    assert actor.root == (form == "root")


@check_each("name", sorted(path.stem for path in EVENTS.glob("*.json")))
def test_the_actor_of_every_sample_has_a_principal_and_a_kind(name):
    detail = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))["detail"]
    if "eventName" not in detail:
        return  # no record of CloudTrail
    actor = Actor.from_detail(detail)
    assert UNKNOWN not in {actor.principal, actor.kind}


@check_each(
    ("detail", "console"),
    [
        ({"sessionCredentialFromConsole": "true", "userAgent": "aws-cli/2.31.0"}, True),
        ({"userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}, True),
        ({"userAgent": "console.amazonaws.com"}, True),
        ({"userAgent": "[S3Console/0.4]"}, True),
        ({"userAgent": "aws-cli/2.31.0 md/awscrt"}, False),
        ({"userAgent": "[Boto3/1.44.5 Python/3.13]"}, False),
        ({"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9"}, False),
        ({"sessionCredentialFromConsole": "false", "userAgent": "aws-sdk-go/1.55"}, False),
        ({"userAgent": "AWS Internal"}, None),
        ({"userAgent": ""}, None),
        ({}, None),
    ],
)
def test_console_and_api_are_told_apart_as_far_as_the_event_goes(detail, console):
    assert Actor.from_detail(detail).console is console


@pytest.mark.parametrize(
    ("key", "hint"),
    [("AKIAIOSFODNN7EXAMPLE", "AKIA***MPLE"), ("ASIA", "***"), ("", None), (7, None)],
)
def test_of_an_access_key_id_only_the_ends_are_kept(key, hint):
    assert Actor.from_detail({"userIdentity": {"accessKeyId": key}}).access_key == hint


def test_what_an_earlier_release_stored_can_be_read():
    stored = {key: UNSAID[key] for key in list(UNSAID)[:7]}
    assert Actor.from_document(stored).as_document() == UNSAID


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
NAMES = [
    "type", "principalId", "arn", "accountId", "accessKeyId", "userName", "sessionContext", "invokedBy",
    "identityProvider", "onBehalfOf",
]  # fmt: skip


@given(identity=anything | st.dictionaries(st.sampled_from(NAMES), anything), agent=anything, ip=anything)
def test_no_record_is_too_strange(identity, agent, ip):
    detail = {"userIdentity": identity, "userAgent": agent, "sourceIPAddress": ip}
    actor = Actor.from_detail(detail)
    assert all(text for text in (actor.principal, actor.kind, actor.account_id))
    assert json.loads(json.dumps(actor.as_document())) == actor.as_document()
