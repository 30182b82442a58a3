"""The small pure pieces: masking, pacing, severity, intents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.intent import LEASE_SECONDS, Intent
from rollcall.events.actor import Actor
from rollcall.events.signal import Cause, EventReference, Signal
from rollcall.model.contact import ContactKind, mask_contact
from rollcall.model.desired import Absent, Present
from rollcall.model.levels import Severity
from rollcall.outcomes.severity import find_severity
from rollcall.outcomes.verdicts import Verdict
from rollcall.timing import Bucket
from tests.core.strategies import contacts, wanted

NOW = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
MANAGEMENT = "111111111111"


def signal(cause=Cause.CONTACT_EDITED, *, kind="AssumedRole", account_id="222222222222") -> Signal:
    return Signal(
        account_id=account_id,
        cause=cause,
        event=EventReference(
            id="e-1", name="PutAlternateContact", time="2026-10-05T09:30:00Z", request_id="r-1"
        ),
        actor=Actor.from_detail({"userIdentity": {"type": kind}}),
        kind=ContactKind.SECURITY,
    )


@given(contact=contacts)
def test_a_masked_contact_keeps_the_mail_domain_and_no_whole_value(contact):
    hidden = mask_contact(contact)
    assert hidden["email"].endswith("@" + contact.email.split("@")[-1])
    for part, value in contact.as_document().items():
        assert "*" in value or set(value) <= set("@. ") or value not in hidden[part]
    assert sum(character.isdigit() for character in hidden["phone"]) <= 2


@given(contact=contacts)
def test_a_contact_never_shows_in_a_repr(contact):
    assert repr(Present(contact=contact)) == "Present(contact=Contact())"


@given(
    rate=st.floats(0.5, 10), burst=st.floats(1, 15), gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60)
)
def test_a_paced_caller_never_exceeds_rate_and_burst(rate, burst, gaps):
    bucket = Bucket(rate=rate, burst=burst, tokens=burst, at=0.0)
    now, calls = 0.0, []
    for gap in gaps:
        now += gap
        now += bucket.reserve(now)
        calls.append(now)
    for first in range(len(calls)):
        for last in range(first, len(calls)):
            assert last - first + 1 <= burst + rate * (calls[last] - calls[first]) + 1 + 1e-6


@pytest.mark.parametrize(
    ("cause", "verdict", "actor", "account_id", "expected"),
    [
        (Cause.CONTACT_EDITED, Verdict.SET, "AssumedRole", "222222222222", Severity.MEDIUM),
        (Cause.CONTACT_DELETED, Verdict.SET, "AssumedRole", "222222222222", Severity.HIGH),
        (Cause.CONTACT_EDITED, Verdict.SET, "Root", "222222222222", Severity.HIGH),
        (Cause.CONTACT_EDITED, Verdict.UNREACHABLE, "AssumedRole", MANAGEMENT, Severity.HIGH),
        (Cause.CONTACT_EDITED, Verdict.WOULD_SET, "AssumedRole", "222222222222", Severity.MEDIUM),
        (Cause.CONTACT_EDITED, Verdict.FAILED, "AssumedRole", "222222222222", Severity.HIGH),
        (Cause.CONTACT_DELETED, Verdict.DENIED, "Root", "222222222222", Severity.LOW),
        (Cause.CONTACT_DELETED, Verdict.EXEMPT, "Root", "222222222222", Severity.LOW),
        (Cause.CONTACT_EDITED, Verdict.UNRECORDED_WRITE, "AssumedRole", "222222222222", Severity.CRITICAL),
        (Cause.CONTACT_EDITED, Verdict.COMPLIANT, "Root", "222222222222", None),
        (Cause.CONTACT_EDITED, Verdict.OWN_WRITE, "AssumedRole", "222222222222", None),
        (Cause.CONTACT_EDITED, Verdict.UNMANAGED, "AssumedRole", "222222222222", None),
        (Cause.ACCOUNT_CREATED, Verdict.SET, "AWSService", "222222222222", Severity.INFO),
        (Cause.ACCOUNT_CREATED, Verdict.EXEMPT, "AWSService", "222222222222", None),
        (Cause.ACCOUNT_MOVED, Verdict.SET, "AssumedRole", "222222222222", Severity.INFO),
        (Cause.ACCOUNT_MOVED, Verdict.FAILED, "AssumedRole", "222222222222", Severity.HIGH),
    ],
)
def test_severity_is_as_the_design_says(cause, verdict, actor, account_id, expected):
    given_signal = signal(cause, kind=actor, account_id=account_id)
    assert (
        find_severity(signal=given_signal, verdict=verdict, management_account=MANAGEMENT, authorised=False)
        is expected
    )


@given(
    wanted=wanted,
    found=st.just(Absent()) | st.builds(Present, contact=contacts),
    request=st.none() | st.just("r-9"),
)
def test_an_intent_survives_its_document(wanted, found, request):
    intent = Intent(
        id="i-1",
        owner="m-1",
        opened_at=NOW,
        roster_digest="d",
        signal=signal(),
        kind=ContactKind.SECURITY,
        found=found,
        wanted=wanted,
        request_id=request,
    )
    assert Intent.from_document(intent.as_document()) == intent
    assert intent.can_take_over(by="m-1", now=NOW)
    assert not intent.can_take_over(by="m-2", now=NOW + timedelta(seconds=LEASE_SECONDS))
    assert intent.can_take_over(by="m-2", now=NOW + timedelta(seconds=LEASE_SECONDS + 1))
