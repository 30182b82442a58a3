"""People: every delivered change is alerted to them, as loud as it should be, and our own writes are not."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from chaos.oracle.calls import find_contact, is_late
from chaos.oracle.evidence import SEVERITIES
from chaos.setting import MANAGEMENT_WRITER, WRITER
from chaos.story import MANAGEMENT, RIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.oracle.evidence import Edit, Evidence, Text, Violation

_HIGH, _CRITICAL = SEVERITIES.index("HIGH"), SEVERITIES.index("CRITICAL")
_LOW, _MEDIUM = SEVERITIES.index("LOW"), SEVERITIES.index("MEDIUM")
#: Verdicts that are loud whoever made the change: the contact is not right.
_LOUD: Final = frozenset({"failed", "unreadable", "unreachable", "blocked", "unrecorded-write"})
_SWEEPS: Final = frozenset({"sweep-drift", "sweep-held", "sweep-applied", "sweep-failed"})
#: Notices that stand for many alerts: each has a line that names account, contact and principal.
_GROUPS: Final = frozenset({"bulk-edit", "many-alerts", "contacts-set"})


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    for edit in evidence.edits:
        if edit.deliveries:
            yield from _judge_outcome(evidence, edit)
            if edit.call.made_at is not None:
                yield from _judge_edit(evidence, edit)
    yield from _find_own(evidence)
    yield from _find_drift(evidence)


def _judge_outcome(evidence: Evidence, edit: Edit) -> Iterator[Violation]:
    """Each delivered change has an outcome on the bus, whatever became of it."""
    if not any(item.document["event"]["id"] in edit.event_ids for item in evidence.outcomes):
        yield evidence.find_violation("change-without-outcome", edit.deliveries[0].time, edit.describe())


def _judge_edit(evidence: Evidence, edit: Edit) -> Iterator[Violation]:
    wants = evidence.list_wants(edit.contact)
    if not all(want.managed for want in wants):
        return
    exempt = any(want.exempt for want in wants)
    right = edit.action.value == RIGHT or edit.values in {want.values for want in wants}
    found, time = find_alerts(evidence, edit), edit.deliveries[0].time
    if not found:
        name = "edit-not-alerted"
        if edit.action.who == "thief":
            name = "theft-not-critical"
        else:
            name = "corrected-edit-not-alerted" if _find_correction(evidence, edit) else name
            name = "set-to-right-not-alerted" if right else name
            name = "exempt-edit-not-alerted" if exempt else name
        yield evidence.find_violation(name, time, edit.describe())
        return
    loudest = max(text.severity for text in found)
    if edit.action.who == "thief":
        if loudest < _CRITICAL and not exempt:
            yield evidence.find_violation("theft-not-critical", time, edit.describe())
        return
    if exempt or right:
        return
    if edit.action.who == "authorised":
        own = [text.severity for text in found if any(id_ in text.text for id_ in edit.event_ids)]
        if max(own, default=0) > _LOW and not _list_verdicts(evidence, edit) & _LOUD:
            yield evidence.find_violation("authorised-alerted-loud", time, edit.describe())
        return
    if loudest < _find_least(evidence, edit):
        yield evidence.find_violation("alert-too-quiet", time, f"{edit.describe()}: {SEVERITIES[loudest]}")


def _find_least(evidence: Evidence, edit: Edit) -> int:
    """How loud the alert of an edit must be that left the contact wrong, whoever put it right."""
    loud = edit.action.who == "root" or edit.action.account == MANAGEMENT
    corrected_at = _find_correction(evidence, edit)
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
    values = {want.values for want in evidence.list_wants(edit.contact)}
    changes = evidence.account.history[edit.contact]
    # By place and not by time: two calls may be made at the same moment.
    place = next(
        (at for at, change in enumerate(changes) if change.request_id == edit.call.request_id), len(changes)
    )
    for change in changes[place + 1 :]:
        if change.request_id in ours and not is_late(ours[change.request_id or ""]):
            return None
        if change.values in values:
            return change.time
    return None


def find_alerts(evidence: Evidence, edit: Edit) -> Sequence[Text]:
    """Alerts of an edit: its own, and notices that stand for it and name it."""
    account, kind = edit.contact
    principal = edit.call.identity.arn
    found = [text for text in evidence.texts if any(id_ in text.text for id_ in edit.event_ids)]
    parents = {
        item.document.get("parent_incident_id")
        for item in evidence.outcomes
        if item.document["event"]["id"] in edit.event_ids
    }
    for text in evidence.texts:
        if principal not in text.text or text in found:
            continue
        if not text.is_notice and not _is_named_beside(text, principal):
            continue
        named = account in text.text and kind in text.text.upper()
        if text.attributes["cause"] in _GROUPS:
            lines = text.text.splitlines()
            named = any(account in one and kind in one.upper() and principal in one for one in lines)
        if named and (text.attributes["incident"] in parents or text.time > edit.call.sent_at):
            found.append(text)
    return found


def _is_named_beside(text: Text, principal: str) -> bool:
    """Whether an alert of one edit names who made another: not only as the one whom it is about."""
    lines = text.text.splitlines()
    return any(principal in line for line in lines if not line.lstrip().startswith("Who"))


def _list_verdicts(evidence: Evidence, edit: Edit) -> set[str]:
    return {
        str(item.document["verdict"])
        for item in evidence.outcomes
        if item.document["event"]["id"] in edit.event_ids
    }


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
            if not evidence.was_changed(contact, call.sent_at - 1, text.time):
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


def _find_drift(evidence: Evidence) -> Iterator[Violation]:
    """What a sweep put right and no event announced is alerted, too."""
    announced = {edit.call.request_id for edit in evidence.edits if edit.deliveries}
    edits = {edit.call.request_id: edit for edit in evidence.edits}
    ours = {call.request_id: call for call in evidence.own_calls}
    for contact, changes in evidence.account.history.items():
        before = changes[0]
        for last, change in pairwise(changes):
            if last.values != before.values:
                # Else it is as it was: what has to be alerted is the change that made it so.
                before = last
            call, edit = ours.get(change.request_id or ""), edits.get(before.request_id or "")
            if call is None or edit is None or call.function != "apply" or edit.call.request_id in announced:
                continue
            if evidence.find_control(before.time).approved != evidence.find_control(change.time).approved:
                continue  # a rollout, which sets everything that differs
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
            if not named and not _is_held(evidence, contact[0]):
                yield evidence.find_violation("drift-not-alerted", change.time, edit.describe())


def _is_held(evidence: Evidence, account: str) -> bool:
    """Whether a plan that names the account waited for a person."""
    return any(text.attributes["cause"] == "sweep-held" and account in text.text for text in evidence.texts)
