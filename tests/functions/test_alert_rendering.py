"""Alerts: every incident can be told, nobody's names can spoil one, nothing in it is unmasked."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.alerts import SUBJECT_LENGTH, render
from rollcall.contacts import ContactKind
from rollcall.documents import incident_document
from rollcall.errors import MalformedEventError
from rollcall.notify import Notifier
from rollcall.observation import Absent, Unreadable
from rollcall.plan import Verdict
from rollcall.severity import severity
from rollcall.signals import Cause
from tests.adapters.samples import (
    ACCOUNT,
    INCIDENT,
    INTENT,
    MANAGEMENT,
    MEMBER,
    NOW,
    OUTCOME,
    SIGNAL,
    leaks,
)

FOUND = {
    "present": INTENT.found,
    "absent": Absent(),
    "unreadable": Unreadable(reason="the Account API answered ValidationException"),
    "unknown": None,
}
HOSTILE = {
    "newline": "Payments\nSeverity: INFO\r\n\r\nAll is well",
    "right-to-left": "Payments\u202e\u2066 doog si llA\u2069",
    "zero width": "Pay\u200bments\ufeff",
    "control": "Pay\x00ments\x1b[2J\x7f\x85",
    "separators": "Pay\u2028ments\u2029",
    "long": "P" * 64,
    "non-ascii": "Zahlungen Ünïcødé 支払い 🚨" + "ü" * 36,
    "format": "{kinds} {0} %s %(x)s {account!r}",
    "surrogate": "Pay\ud800ments",
    "empty": "",
}
BASE = incident_document(INCIDENT, management_account=MANAGEMENT, at=NOW)


def told(cause, *verdicts, found=OUTCOME.found, account=ACCOUNT, **changes):
    """The incident document, None if nobody need be told."""
    signal = replace(SIGNAL, cause=cause)
    kinds = list(ContactKind)
    outcomes = tuple(
        replace(
            OUTCOME,
            **({"verdict": verdict, "found": found, "kind": kinds[number % 3], "verified": None} | changes),
        )
        for number, verdict in enumerate(verdicts)
    )
    incident = replace(INCIDENT, signal=signal, account=account, outcomes=outcomes)
    return incident_document(incident, management_account=MANAGEMENT, at=NOW)


def assert_sound(alert):
    assert 1 <= len(alert.subject) <= SUBJECT_LENGTH == 100
    assert all(" " <= character <= "~" for character in alert.subject)
    assert alert.subject.startswith("[")
    assert all(line.isprintable() for line in alert.text.split("\n"))
    assert "{" not in alert.subject.replace(HOSTILE["format"], "")
    assert leaks(alert.subject + alert.text + repr(alert)) == []
    assert all(isinstance(value, str) and value for value in alert.attributes.values())
    assert len(alert.attributes) <= 10  # SNS passes no more on to raw subscribers
    assert alert.incident_id in alert.text
    assert MEMBER in alert.text
    assert SIGNAL.actor.principal in alert.text
    assert SIGNAL.event.id in alert.text
    assert len(alert.text.encode()) < 200_000  # SNS takes 256 KiB with the attributes


@pytest.mark.parametrize("stage", ["open", "closed"])
@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize(("cause", "verdict"), list(product(Cause, Verdict)))
def test_every_incident_can_be_told(cause, verdict, found, stage):
    document = told(cause, verdict, found=FOUND[found])
    signal = replace(SIGNAL, cause=cause)
    loud = severity(signal=signal, verdict=verdict, management_account=MANAGEMENT)
    assert (document is None) == (loud is None)
    if document is None:
        return
    alert = render(document | {"stage": stage})
    assert_sound(alert)
    assert (alert.stage, alert.attributes["stage"]) == (stage, stage)
    assert alert.attributes["verdict"] == verdict
    assert alert.subject.startswith(f"[{loud.name}] ")


@pytest.mark.parametrize(("first", "second"), list(product(Verdict, Verdict)))
def test_every_pair_of_outcomes_can_be_told(first, second):
    for cause in (Cause.ACCOUNT_CREATED, Cause.CONTACT_DELETED):
        document = told(cause, first, second)
        if document is not None:
            assert_sound(render(document))


def test_compliant_contacts_are_not_told_with_the_others():
    document = told(Cause.ACCOUNT_CREATED, Verdict.COMPLIANT, Verdict.SET, Verdict.COMPLIANT)
    alert = render(document)
    assert alert.attributes["kind"] == "OPERATIONS"
    assert "ecurity" not in alert.text
    assert "illing" not in alert.text


def test_an_alert_says_what_was_found_and_what_is_wanted_masked():
    alert = render(BASE)
    for part in ("U*** V***", "u***@intruder.example", "***18", "Q*** X***", "q***@roster.example", "***59"):
        assert part in alert.text


@pytest.mark.parametrize(
    ("mfa", "text"), [(True, "with MFA"), (False, "without MFA"), (None, "MFA unknown")], ids=str
)
def test_an_alert_says_whether_there_was_mfa(mfa, text):
    signal = replace(SIGNAL, actor=replace(SIGNAL.actor, mfa=mfa))
    document = incident_document(replace(INCIDENT, signal=signal), management_account=MANAGEMENT, at=NOW)
    assert text in render(document).text


def test_an_opening_promises_its_closing_and_a_closing_does_not():
    opened, closed = (render(BASE | {"stage": stage}).text for stage in ("open", "closed"))
    assert "second message" in opened
    assert "second message" not in closed


def test_a_write_that_does_not_show_yet_is_told_so():
    document = told(Cause.CONTACT_EDITED, Verdict.SET, verified=False)
    assert "did not show it yet" in render(document).text


def test_a_signal_without_a_kind_is_told():
    document = told(Cause.CONTACT_EDITED, Verdict.DENIED, kind=None, found=None, wanted=None)
    assert_sound(render(document))
    assert render(document).attributes["kind"] == "ALL"


def test_an_account_that_nobody_knows_is_told_by_its_id():
    assert_sound(render(told(Cause.CONTACT_EDITED, Verdict.SET, account=None)))


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("cause", list(Cause))
def test_names_that_others_chose_spoil_nothing(cause, name):
    account = replace(ACCOUNT, name=name, ou_path=(name, name))
    document = told(cause, *[Verdict.SET, Verdict.FAILED, Verdict.WOULD_SET], account=account)
    alert = render(document)
    assert_sound(alert)
    honest = render(told(cause, *[Verdict.SET, Verdict.FAILED, Verdict.WOULD_SET]))
    assert alert.text.count("\n") == honest.text.count("\n")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(
    name=st.text(max_size=64),
    agent=st.text(max_size=300),
    session=st.text(max_size=64),
    verdicts=st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=3),
    cause=st.sampled_from(list(Cause)),
)
def test_no_text_breaks_a_line_or_the_subject(name, agent, session, verdicts, cause):
    actor = replace(SIGNAL.actor, user_agent=agent, kind=session)
    signal = replace(SIGNAL, actor=actor, cause=cause)
    outcomes = tuple(replace(OUTCOME, verdict=verdict) for verdict in verdicts)
    incident = replace(
        INCIDENT, signal=signal, account=replace(ACCOUNT, name=name, ou_path=(name,)), outcomes=outcomes
    )
    document = incident_document(incident, management_account=MANAGEMENT, at=NOW)
    if document is not None:
        alert = render(document)
        assert len(alert.subject) <= SUBJECT_LENGTH
        assert all(" " <= character <= "~" for character in alert.subject)
        assert all(line.isprintable() for line in alert.text.split("\n"))


def without(*path):
    """The incident without one of its members."""
    document = {**BASE, "account": dict(BASE["account"]), "outcomes": [dict(BASE["outcomes"][0])]}
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return document


MALFORMED = [
    None,
    [],
    "text",
    7,
    {},
    {"detail": None},
    {"detail": []},
    {"detail": "text"},
    {"detail": {}},
    *({"detail": without(name)} for name in BASE if name != "decided_at"),
    *(
        {"detail": without("outcomes", 0, name)}
        for name in ("verdict", "kind", "found", "wanted", "verified")
    ),
    {"detail": without("account", "id")},
    {"detail": BASE | {"version": 2}},
    {"detail": BASE | {"version": "1"}},
    {"detail": BASE | {"cause": "sunspots"}},
    {"detail": BASE | {"cause": None}},
    {"detail": BASE | {"cause": []}},
    {"detail": BASE | {"outcomes": []}},
    {"detail": BASE | {"outcomes": None}},
    {"detail": BASE | {"outcomes": [None]}},
    {"detail": BASE | {"outcomes": [{"verdict": "compliant"}]}},
    {
        "detail": BASE
        | {"outcomes": [BASE["outcomes"][0] | {"found": {"state": "present", "contact": {"name": "x"}}}]}
    },
    {"detail": BASE | {"actor": None}},
    {"detail": BASE | {"actor": BASE["actor"] | {"mfa": "yes"}}},
    {"detail": BASE | {"account": None}},
    {"detail": BASE | {"event": None}},
]


@pytest.mark.parametrize("event", MALFORMED, ids=lambda event: str(event)[:60])
def test_an_event_that_is_no_incident_is_malformed(event):
    notifier = Notifier(alerted=None, topic=None, clock=None)
    with pytest.raises(MalformedEventError, match="no incident document of version 1") as caught:
        notifier.handle(event)
    assert caught.value.__suppress_context__
