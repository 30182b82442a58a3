"""Alerts: every incident can be told, nobody's names can spoil one, nothing in it is unmasked."""

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.events.signal import Cause
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.display import Masks
from rollcall.model.errors import MalformedEventError
from rollcall.notify import topics
from rollcall.notify.notifier import Notifier, read_event
from rollcall.notify.topics import SUBJECT_LENGTH, render_plain_text
from rollcall.outcomes.documents import build_incident_document, is_open
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.severity import find_severity
from rollcall.outcomes.verdicts import Verdict
from tests.support.cases import check_each
from tests.support.rendering import HAPPENINGS, signal_of
from tests.support.samples import (
    ACCOUNT,
    INCIDENT,
    INTENT,
    LINKS,
    MANAGEMENT,
    MEMBER,
    NOW,
    OUTCOME,
    SIGNAL,
    WANTED,
    alert_leaks,
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
    "format": "{outcomes} {0} %s %(x)s {account!r}",
    "surrogate": "Pay\ud800ments",
    "empty": "",
}
EVENT_ID = SIGNAL.event.id
BASE: Any = build_incident_document(INCIDENT, management_account=MANAGEMENT, at=NOW)


#: How an incident may end so that the contact is right although nobody was told of a write.
RIGHT = {Verdict.COMPLIANT, Verdict.OWN_WRITE}


def message_of(document):
    return read_event({"detail": document}, LINKS)


def write_subject(message):
    """Of an alert, without its text."""
    return topics._write_subject(message)


def render(document):
    return render_plain_text(message_of(document))


def told(cause, *verdicts, event_name=None, opened=False, found=OUTCOME.found, account=ACCOUNT, **changes):
    """The incident document, None if nobody need be told."""
    signal = signal_of(cause, event_name)
    kinds = list(ContactKind)
    outcomes = tuple(
        replace(
            OUTCOME,
            **({"verdict": verdict, "found": found, "kind": kinds[number % 4], "verified": None} | changes),
        )
        for number, verdict in enumerate(verdicts)
    )
    incident = replace(
        INCIDENT, event=signal.event, signal=signal, account=account, outcomes=outcomes, opened=opened
    )
    return build_incident_document(incident, management_account=MANAGEMENT, at=NOW)


def assert_sound(alert):
    assert 1 <= len(alert.subject) <= SUBJECT_LENGTH == 99
    assert all(" " <= character <= "~" for character in alert.subject)
    assert alert.subject.startswith("[")
    assert all(line.isprintable() for line in alert.text.split("\n"))
    assert "{contacts}" not in alert.subject + alert.text
    assert alert_leaks(alert.subject + alert.text + repr(alert)) == []
    assert all(isinstance(value, str) and value for value in alert.attributes.values())
    assert len(alert.attributes) <= 10  # SNS passes no more on to raw subscribers
    assert alert.incident_id in alert.text
    assert MEMBER in alert.text
    assert SIGNAL.actor.principal in alert.text
    assert SIGNAL.event.id in alert.text
    assert len(alert.text.encode()) < 200_000  # SNS takes 256 KiB with the attributes


@check_each(("cause", "event_name", "authorised"), HAPPENINGS)
def test_every_incident_can_be_told(cause, event_name, authorised):
    for verdict in Verdict:
        loud = find_severity(
            signal_of(cause, event_name),
            Outcome(verdict=verdict, reason="", authorised=authorised),
            management_account=MANAGEMENT,
        )
        # A monitored event has no contact.
        contacts = (
            product(FOUND.values(), (True, False, None))
            if event_name == SIGNAL.event.name
            else [(None, None)]
        )
        for found, verified in contacts:
            document = told(
                cause, verdict, event_name=event_name, authorised=authorised, found=found, verified=verified
            )
            assert (document is None) == (loud is None)
            if document is None:
                continue
            message = message_of(document)
            alert = render_plain_text(message)
            assert_sound(alert)
            # Whoever filters by the attribute misses nothing that asks for action.
            stage = "open" if "\nStatus: Open" in alert.text else "closed"
            assert {alert.stage, alert.attributes["stage"], document["stage"]} == {stage}
            assert document["retried"] == (verdict is Verdict.PENDING)
            assert alert.attributes["verdict"] == verdict
            assert alert.subject.startswith(f"[{loud and loud.name}] ")
            assert not message.closes_only


@check_each(("cause", "event_name"), sorted({item[:2] for item in HAPPENINGS}))
def test_an_incident_that_still_waits_for_one_contact_is_open(cause, event_name):
    for verdict in Verdict:
        document = told(cause, verdict, Verdict.PENDING, event_name=event_name)
        if document is not None and severity_of(document, Verdict.PENDING) is not None:
            alert = render(document)
            assert_sound(alert)
            assert alert.stage == "open"
            assert "\nStatus: Open, retrying: a second alert with this incident ID follows\n" in alert.text


def severity_of(document, verdict):
    return next(item["severity"] for item in document["outcomes"] if item["verdict"] == verdict)


@check_each(("cause", "event_name"), sorted({item[:2] for item in HAPPENINGS}))
def test_what_was_retried_is_told_or_closes_quietly(cause, event_name):
    for verdict in Verdict:
        at_once = told(cause, verdict, event_name=event_name)
        opened = told(cause, verdict, event_name=event_name, opened=True)
        if at_once is not None:
            assert opened == at_once | {"opened": True, "action": opened["action"]}
            continue
        alert = render(opened)
        assert_sound(alert)
        resolved = "\nStatus: Resolved\n" in alert.text
        assert message_of(opened).closes_only
        assert alert.attributes["stage"] == ("closed" if resolved else "open")
        assert opened["action"] == ("resolve" if resolved else "update")
        assert alert.subject.startswith("[INFO] ")
        assert resolved == (not is_open(verdict))


def test_an_event_of_none_of_ours_is_never_told():
    incident = replace(INCIDENT, signal=None, account=None)
    assert build_incident_document(incident, management_account=MANAGEMENT, at=NOW) is None


class TestContent:
    def content(self, *verdicts, opened=False, **changes):
        return message_of(told(Cause.CONTACT_EDITED, *verdicts, opened=opened, **changes)).content

    def test_names_the_writes_that_ended_and_is_the_same_for_every_repetition(self):
        first = self.content(Verdict.SET, intent_id="i-1")
        assert first
        assert first == self.content(Verdict.SET, intent_id="i-1", opened=True, reason="told once more")
        assert first != self.content(Verdict.SET, intent_id="i-2")

    def test_of_several_writes_it_does_not_matter_which_comes_first(self):
        one = told(Cause.CONTACT_EDITED, Verdict.SET, Verdict.SET)
        one["outcomes"][0]["intent_id"] = "i-1"
        other = one | {"outcomes": one["outcomes"][::-1]}
        assert message_of(one).content == message_of(other).content != self.content(Verdict.SET)

    def test_is_empty_where_nothing_was_written(self):
        assert self.content(Verdict.WOULD_SET, intent_id=None) == ""
        assert self.content(Verdict.COMPLIANT, intent_id=None, opened=True) == ""

    def test_an_opening_has_none_even_if_some_of_it_is_done(self):
        assert self.content(Verdict.SET, Verdict.PENDING) == ""


def test_what_is_left_wrong_is_in_the_message_of_a_closing():
    def list_wrong(*verdicts):
        return message_of(told(Cause.CONTACT_EDITED, *verdicts)).wrong

    assert {one.partition("/")[2] for one in list_wrong(Verdict.SET, Verdict.BLOCKED)} == {"blocked"}
    assert list_wrong(Verdict.SET) == frozenset()
    assert list_wrong(Verdict.BLOCKED, Verdict.PENDING) == frozenset()


def test_the_status_comes_first_then_the_account_and_the_worst_result():
    for verdict in (Verdict.FAILED, Verdict.BLOCKED, Verdict.PENDING, Verdict.WOULD_SET):
        for verdicts in ((verdict, Verdict.SET), (Verdict.SET, verdict)):
            document = told(Cause.CONTACT_EDITED, *verdicts)
            result = render(told(Cause.CONTACT_EDITED, verdict)).subject.partition("edited, ")[2]
            assert render(document).subject == (
                f"[{document['severity']}] Open: 2 contacts of Payments ({MEMBER}) edited:"
                f" 1 {result}, 1 restored"
            )


@check_each("first", list(Verdict))
def test_every_pair_of_outcomes_can_be_told(first):
    causes = (Cause.ACCOUNT_CREATED, Cause.CONTACT_DELETED, Cause.MONITORED)
    for second, cause in product(Verdict, causes):
        document = told(cause, first, second)
        if document is not None:
            assert_sound(render(document))


def test_compliant_contacts_are_not_told_with_the_others():
    document = told(Cause.ACCOUNT_CREATED, Verdict.COMPLIANT, Verdict.SET, Verdict.COMPLIANT)
    alert = render(document)
    assert alert.attributes["kind"] == "OPERATIONS"
    assert "SECURITY" not in alert.text
    assert "BILLING" not in alert.text


def test_an_alert_masks_what_was_found_and_names_the_mailbox_of_the_roster():
    alert = render(BASE)
    for part in ("U*** V***", "u***@intruder.example", "***18", "Q*** X***", WANTED.email, "***59"):
        assert part in alert.text


def test_masks_of_what_differs_are_told_apart():
    found = replace(WANTED, name="Quincy Xu", phone="+1 206 555 0159")
    incident = replace(INCIDENT, outcomes=(replace(OUTCOME, found=Present(contact=found)),))
    text = render(build_incident_document(incident, management_account=MANAGEMENT, at=NOW)).text
    assert f"Found: Q*** X*** #1, Z*** G***, {WANTED.email}, ***59 #1" in text
    assert f"Roster: Q*** X*** #2, Z*** G***, {WANTED.email}, ***59 #2 - contact soc (defaults)" in text


def test_whoever_must_mask_their_own_mailboxes_too_sees_that_they_differ():
    found = Present(contact=replace(WANTED, email="q.xyander@roster.example"))
    document = build_incident_document(
        replace(INCIDENT, outcomes=(replace(OUTCOME, found=found),)),
        management_account=MANAGEMENT,
        at=NOW,
        masks=Masks.EVERYTHING,
    )
    text = render(document).text
    assert "q***@roster.example #1" in text
    assert "q***@roster.example #2" in text
    assert leaks(text) == []


@pytest.mark.parametrize(
    ("mfa", "text"), [(True, "with MFA"), (False, "without MFA"), (None, "MFA unknown")], ids=str
)
def test_an_alert_says_whether_there_was_mfa(mfa, text):
    signal = replace(SIGNAL, actor=replace(SIGNAL.actor, mfa=mfa))
    document = build_incident_document(
        replace(INCIDENT, signal=signal), management_account=MANAGEMENT, at=NOW
    )
    assert text in render(document).text


def test_an_opening_promises_its_closing_and_a_closing_does_not():
    opened = render(told(Cause.CONTACT_EDITED, Verdict.PENDING)).text
    closed = render(told(Cause.CONTACT_EDITED, Verdict.SET)).text
    assert "second alert with this" in opened
    assert "second alert with this" not in closed


def test_what_is_open_is_not_called_resolved():
    assert "\nStatus: Resolved\n" in render(told(Cause.CONTACT_EDITED, Verdict.SET)).text
    for verdict in (Verdict.FAILED, Verdict.WOULD_SET, Verdict.UNREADABLE, Verdict.BLOCKED, Verdict.PENDING):
        for others in ([], [Verdict.SET]):
            alert = render(told(Cause.CONTACT_EDITED, verdict, *others))
            assert "\nStatus: Open, " in alert.text
            assert "] Open: " in alert.subject


def test_an_authorised_changer_is_told_quietly_only_of_what_was_put_right():
    quiet = {
        verdict
        for verdict in Verdict
        if (document := told(Cause.CONTACT_DELETED, verdict, authorised=True))
        and document["severity"] == "INFO"
    }
    right = {Verdict.SET, Verdict.UNDONE, Verdict.CHANGED_BACK, Verdict.SET_BY_OTHERS, Verdict.KEPT_EDITED}
    assert quiet == {*right, Verdict.BACKED_OFF, Verdict.WOULD_SET, Verdict.PENDING}


def possible(cause):
    """What `reconcile` can make of a signal: a monitored event is only told."""
    return (Verdict.NOTIFIED, Verdict.DENIED) if cause is Cause.MONITORED else tuple(Verdict)


@check_each(("cause", "event_name"), sorted({item[:2] for item in HAPPENINGS}))
@check_each("kinds", [1, 3])
def test_a_subject_keeps_status_account_and_result_however_long_the_name_is(cause, event_name, kinds):
    for verdict, opened in product(possible(cause), (False, True)):
        document = told(cause, *[verdict] * kinds, event_name=event_name, opened=opened)
        if document is None:
            continue
        named = document["account"]
        nameless = message_of(document | {"account": named | {"name": None}})
        before, _, after = write_subject(nameless).partition(MEMBER)
        for length in (1, 30, 50, 64, 200):
            subject = write_subject(message_of(document | {"account": named | {"name": "n" * length}}))
            assert subject.startswith(before + "n")
            assert subject.endswith(f" ({MEMBER}){after}")


def test_times_say_when_and_how_long_a_contact_was_not_restored():
    def when(*verdicts, cause=Cause.CONTACT_EDITED, **changes):
        document = told(cause, *verdicts)
        (line,) = re.findall("^When: (.*)$", render(document | changes).text, re.MULTILINE)
        return line

    assert when(Verdict.SET) == "2026-10-05 09:29:55 UTC, restored within 6 s"
    later = (NOW + timedelta(minutes=9)).isoformat()
    for verdict in (Verdict.FAILED, Verdict.WOULD_SET, Verdict.PENDING, Verdict.UNREADABLE):
        assert when(verdict, decided_at=later) == "2026-10-05 09:29:55 UTC, not restored for 9 min so far"
    assert when(Verdict.SET, Verdict.FAILED).endswith("not restored for 5 s so far")
    assert when(Verdict.DENIED).endswith("5 s before this alert")
    assert when(Verdict.SET, cause=Cause.ACCOUNT_MOVED).endswith("5 s before this alert")
    soon = (NOW - timedelta(seconds=4.5)).isoformat()
    assert when(Verdict.DENIED, decided_at=soon).endswith("UTC, less than 1 s before this alert")
    assert when(Verdict.FAILED, decided_at=soon).endswith("not restored for less than 1 s so far")
    for time in ("yesterday", "", "9999-99-99"):
        event = {**BASE["event"], "time": time}
        assert when(Verdict.SET, event=event) == f"{time or 'unknown'}, how long ago is unknown"


def test_links_lead_through_the_access_portal_into_the_right_account():
    portal = "https://d-1234567890.awsapps.com/start"
    actor = {**BASE["actor"], "account_id": "444455556666"}
    links = read_event({"detail": BASE | {"actor": actor}}, replace(LINKS, access_portal=f"{portal}/")).links
    found = {link.label: urlsplit(link.target) for link in links}
    assert list(found) == ["Runbook", "CloudTrail (444455556666)", "Account"]
    page = f"/cloudtrailv2/home?region=us-east-1#/events/{EVENT_ID}"
    for label, account, expected in (
        (
            "CloudTrail (444455556666)",
            "444455556666",
            page,
        ),
        ("Account", MEMBER, "/billing/home#/account"),
    ):
        way, _, query = found[label].fragment.partition("?")
        assert (f"https://{found[label].netloc}{found[label].path}", way) == (f"{portal}/", "/console")
        given = parse_qs(query)
        assert given["account_id"] == [account]
        assert given["destination"][0].partition(".aws.amazon.com")[2] == expected
    assert "444455556666" not in str(message_of(BASE).links)


SSO = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Network_Admin_0123456789abcdef"


@pytest.mark.parametrize(
    ("role", "who"),
    [
        (SSO, "mary@example.com (IAM Identity Center, Network_Admin, in account 222222222222, without MFA)"),
        (SSO.replace("eu-west-1/", ""), "mary@example.com (IAM Identity Center, Network_Admin, in account"),
        # Anybody can give a role this name, but not this path.
        (SSO.rpartition("/")[2], "arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Network_Admin"),
    ],
)
def test_a_person_of_iam_identity_center_is_named(role, who):
    session = f"assumed-role/{role.rpartition('/')[2]}/mary@example.com"
    principal = f"arn:aws:sts::{MEMBER}:{session}"
    arn = f"arn:aws:iam::{MEMBER}:role/{role}"
    actor = replace(SIGNAL.actor, principal=principal, role_arn=arn, session="mary@example.com")
    incident = replace(INCIDENT, signal=replace(SIGNAL, actor=actor))
    text = render(build_incident_document(incident, management_account=MANAGEMENT, at=NOW)).text
    assert f"\nWho: {who}" in text
    assert (f"\nPrincipal: {principal}\n" in text) == role.startswith("aws-reserved")
    assert principal in text


def test_a_subject_of_one_contact_names_the_account_too():
    for cause, event_name, _ in HAPPENINGS:
        for verdict in set(possible(cause)) - {Verdict.DENIED}:
            document = told(cause, verdict, event_name=event_name, account=replace(ACCOUNT, name="n" * 64))
            if document is not None:
                assert MEMBER in render(document).subject


def test_a_write_that_does_not_show_yet_is_told_so():
    document = told(Cause.CONTACT_EDITED, Verdict.SET, verified=False)
    assert "did not show it yet" in render(document).text


def test_a_signal_without_a_kind_is_told():
    document = told(Cause.CONTACT_EDITED, Verdict.DENIED, kind=None, found=None, wanted=None)
    assert_sound(render(document))
    assert render(document).attributes["kind"] == "ALL"


def test_an_account_that_nobody_knows_is_told_by_its_id():
    assert_sound(render(told(Cause.CONTACT_EDITED, Verdict.SET, account=None)))


@check_each("name", HOSTILE.values())
def test_names_that_others_chose_spoil_nothing(name):
    account = replace(ACCOUNT, name=name, ou_path=(name, name))
    for cause in {*Cause} - {Cause.SWEPT}:
        document = told(cause, *[Verdict.SET, Verdict.FAILED, Verdict.WOULD_SET], account=account)
        alert = render(document)
        assert_sound(alert)
        honest = render(told(cause, *[Verdict.SET, Verdict.FAILED, Verdict.WOULD_SET]))
        assert alert.text.count("\n") == honest.text.count("\n")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40, deadline=None)
@given(
    name=st.text(max_size=64),
    agent=st.text(max_size=300),
    session=st.text(max_size=64),
    verdicts=st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=3),
    cause=st.sampled_from(list(Cause)),
    opened=st.booleans(),
)
def test_no_text_breaks_a_line_or_the_subject(**drawn):
    name, agent, session = (drawn[key] for key in ("name", "agent", "session"))
    verdicts, cause, opened = (drawn[key] for key in ("verdicts", "cause", "opened"))
    actor = replace(SIGNAL.actor, user_agent=agent, kind=session)
    signal = replace(signal_of(cause), actor=actor)
    outcomes = tuple(replace(OUTCOME, verdict=verdict) for verdict in verdicts)
    account = replace(ACCOUNT, name=name, ou_path=(name,))
    incident = replace(
        INCIDENT, event=signal.event, signal=signal, account=account, outcomes=outcomes, opened=opened
    )
    document = build_incident_document(incident, management_account=MANAGEMENT, at=NOW)
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


MALFORMED: list[Any] = [
    None,
    [],
    "text",
    7,
    {},
    {"detail": None},
    {"detail": []},
    {"detail": "text"},
    {"detail": {}},
    *({"detail": without(name)} for name in BASE if name not in {"action", "title"}),
    *(
        {"detail": without("outcomes", 0, name)}
        for name in ("verdict", "kind", "found", "wanted", "verified", "severity")
    ),
    {"detail": without("account", "id")},
    {"detail": BASE | {"version": 2}},
    {"detail": BASE | {"version": "1"}},
    {"detail": BASE | {"cause": "sunspots"}},
    {"detail": BASE | {"cause": None}},
    {"detail": BASE | {"cause": []}},
    {"detail": BASE | {"cause": "monitored"}},
    {"detail": BASE | {"stage": "half"}},
    {"detail": BASE | {"stage": None}},
    {"detail": BASE | {"outcomes": [BASE["outcomes"][0] | {"verdict": "vanished"}]}},
    {"detail": BASE | {"outcomes": []}},
    {"detail": BASE | {"outcomes": None}},
    {"detail": BASE | {"outcomes": [None]}},
    {"detail": BASE | {"outcomes": [{"verdict": "compliant"}]}},
    {
        "detail": BASE
        | {"outcomes": [BASE["outcomes"][0] | {"found": {"state": "present", "contact": ["x"]}}]}
    },
    {"detail": BASE | {"actor": None}},
    {"detail": BASE | {"actor": BASE["actor"] | {"mfa": "yes"}}},
    {"detail": BASE | {"account": None}},
    {"detail": BASE | {"event": None}},
]


@check_each("event", MALFORMED)
def test_an_event_that_is_no_incident_is_malformed(event):
    nothing: Any = None
    notifier = Notifier(alerted=nothing, channel=nothing, minimum=nothing, clock=nothing, links=LINKS)
    with pytest.raises(MalformedEventError, match="no incident document of version 1") as caught:
        notifier.handle(event)
    assert caught.value.__suppress_context__
