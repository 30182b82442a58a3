"""Whoever acts, and whatever names they chose: each way to show an alert has its limits and no secrets."""

from dataclasses import replace

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rollcall.events.actor import Actor
from rollcall.events.signal import Cause
from rollcall.notify.block_kit import render_block_kit
from rollcall.notify.message import Section, make_fact, make_printable
from rollcall.notify.notifier import read_event
from rollcall.outcomes.documents import build_incident_document
from rollcall.outcomes.notices import build_notice_document
from rollcall.outcomes.verdicts import Verdict
from tests.functions.notice_samples import NOTICES
from tests.support.actors import FORMS
from tests.support.cases import check_each
from tests.support.hostile_names import KEY, TOKEN, assert_sound
from tests.support.samples import (
    ACCOUNT,
    EVENT,
    INCIDENT,
    LINKS,
    MANAGEMENT,
    NOW,
    OUTCOME,
    SIGNAL,
    message,
)

HOOK = "https://hooks.slack.com/services/T0/B0/SECRET"
SPITE = [
    "<!channel> & <https://evil.example|click>",
    "[click](https://evil.example)",
    "*bold* _italic_ ~struck~ `code` ```block```",
    ":rotating_light: :aws:",
    "\u202eevil\u2066",
    "line\nStatus: Resolved\r\x00\x1b[2J",
    "x" * 4000,
    "&" * 4000,
    "`" * 4000,
    "\U0001f6a8" * 2000,
    f"{KEY} {TOKEN} {HOOK}",
    "{plan} {0} %s",
    "",
]
texts = st.sampled_from(SPITE) | st.text(max_size=80)
identities = st.sampled_from([form for form, _ in FORMS.values() if isinstance(form, dict)])
spiteful = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("type", "arn", "principalId", "accountId", "accessKeyId", "userName", "invokedBy"), texts
    ),
)
incidents = st.fixed_dictionaries(
    {
        "identity": identities,
        "changes": spiteful,
        "agent": texts,
        "address": texts,
        "name": texts,
        "unit": texts,
        "reason": texts,
        "cause": st.sampled_from(list(Cause)),
        "verdicts": st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=6),
        "opened": st.booleans(),
    }
)


def message_of(drawn):
    """The message of this happening, None if nobody is told."""
    detail = {
        "userIdentity": drawn["identity"] | drawn["changes"],
        "userAgent": drawn["agent"],
        "sourceIPAddress": drawn["address"],
    }
    event = replace(EVENT, name="PutContactInformation" if drawn["cause"] is Cause.MONITORED else EVENT.name)
    signal = replace(SIGNAL, cause=drawn["cause"], actor=Actor.from_detail(detail), event=event)
    incident = replace(
        INCIDENT,
        event=event,
        signal=signal,
        account=replace(ACCOUNT, name=drawn["name"], ou_path=(drawn["unit"],)),
        outcomes=tuple(
            replace(OUTCOME, verdict=verdict, reason=drawn["reason"]) for verdict in drawn["verdicts"]
        ),
        opened=drawn["opened"],
    )
    document = build_incident_document(incident, management_account=MANAGEMENT, at=NOW)
    return None if document is None else read_event({"detail": document}, LINKS)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100, deadline=None)
@given(drawn=incidents)
def test_whoever_acts_every_channel_gets_a_message_that_it_takes_and_no_secret(drawn):
    told = message_of(drawn)
    if told is not None:
        assert_sound(told)


WORST = {
    "identity": {"type": "Robot"},
    "changes": {},
    "agent": "",
    "address": "",
    "name": "",
    "unit": "",
    "reason": "",
    "cause": Cause.CONTACT_EDITED,
    "verdicts": [Verdict.FAILED] * 6,
    "opened": False,
}


@check_each("spite", SPITE)
def test_nobodys_names_spoil_a_message(spite):
    changes = dict.fromkeys(("type", "arn", "accountId", "accessKeyId", "invokedBy"), spite)
    fields = dict.fromkeys(("agent", "address", "name", "unit", "reason"), spite)
    assert_sound(message_of(WORST | fields | {"changes": changes}))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(NOTICES)), spite=texts, data=st.data())
@example(name="sweep-held", spite=SPITE[6], data=None)
@example(name="repeated-edits", spite=SPITE[7], data=None)
@example(name="bulk-edit-goes-on", spite=SPITE[6], data=None)
@example(name="many-alerts", spite=SPITE[7], data=None)
@example(name="bulk-edit-from-one-address", spite=SPITE[10], data=None)
def test_nobodys_names_spoil_a_notice(name, spite, data):
    notice = NOTICES[name]
    names = sorted(fact for fact, value in notice.facts.items() if isinstance(value, str))
    chosen = names if data is None else data.draw(st.lists(st.sampled_from(names or ["run"]), max_size=4))
    facts = dict(notice.facts) | dict.fromkeys(chosen, spite)
    if facts.get("examples"):
        account = {"id": "222222222222", "name": spite, "ou": spite}
        facts["examples"] = [{"account": account, "kind": "SECURITY", "verdict": spite}] * 12
    if facts.get("principals"):
        facts["principals"] = [{"principal": spite, "edits": 3}] * 20
        facts["principals_count"] = 12_345
    if facts.get("actors"):
        facts["actors"] = [spite] * 20
    assert_sound(read_event({"detail": build_notice_document(replace(notice, facts=facts), at=NOW)}, LINKS))


@check_each("character", ["x", "&", "`", "\U0001f6a8", "*"])
@check_each("sections", [0, 1, 3, 60])
def test_limits_hold_when_everything_is_as_long_as_it_may_be(character, sections):
    lines = tuple(make_fact(f"Label {number}", character * 4000) for number in range(8))
    long = replace(
        message(),
        headline=make_printable(character * 4000),
        facts=lines,
        sections=tuple(
            Section(
                title=make_printable("x" * 4000), facts=lines[:4], items=tuple(one.value for one in lines)
            )
            for _ in range(sections)
        ),
        next_steps=tuple("word " * 60 for _ in range(4)),
    )
    assert_sound(long)


def test_slack_shows_both_ends_of_a_long_change_and_counts_what_has_no_room():
    item = f"9 accounts: SECURITY soc: email {'a' * 240}@example.com -> {'b' * 240}@example.com; 9 in Sandbox"
    sections = tuple(Section(title=title, items=(item,) * 10) for title in ("What changes", "Others"))
    long = replace(message(), sections=sections)
    assert_sound(long)
    shown = str(render_block_kit(long, quotes=False))
    assert shown.count("b@example.com; 9 in Sandbox") == 8
    assert "2 more lines are left out here" in shown
    assert "1 more parts are left out here" in shown
