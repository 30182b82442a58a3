"""Accounts that join, move, leave, close, are tagged or renamed: contacts right in time, or not written."""

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
_RIGHT_WITHIN: Final = {
    **dict.fromkeys(("create", "rejoin"), 3600.0 + 900.0),
    **dict.fromkeys(("move", "tag", "untag", "call"), 1800.0),
}
#: When an account is looked at again whose new name the record hides.
_LOOKS: Final = (0.0, 900.0, 3600.0)
#: An account that carries a tag has been looked at after so many seconds.
_KNOWN_AFTER: Final = 1800.0
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
    yield from _find_unblocked(evidence)
    yield from _find_renamed_written(evidence)


def _judge_change(evidence: Evidence, action: Action) -> Iterator[Violation]:
    """Within the time of its looks each contact is as the account's new place wants it."""
    due = _find_due(action)
    others = [other for other, _ in evidence.world.people if other.account == action.account]
    later = [other for other in others if other.at > action.at and START + other.at <= due]
    closed = evidence.find_closing(action.account, due) is not None
    if later or due > evidence.world.scheduler.now or closed:
        return  # another change, or an edit, has its own time
    if evidence.may_be_blocked(action.account, START + action.at, due):
        return
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
        if account == action.account and late and evidence.find_closing(account, call.sent_at) is not None:
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
        gone = evidence.find_closing(document["account"]["id"], item.time) is not None
        # Where the account is by now nothing may be asked of the contact.
        approved, account = evidence.find_control(item.time).approved, document["account"]["id"]
        wants = {kind: evidence.find_want(approved, (account, kind), item.time) for kind in left if kind}
        left -= {kind for kind, want in wants.items() if want and not want.managed}
        if not document["retried"] and left and not gone:
            text = f"{id_}: {sorted(map(str, left))}"
            yield evidence.find_violation("closed-while-a-contact-waits", item.time, text)


def _find_unblocked(evidence: Evidence) -> Iterator[Violation]:
    """Somebody who lost the last tag that an entry of the roster selects is blocked, and that is alerted."""
    changes = [(START + action.at, action) for action, _ in evidence.world.people if action.account]
    untagged = [(time, action.account) for time, action in changes if action.do == "untag"]
    lost = [id_ for time, id_ in untagged if evidence.may_be_blocked(id_, time, time)]
    # Whoever was tagged for so long was looked at meanwhile; a closed account counts until the next sweep.
    tagged = [time for time, action in changes if action.do == "tag"]
    known = any(
        not [other for other in tagged if time - _KNOWN_AFTER < other < time + _RIGHT_WITHIN["untag"]]
        for time, id_ in untagged
        if id_ in lost
    )
    disturbed = evidence.world.faults.fired or evidence.world.statistics["events lost"]
    if not lost or not known or disturbed or any(action.do in _ENDS for _, action in changes):
        return
    blocked = {
        item.document["account"]["id"] for item in evidence.outcomes if item.document["verdict"] == "blocked"
    }
    if not blocked.intersection(id_ for _, id_ in untagged):
        yield evidence.find_violation("lost-tag-not-blocked", untagged[-1][0], ", ".join(lost))


def _find_renamed_written(evidence: Evidence) -> Iterator[Violation]:
    """Nothing is written where an entry of the roster names a unit that has another name by now."""
    for call in () if evidence.world.faults.fired else evidence.own_calls:
        account, kind = find_contact(evidence, call)
        if any(left + _WRITTEN_WITHIN < call.sent_at < back for left, back in evidence.list_renamed(account)):
            yield evidence.find_violation("renamed-unit-written", call.sent_at, f"{account} {kind}")
