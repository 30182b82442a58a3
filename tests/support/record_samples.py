"""Records of contacts: as single tests want them, and any that there may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.record import ContactRecord, KnownEdit, KnownWrite
from rollcall.contact.repeated_edits import Release, RepeatedEdits, Revert
from rollcall.decide.intent import Answer, Intent, WriteState
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present
from tests.support.memory_operations import DIGESTS
from tests.support.samples import INTENT, MEMBER, NOW, PRIMARY_FOUND, PRIMARY_WANTED, SIGNAL

ACCOUNTS = (MEMBER, "444455556666")
KINDS = (ContactKind.SECURITY, ContactKind.PRIMARY)
#: Ids of intents, of which each names its account.
IDS = {
    account_id: tuple(f"20261005T0930{number:02}Z-{account_id}" for number in range(2))
    for account_id in ACCOUNTS
}


def make_record(intent: Intent | None = INTENT, **more: Any) -> ContactRecord:
    """The record of the intent's contact, with the intent open."""
    contact: dict[str, Any] = {"account_id": MEMBER, "kind": ContactKind.SECURITY}
    if intent is not None:
        contact = {"account_id": intent.signal.account_id, "kind": intent.kind}
    return ContactRecord(**contact | {"intent": intent and intent.lock} | more)


def make_edit(number: int = 1, **more: Any) -> KnownEdit:
    """An edit of its own."""
    known: dict[str, Any] = {
        "key": f"edit-{number}",
        "at": NOW,
        "principal": f"principal-{number}",
        "root": False,
    }
    return KnownEdit(**known | more)


def make_known_write(intent_id: str = INTENT.id, **more: Any) -> KnownWrite:
    """A write that AWS answered."""
    known: dict[str, Any] = {
        "intent_id": intent_id,
        "state": WriteState.WRITTEN,
        "at": NOW,
        "event_key": "edit-1",
        "incident_id": "RC-0a1b2c3d4e5f",
        "event_id": "event-1",
        "left": "0" * 32,
        "request_id": "request-1",
    }
    return KnownWrite(**known | more)


def make_intent(named: tuple[str, str], kind: ContactKind, digest: str, **more: Any) -> Intent:
    """An intent in this account, of this id."""
    account_id, intent_id = named
    signal = replace(SIGNAL, account_id=account_id, kind=kind)
    return replace(INTENT, id=intent_id, signal=signal, kind=kind, roster_digest=digest, **more)


states = st.sampled_from(WriteState)
moments = st.integers(-6, 6).map(lambda seconds: NOW + timedelta(seconds=seconds))
request_ids = st.sampled_from((None, "request-1", "request-2"))
answers = st.builds(Answer, state=states, reason=st.sampled_from(("", "no answer")), request_id=request_ids)
named = st.sampled_from([(account_id, intent_id) for account_id in ACCOUNTS for intent_id in IDS[account_id]])
intents = st.builds(
    make_intent,
    named,
    st.sampled_from(KINDS),
    st.sampled_from(DIGESTS),
    found=st.sampled_from((INTENT.found, Present(contact=PRIMARY_FOUND), Absent())),
    wanted=st.sampled_from(
        (
            INTENT.wanted,
            Desired(contact=PRIMARY_WANTED, source="contact headquarters (defaults)"),
            DesiredAbsent(source="absent (defaults)"),
        )
    ),
    authorised=st.booleans(),
)
edits = st.builds(
    make_edit,
    st.integers(0, 12),
    at=st.none() | moments,
    root=st.booleans(),
    published=st.sampled_from((None, "set", "backed-off")),
)
writes = st.builds(
    make_known_write,
    named.map(lambda known: known[1]),
    state=states,
    at=moments,
    left=st.sampled_from((None, "1" * 32)),
    request_id=request_ids,
)
drifts = st.builds(KnownDrift, found=st.sampled_from((None, "0" * 32)), at=moments)
standoffs = st.builds(
    RepeatedEdits,
    latest=st.sampled_from(((), (Revert(call="call-1", principal="mary", at=NOW),))),
    opened_at=st.none() | moments,
    changed_at=st.none() | moments,
    next_at=st.none() | moments,
    actors=st.sampled_from(((), ("mary", "john"))),
    waiter=st.sampled_from((None, "message-1")),
    alerted_at=st.none() | moments,
    release=st.none() | st.builds(Release, by=st.just("alice"), at=moments),
)


def list_some(values: st.SearchStrategy[Any], key: Any) -> st.SearchStrategy[Any]:
    """At most eight of them, each name once, as a record keeps them."""
    return st.lists(values, max_size=8, unique_by=key).map(tuple)


def _make_any(intent: Intent, is_open: bool, **more: Any) -> ContactRecord:  # as hypothesis calls it
    return replace(make_record(intent, **more), intent=intent.lock if is_open else None)


records = st.builds(
    _make_any,
    intents,
    st.booleans(),
    edits=list_some(edits, lambda edit: edit.key),
    writes=list_some(writes, lambda write: write.intent_id),
    repeated=standoffs,
    drift=st.none() | drifts,
    version=st.integers(0, 3),
)
