"""How loud each outcome is: one row for each rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollcall.events.actor import Actor
from rollcall.events.signal import Cause, EventReference, Signal
from rollcall.model.contact import ContactKind
from rollcall.model.levels import Severity
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.severity import find_severity
from rollcall.outcomes.verdicts import Verdict
from tests.support.cases import check_each

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


@check_each(
    ("cause", "verdict", "actor", "account_id", "expected"),
    [
        (Cause.CONTACT_EDITED, Verdict.SET, "AssumedRole", "222222222222", Severity.MEDIUM),
        (Cause.CONTACT_DELETED, Verdict.SET, "AssumedRole", "222222222222", Severity.MEDIUM),
        (Cause.CONTACT_EDITED, Verdict.SET, "Root", "222222222222", Severity.HIGH),
        (Cause.CONTACT_EDITED, Verdict.UNREACHABLE, "AssumedRole", MANAGEMENT, Severity.HIGH),
        (Cause.CONTACT_EDITED, Verdict.WOULD_SET, "AssumedRole", "222222222222", Severity.HIGH),
        (Cause.CONTACT_DELETED, Verdict.PENDING, "AssumedRole", "222222222222", Severity.HIGH),
        (Cause.CONTACT_EDITED, Verdict.FAILED, "AssumedRole", "222222222222", Severity.HIGH),
        (Cause.CONTACT_DELETED, Verdict.DENIED, "Root", "222222222222", Severity.LOW),
        (Cause.CONTACT_DELETED, Verdict.EXEMPT, "Root", "222222222222", Severity.LOW),
        (Cause.CONTACT_EDITED, Verdict.UNRECORDED_WRITE, "AssumedRole", "222222222222", Severity.CRITICAL),
        (Cause.CONTACT_EDITED, Verdict.COMPLIANT, "Root", "222222222222", None),
        (Cause.CONTACT_EDITED, Verdict.OWN_WRITE, "AssumedRole", "222222222222", None),
        (Cause.CONTACT_EDITED, Verdict.UNMANAGED, "AssumedRole", "222222222222", Severity.LOW),
        (Cause.ACCOUNT_CREATED, Verdict.SET, "AWSService", "222222222222", Severity.INFO),
        (Cause.ACCOUNT_CREATED, Verdict.EXEMPT, "AWSService", "222222222222", None),
        (Cause.ACCOUNT_MOVED, Verdict.SET, "AssumedRole", "222222222222", Severity.INFO),
        (Cause.ACCOUNT_MOVED, Verdict.FAILED, "AssumedRole", "222222222222", Severity.HIGH),
    ],
)
def test_severity_is_as_the_design_says(cause, verdict, actor, account_id, expected):
    given_signal = signal(cause, kind=actor, account_id=account_id)
    assert (
        find_severity(given_signal, Outcome(verdict=verdict, reason=""), management_account=MANAGEMENT)
        is expected
    )


@pytest.mark.parametrize(
    ("name", "by_hand", "by_a_stack"),
    [
        ("PutRolePolicy", Severity.CRITICAL, Severity.MEDIUM),
        # Those of other services and accounts are no deployment of Rollcall's, whoever makes the call.
        ("DetachPolicy", Severity.CRITICAL, Severity.CRITICAL),
        ("StopLogging", Severity.HIGH, Severity.HIGH),
    ],
)
def test_only_parts_of_rollcall_are_less_loud_if_a_stack_changes_them(name, by_hand, by_a_stack):
    given = signal(Cause.MONITORED)
    given = replace(given, event=replace(given.event, name=name))
    for via, expected in ((None, by_hand), ("cloudformation.amazonaws.com", by_a_stack)):
        found = find_severity(
            replace(given, actor=replace(given.actor, via=via)),
            Outcome(verdict=Verdict.NOTIFIED, reason=""),
            management_account=MANAGEMENT,
        )
        assert found is expected


def test_a_contact_left_changed_is_loud_if_it_is_deleted_or_about_security():
    for kind, cause, expected in (
        (ContactKind.BILLING, Cause.CONTACT_EDITED, Severity.MEDIUM),
        (ContactKind.BILLING, Cause.CONTACT_DELETED, Severity.HIGH),
        (ContactKind.SECURITY, Cause.CONTACT_EDITED, Severity.HIGH),
    ):
        given = replace(signal(cause), kind=kind)
        found = find_severity(
            given, Outcome(verdict=Verdict.WOULD_SET, reason=""), management_account=MANAGEMENT
        )
        assert found is expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.SET, Severity.INFO),
        (Verdict.WOULD_SET, Severity.INFO),
        (Verdict.CHANGED_BACK, Severity.INFO),
        (Verdict.FAILED, Severity.HIGH),
        (Verdict.UNREACHABLE, Severity.HIGH),
        (Verdict.UNRECORDED_WRITE, Severity.CRITICAL),
    ],
)
def test_an_authorised_edit_is_expected_also_by_root_but_no_failure_is(verdict, expected):
    edited = signal(kind="Root")
    found = find_severity(
        edited, Outcome(verdict=verdict, reason="", authorised=True), management_account=MANAGEMENT
    )
    assert found is expected
