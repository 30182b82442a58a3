"""Accounts that join, move, leave, close or get another name: contacts right in time, or not written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.fakes.account import KINDS
from chaos.oracle.calls import find_contact
from chaos.scheduler import START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.oracle.evidence import Evidence, Violation
    from chaos.story import Action

#: A new account is looked at until an hour after it joined; what waits comes back within 15 minutes.
_RIGHT_WITHIN: Final = {"create": 3600.0 + 900.0, "move": 1800.0, "call": 1800.0}
#: When an account is looked at again whose new name the record hides.
_LOOKS: Final = (0.0, 900.0, 3600.0)
#: The event of each end of an account.
_ENDS: Final = {"close": "CloseAccount", "leave": "RemoveAccountFromOrganization"}
#: A worker that looked at the account before it was closed writes at most so many seconds later, if nothing
#: holds it up.
_WRITTEN_WITHIN: Final = 10.0


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    for action, _ in evidence.world.people:
        if action.do in _RIGHT_WITHIN and not evidence.world.faults.fired:
            yield from _judge_change(evidence, action)
        if action.do in _ENDS:
            yield from _judge_end(evidence, action)
    yield from _find_closed_early(evidence)


def _judge_change(evidence: Evidence, action: Action) -> Iterator[Violation]:
    """Within the time of its looks each contact is as the account's new place wants it."""
    due = _find_due(action)
    others = [other for other, _ in evidence.world.people if other.account == action.account]
    later = [other for other in others if other.at > action.at and START + other.at <= due]
    if later or due > evidence.world.scheduler.now or evidence.find_closing(action.account) is not None:
        return  # another change, or an edit, has its own time
    if evidence.account.denied_until.get(action.account, 0.0) > due:
        return  # that it cannot be read is alerted: see `oracle.alerts`
    # A new name may show after that.
    calls = [f"{other.name} called" for other in others if other.do == "call" and _find_due(other) > due]
    control = evidence.find_control(due)
    for kind in KINDS:
        contact = (action.account, kind)
        want, found = evidence.find_want(control.approved, contact, due), evidence.account.read(*contact, due)
        if action.do == "call" and f"{action.name} called" not in str(want and want.values):
            continue  # the contact does not name its account
        if action.do != "call" and any(name in str(want and want.values) for name in calls):
            continue
        if want and want.managed and want.enforced and not want.fits(found):
            text = f"{action.do} of {action.account}: {kind} is {found and found[2]}"
            yield evidence.find_violation("account-not-set-in-time", due, text)


def _find_due(action: Action) -> float:
    """When a change of an account must be followed."""
    due = START + action.at + _RIGHT_WITHIN[action.do]
    if action.do != "call":
        return due
    shown = float(action.value or 0)
    return due + (shown if action.who != "root" else next(look for look in _LOOKS if look >= shown))


def _judge_end(evidence: Evidence, action: Action) -> Iterator[Violation]:
    """The closing or departure is alerted, and nothing is written after it."""
    closed_at, denied = START + action.at, action.value == "denied"
    event = "LeaveOrganization" if denied else _ENDS[action.do]
    alerted = any(
        item.document["account"]["id"] == action.account and item.document["event"]["name"] == event
        for item, _ in evidence.sent
        if not item.document.get("notice")
    )
    if not alerted:
        yield evidence.find_violation("closing-not-alerted", closed_at, f"{action.account} {event}")
    if denied:
        return
    for call in evidence.own_calls:
        account, kind = find_contact(evidence, call)
        late = call.sent_at > closed_at + _WRITTEN_WITHIN and not evidence.world.faults.fired
        if account == action.account and late:
            yield evidence.find_violation("closed-account-written", call.sent_at, f"{account} {kind}")


def _find_closed_early(evidence: Evidence) -> Iterator[Violation]:
    """No incident is closed before each contact that waited in it has a result, or its account is gone."""
    waiting: dict[str, set[str | None]] = {}
    done: dict[str, set[str | None]] = {}
    for item in evidence.incidents:
        id_, document = item.document["incident_id"], item.document
        left = waiting.setdefault(id_, set())
        for outcome in document["outcomes"]:
            if outcome["verdict"] != "pending":
                left.discard(outcome["kind"])
                done.setdefault(id_, set()).add(outcome["kind"])
            elif outcome["kind"] not in done.get(id_, set()):
                # Else it is an opening from before, of a worker that was cut off.
                left.add(outcome["kind"])
        if item.process.startswith("apply:") and document["outcomes"][-1]["kind"] is None:
            left.clear()  # the sweep looked at all of them again
        # What waits without a kind is the account: any result is its result.
        if any(outcome["verdict"] != "pending" for outcome in document["outcomes"]):
            left.discard(None)
        ended_at = evidence.find_closing(document["account"]["id"])
        gone = ended_at is not None and ended_at < item.time
        if document["stage"] == "closed" and left and not gone:
            text = f"{id_}: {sorted(map(str, left))}"
            yield evidence.find_violation("closed-while-a-contact-waits", item.time, text)
