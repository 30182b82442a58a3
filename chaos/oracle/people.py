"""People: every delivered change is alerted to them, as loud as it should be, and our own writes are not."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.account import PRIMARY
from chaos.oracle.calls import find_contact, find_look, is_late, read_values, shows
from chaos.oracle.evidence import SEVERITIES
from chaos.scheduler import START
from chaos.setting import MANAGEMENT_WRITER, WRITER
from chaos.story import MANAGEMENT, RIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.fakes.account import Change
    from chaos.fakes.cloud import Call
    from chaos.oracle.evidence import Edit, Evidence, Text, Violation
    from chaos.setting import Published

_HIGH, _CRITICAL = SEVERITIES.index("HIGH"), SEVERITIES.index("CRITICAL")
_LOW, _MEDIUM = SEVERITIES.index("LOW"), SEVERITIES.index("MEDIUM")
#: Verdicts that are loud whoever made the change: the contact is not right.
_LOUD: Final = frozenset({"failed", "unreadable", "unreachable", "blocked", "unrecorded-write"})
_READS: Final = ("|account.Get", "|sts.AssumeRole|")
_SWEEPS: Final = frozenset({"sweep-drift", "sweep-held", "sweep-applied", "sweep-failed"})


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    for edit in evidence.edits:
        if edit.deliveries:
            yield from _judge_outcome(evidence, edit)
            if edit.call.made_at is not None:
                yield from _judge_edit(evidence, edit)
    yield from _find_own(evidence)
    yield from _find_drift(evidence)
    yield from _find_false_drift(evidence)


def _judge_outcome(evidence: Evidence, edit: Edit) -> Iterator[Violation]:
    """Each delivered change has an outcome on the bus, whatever became of it."""
    if not list_outcomes(evidence, edit):
        yield evidence.find_violation("change-without-outcome", edit.deliveries[0].time, edit.describe())


def _judge_edit(evidence: Evidence, edit: Edit) -> Iterator[Violation]:
    wants = evidence.list_wants(edit.contact)
    managed = {want.managed for want in wants}
    if len(managed) > 1:
        return  # by one roster and not by another
    exempt = any(want.exempt for want in wants)
    right = edit.action.value == RIGHT or any(want.fits(edit.values) for want in wants)
    found, time = find_alerts(evidence, edit), edit.deliveries[0].time
    if not found:
        name = "edit-not-alerted"
        if edit.action.who == "thief":
            name = "theft-not-critical"
        else:
            name = "corrected-edit-not-alerted" if _find_correction(evidence, edit) else name
            name = "set-to-right-not-alerted" if right else name
            name = "exempt-edit-not-alerted" if exempt else name
            name = "unmanaged-edit-not-alerted" if managed == {False} else name
        yield evidence.find_violation(name, time, edit.describe())
        return
    loudest = max(text.severity for text in found)
    if edit.action.who == "thief":
        if loudest < _CRITICAL and not exempt:
            yield evidence.find_violation("theft-not-critical", time, edit.describe())
        return
    if exempt or right or managed == {False}:
        return
    if edit.action.who == "authorised":
        outcomes = list_outcomes(evidence, edit)
        incidents = {item.document["incident_id"] for item in outcomes}
        own = [text.severity for text in found if text.attributes["incident"] in incidents]
        # A root user's edit beside it is loud, and this one tells of it.
        beside_root = any(
            other.action.who == "root" and other.contact == edit.contact and other.deliveries
            for other in evidence.edits
        )
        # A worker that the table refused did not know whom the roster authorises.
        unread = any(
            fault.site.startswith(f"{item.process}|dynamodb.")
            for item in outcomes
            if item.document["verdict"] == "pending"
            for fault in evidence.world.faults.fired
        )
        excused = beside_root or unread or _list_verdicts(evidence, edit) & _LOUD
        if max(own, default=0) > _LOW and not excused:
            yield evidence.find_violation("authorised-alerted-loud", time, edit.describe())
        return
    if loudest < _find_least(evidence, edit):
        yield evidence.find_violation("alert-too-quiet", time, f"{edit.describe()}: {SEVERITIES[loudest]}")


def _find_least(evidence: Evidence, edit: Edit) -> int:
    """How loud the alert of an edit must be that left the contact wrong, whoever put it right."""
    loud = edit.action.who == "root" or edit.action.account == MANAGEMENT
    corrected_at = _find_correction(evidence, edit)
    account, moment = edit.action.account, edit.deliveries[0].time
    ended = [time for time, member in evidence.list_places(account) if member.state != "ACTIVE"]
    if evidence.find_closing(account, moment) is not None or max(ended, default=0.0) > moment:
        return _LOW  # it is left as it is
    if corrected_at is None:
        return _HIGH if loud else _MEDIUM
    made_at = edit.call.made_at or 0
    known = any(
        other.deliveries
        and other.contact == edit.contact
        and made_at < (other.call.made_at or 0) <= corrected_at
        for other in evidence.edits
    )
    if edit.values is not None and not known:
        return 0  # found right after a single put: it may have been set so
    return _HIGH if loud else _LOW


def _find_correction(evidence: Evidence, edit: Edit) -> float | None:
    """When somebody else set the contact right after this edit, None if we did.

    What AWS carried out after we had given up on it is nobody's that is known.
    """
    ours = {call.request_id: call for call in evidence.own_calls}
    wants = evidence.list_wants(edit.contact)
    changes = evidence.account.history[edit.contact]
    # By place and not by time: two calls may be made at the same moment.
    place = next(
        (at for at, change in enumerate(changes) if change.request_id == edit.call.request_id), len(changes)
    )
    for change in changes[place + 1 :]:
        if change.request_id in ours and not is_late(ours[change.request_id or ""]):
            return None
        if any(want.fits(change.values) for want in wants):
            return change.time
    return None


def find_alerts(evidence: Evidence, edit: Edit) -> Sequence[Text]:
    """Alerts of an edit: its own, and whatever else was sent that names account, contact and principal."""
    outcomes = list_outcomes(evidence, edit)
    incidents = {item.document["incident_id"] for item in outcomes}
    parents = {item.document.get("parent_incident_id") for item in outcomes}
    found = [
        text for text in evidence.texts if not text.is_notice and text.attributes["incident"] in incidents
    ]
    for item, text in evidence.sent:
        if text in found or not _names(item.document, edit):
            continue
        if text.attributes["incident"] in parents or text.time > edit.call.sent_at:
            found.append(text)
    return found


def list_outcomes(evidence: Evidence, edit: Edit) -> Sequence[Published]:
    """What was published of an edit, whatever became of it."""
    return [item for item in evidence.outcomes if item.document["event"]["id"] in edit.event_ids]


def _names(document: Mapping[str, Any], edit: Edit) -> bool:
    """Whether a notice, or the alert of another edit of this contact, names it and who made it."""
    (account, kind), principal = edit.contact, edit.call.identity.arn
    facts = document.get("facts")
    if facts is None:
        # What it says of itself is about another edit.
        reasons = [str(outcome["reason"]) for outcome in document["outcomes"] if outcome["kind"] == kind]
        return document["account"]["id"] == account and any(principal in reason for reason in reasons)
    if "lines" in facts:
        return any(
            line["account"]["id"] == account
            # A primary contact that no roster names is alerted as an event of its account.
            and (kind in line["kinds"] or (kind == PRIMARY and not line["kinds"]))
            and (line["principal"] == principal or principal in line["reason"])
            for line in document["facts"]["lines"]
        )
    return all(name in json.dumps(facts) for name in (account, kind, principal))


def _list_verdicts(evidence: Evidence, edit: Edit) -> set[str]:
    return {str(item.document["verdict"]) for item in list_outcomes(evidence, edit)}


def _find_own(evidence: Evidence) -> Iterator[Violation]:
    """Our own writes are not alerted as somebody's edit, unless the contact differed after them."""
    roles = {WRITER.arn, MANAGEMENT_WRITER.arn}
    stolen = any(edit.action.who == "thief" for edit in evidence.edits)
    by_event = {
        delivery.event_id: delivery.call for delivery in evidence.world.deliveries if delivery.call.function
    }
    for text in evidence.texts:
        for event_id, call in by_event.items():
            if event_id not in text.text:
                continue
            contact = find_contact(evidence, call)
            changed = evidence.was_changed(contact, call.sent_at - 1, text.time)
            if not changed and not _is_written_late(evidence, call, text.time):
                name = f"{call.operation} of {contact[0]} {contact[1]} by {call.process}: {text.subject}"
                yield evidence.find_violation("own-write-alerted", text.time, name)
        if not stolen and "stolen" in text.text and not evidence.world.statistics["events lost"]:
            yield evidence.find_violation("false-theft", text.time, text.subject)
        if (
            text.attributes["cause"] == "bulk-edit"
            and not stolen
            and any(role in text.text for role in roles)
        ):
            yield evidence.find_violation("own-writes-in-bulk", text.time, text.subject)


def _is_written_late(evidence: Evidence, call: Call, before: float) -> bool:
    """Whether an earlier write of ours was made after this one, and left other parts that are kept."""
    return any(
        is_late(other)
        and find_contact(evidence, other) == find_contact(evidence, call)
        and (call.made_at or before) < (other.made_at or 0) <= before
        and read_values(other) != read_values(call)
        for other in evidence.own_calls
    )


def _find_drift(evidence: Evidence) -> Iterator[Violation]:
    """What a sweep put right and no event announced is alerted, too."""
    announced = {edit.call.request_id for edit in evidence.edits if edit.deliveries}
    edits = {edit.call.request_id: edit for edit in evidence.edits}
    ours = {call.request_id: call for call in evidence.own_calls}
    for contact, changes in evidence.account.history.items():
        before, left = changes[0], list[object]()
        for last, change in pairwise(changes):
            if last.request_id in ours:
                left.clear()
            elif last.request_id in announced:
                left.append(last.values)
            if last.values != before.values:
                # Else it is as it was: what has to be alerted is the change that made it so.
                before = last
            call, edit = ours.get(change.request_id or ""), edits.get(before.request_id or "")
            if call is None or edit is None or call.function != "apply" or edit.call.request_id in announced:
                continue
            approved = {item.approved for item in evidence.control if before.time < item.time <= change.time}
            if approved - {evidence.find_control(before.time).approved}:
                continue  # a rollout, which sets everything that differs, also back to the roster before
            if before.values in left:
                continue  # an edit that was alerted left the same, and nobody has put it right since
            named = [
                text
                for text in evidence.texts
                if contact[0] in text.text
                and contact[1] in text.text.upper()
                and (
                    text.time > change.time
                    if text.attributes["cause"] in _SWEEPS
                    else before.time < text.time
                )
            ]
            if not named and not _is_held(evidence, contact[0]) and not _is_unseen(evidence, call, before):
                yield evidence.find_violation("drift-not-alerted", change.time, edit.describe())


def _is_unseen(evidence: Evidence, call: Call, edit: Change) -> bool:
    """Whether a rollout wrote over it after its worker had looked: AWS has no condition on what is there.

    The look must show what a roster before asked for, else there was drift to alert before the edit.
    """
    look, contact = find_look(evidence, call, call.sent_at), find_contact(evidence, call)
    if look is None or shows(look, edit.values):
        return False
    approved = {item.approved for item in evidence.control if item.time <= edit.time}
    before = approved - {evidence.find_control(edit.time).approved}
    wants = [want for digest in before if (want := evidence.find_want(digest, contact, edit.time))]
    seen = [change.values for change in evidence.account.history[contact] if shows(look, change.values)]
    return any(want.fits(values) for want in wants for values in seen)


def _find_false_drift(evidence: Evidence) -> Iterator[Violation]:
    """Nobody is said to have edited an account that nobody touched: what is left of a rollout is no drift."""
    if any(name in fault.site for fault in evidence.world.faults.fired for name in _READS):
        return  # what could not be read was in no plan
    for item in evidence.notices:
        for suspect in item.document["facts"].get("suspects", ()):
            account = suspect.split()[0]
            touched = any(
                START + action.at < item.time
                for action, _ in evidence.world.people
                if action.account == account or action.do == "rename"
            )
            if account.isdigit() and not touched:
                yield evidence.find_violation("untouched-account-suspected", item.time, suspect)


def _is_held(evidence: Evidence, account: str) -> bool:
    """Whether a plan that names the account waited for a person."""
    return any(text.attributes["cause"] == "sweep-held" and account in text.text for text in evidence.texts)
