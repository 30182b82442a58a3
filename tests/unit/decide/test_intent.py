"""Intents: what is stored of them, and who may take one over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.intent import LEASE_SECONDS, Intent
from rollcall.events.actor import Actor
from rollcall.events.signal import Cause, EventReference, Signal
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Present
from tests.support.strategies import contacts, wanted

NOW = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)


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
