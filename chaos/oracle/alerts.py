"""Alerts: opened and closed in order, the same at each repetition, and without anybody's details."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.account import FIELDS, PRIMARY, READS
from chaos.fakes.client import STALE_SECONDS
from chaos.fakes.cloud import is_change
from chaos.faults import Kind
from chaos.oracle.calls import find_contact
from chaos.scheduler import START
from chaos.wants import KEEP, PRIMARY_PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaos.fakes.account import Contact
    from chaos.oracle.evidence import Edit, Evidence, Violation
    from chaos.setting import Published
    from chaos.story import Action

#: How long ago something was grows with each repetition.
_SPANS: Final = re.compile(r"\d+ (seconds?|minutes?|hours?|days?|s|min|h|d)\b")
#: Fifteen minutes from the start of the command, which comes at once.
_DRILL_LASTS: Final = 15 * 60 + 5
#: Values of a primary contact that no other text holds by chance.
_DETAILS: Final = [
    place for place, part in enumerate(PRIMARY_PARTS) if part not in ("country_code", "state_or_region")
]
_UNDONE: Final = frozenset({"undone", "changed-back", "set-by-others"})
#: Verdicts of contacts that are not what the roster wants, and stay so for now.
_WRONG: Final = frozenset({"failed", "unreadable", "unreachable", "blocked"})
_OUR_ERRORS: Final = ("RetryableError", "RecordRefusedError", "LaterError", "WaitError")


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    yield from _find_unpaired(evidence)
    yield from _find_changed_openings(evidence)
    yield from _find_repetitions(evidence)
    yield from _find_dead(evidence)
    yield from _find_leaks(evidence)
    yield from _find_false_drills(evidence)
    yield from _find_hidden_edits(evidence)
    yield from _find_skipped(evidence)
    yield from _find_untold(evidence)
    yield from _find_crashes(evidence)


def _find_unpaired(evidence: Evidence) -> Iterator[Violation]:
    opened: dict[str, float] = {}
    for item in evidence.incidents:
        id_, document = item.document["incident_id"], item.document
        if not document["retried"] and document.get("opened") and id_ not in opened:
            why = f"{id_} is closed by {item.process}, and was never opened"
            yield evidence.find_violation("closing-without-opening", item.time, why)
        if document["retried"]:
            opened.setdefault(id_, item.time)
    last: dict[str, Any] = {}
    for text in evidence.texts:
        if not text.is_notice:
            last[text.attributes["incident"]] = text
    for id_, text in last.items():
        if "retrying: a second alert" in text.text:
            yield evidence.find_violation("opening-never-closed", text.time, f"{id_}: {text.subject}")


def _find_changed_openings(evidence: Evidence) -> Iterator[Violation]:
    """An opening that is published again is the same."""
    known: dict[str, Mapping[str, Any]] = {}
    for item in evidence.incidents:
        if not item.document["retried"]:
            continue
        content = {name: value for name, value in item.document.items() if name != "decided_at"}
        if known.setdefault(item.document["incident_id"], content) != content:
            text = f"{item.document['incident_id']} by {item.process}"
            yield evidence.find_violation("opening-published-differently", item.time, text)


def _find_repetitions(evidence: Evidence) -> Iterator[Violation]:
    """Nothing is said twice on a channel, unless a call of the worker that said it first went wrong."""
    if any(fired.kind is Kind.STALE for fired in evidence.world.faults.fired):
        return  # who reads what was there before our write restores it again
    troubled = {fired.site.partition("|")[0] for fired in evidence.world.faults.fired} | evidence.world.killed
    seen: Counter[tuple[str, str]] = Counter()
    for call, text in zip(evidence.world.cloud.texts, evidence.texts, strict=True):
        step = (text.attributes["incident"], _SPANS.sub("", text.text))
        if seen[step] >= _count_writes(evidence, text.attributes["incident"]):
            yield evidence.find_violation("alerted-twice", text.time, text.subject)
        if call.process not in troubled:
            seen[step] += 1


def _count_writes(evidence: Evidence, incident_id: str) -> int:
    """How many writes an incident led to; each is news. At least one."""
    intents = {
        outcome["intent_id"]
        for item in evidence.incidents
        if item.document["incident_id"] == incident_id
        for outcome in item.document["outcomes"]
    }
    return max(1, len(intents - {None}))


def _find_dead(evidence: Evidence) -> Iterator[Violation]:
    outages = evidence.story.faults.outages
    for queue in evidence.world.queues.values():
        for message in queue.dead:
            covered = all(
                any(outage.start <= time <= outage.end for outage in outages) for time, _ in message.tries
            )
            if not covered:
                text = f"{queue.name}: {message.id} after {message.receives - 1} tries"
                yield evidence.find_violation("dead-letter", evidence.world.scheduler.now, text)


def _find_false_drills(evidence: Evidence) -> Iterator[Violation]:
    """Only an edit that an operator registered before, and in all of it, is called a drill."""
    registered = [action for action, _ in evidence.world.people if action.do == "drill"]
    edits = {edit.call.request_id: edit for edit in evidence.edits}
    for item in evidence.incidents:
        document = item.document
        if document["drill"] is None:
            continue
        edit = edits.get(document["event"]["request_id"])
        kinds = {outcome["kind"] for outcome in document["outcomes"]}
        if (
            edit is None
            or kinds != {edit.action.kind}
            or not any(
                one.who == edit.action.who and _is_edit_of(one, made)
                for one in registered
                for made in _list_later(evidence, edit, item)
            )
        ):
            yield evidence.find_violation(
                "false-drill", item.time, f"{document['incident_id']} {document['title']}"
            )


def _find_hidden_edits(evidence: Evidence) -> Iterator[Violation]:
    """Of an edit of values that the roster keeps nobody says that it was undone."""
    edits = {edit.call.request_id: edit for edit in evidence.edits if edit.contact[1] == PRIMARY}
    for item in evidence.incidents:
        edit = edits.get(item.document["event"]["request_id"])
        verdicts = {outcome["verdict"] for outcome in item.document["outcomes"]}
        if edit is None or verdicts.isdisjoint(_UNDONE):
            continue
        wants = [
            evidence.find_want(evidence.find_control(time).approved, edit.contact, time)
            for time in (START + edit.action.at, item.time)
        ]
        kept = frozenset[int].intersection(*(want.kept if want else frozenset() for want in wants))
        for before, after in pairwise(evidence.account.history[edit.contact]):
            if after.request_id != edit.call.request_id or before.values is None or after.values is None:
                continue
            if any(before.values[place] != after.values[place] for place in kept):
                text = f"{item.document['incident_id']} {item.document['title']}"
                yield evidence.find_violation("kept-edit-hidden", item.time, text)


def _list_later(evidence: Evidence, edit: Edit, item: Published) -> Iterator[Edit]:
    """The edit, and those of its contact that were made until the incident was published.

    The functions see what they find, and not what each of two edits had left.
    """
    for other in evidence.edits:
        same = other.contact == edit.contact
        if same and edit.action.at <= other.action.at and START + other.action.at <= item.time:
            yield other


def _is_edit_of(drill: Action, edit: Edit) -> bool:
    """Whether the edit left what is registered, in its time."""
    action = edit.action
    within = 0 <= action.at - drill.at <= _DRILL_LASTS
    same = (drill.account, drill.kind, drill.value)
    return within and (action.account, action.kind, action.value) == same


def _find_leaks(evidence: Evidence) -> Iterator[Violation]:
    """Logs hold nobody's details, alerts none of a foreign contact."""
    story, now = evidence.story, evidence.world.scheduler.now
    foreign = {values[position] for values in story.foreign for position in (0, 2, 3)}
    foreign |= {values[place].strip() for values in story.foreign_primary for place in _DETAILS} - {"", KEEP}
    ours = {
        value
        for call in evidence.calls
        if is_change(call) and call.operation == "PutAlternateContact"
        for name in (FIELDS[0], FIELDS[2], FIELDS[3])
        for value in [call.given[name]]
    }
    ours |= {
        str(call.given["ContactInformation"][name])
        for call in evidence.calls
        if call.operation == "PutContactInformation"
        for name in ("AddressLine1", "PhoneNumber")
    }
    log = evidence.world.functions.read_log() + "".join(crash.error for crash in evidence.world.crashes)
    for value in sorted(foreign | ours):
        if value in log:
            yield evidence.find_violation("contact-in-log", now, value)
    for text in evidence.texts:
        if any(value in text.text or value in text.subject for value in foreign):
            yield evidence.find_violation("foreign-contact-alerted", text.time, text.subject)


def _find_last_read(evidence: Evidence, held: Published, contact: Contact) -> float:
    """When the execution that announced a plan last read a contact, or earlier: the read may be stale."""
    execution = held.process.partition(":")[2].partition(".")[0]
    reads = [
        call.sent_at
        for call in evidence.calls
        if f":{execution}." in call.process
        and call.operation in READS
        and find_contact(evidence, call) == contact
        and call.sent_at < held.time
    ]
    return max(reads, default=0.0) - STALE_SECONDS


def _find_skipped(evidence: Evidence) -> Iterator[Violation]:
    """An approved plan leaves out what somebody else changed meanwhile, and nothing else."""
    made = {
        item.document["facts"]["plan"]: item
        for item in evidence.notices
        if item.document["notice"] == "sweep-held"
    }
    for item in evidence.notices:
        if item.document["notice"] != "sweep-applied":
            continue
        held = made.get(item.document["facts"]["plan"])
        for example in item.document["facts"].get("examples", ()):
            contact = (example["account"]["id"], example["kind"])
            start = _find_last_read(evidence, held, contact) if held else 0.0
            changed = evidence.was_changed(contact, start, item.time)
            if example["verdict"] == "skipped" and not changed:
                text = f"{contact[0]} {contact[1]}: {example['reason']}"
                yield evidence.find_violation("approved-change-skipped", item.time, text)


def _find_untold(evidence: Evidence) -> Iterator[Violation]:
    """Of a contact that an event left wrong somebody hears, alone or in a message of many."""
    told = {text.attributes["incident"] for text in evidence.texts}
    for item in evidence.outcomes:
        document = item.document
        ids = {document["incident_id"], document.get("parent_incident_id")}
        if document["verdict"] in _WRONG and document["cause"] != "swept" and told.isdisjoint(ids):
            text = f"{document['incident_id']} {document['kind']}: {document['verdict']}"
            yield evidence.find_violation("wrong-not-alerted", item.time, text)


def _find_crashes(evidence: Evidence) -> Iterator[Violation]:
    """Nothing unexpected is raised."""
    for crash in evidence.world.crashes:
        if not crash.error.startswith(_OUR_ERRORS):
            yield evidence.find_violation("crash", crash.time, f"{crash.process}: {crash.error}")
    log = evidence.world.functions.read_log()
    if "unexpected" in log:
        line = next(line for line in log.splitlines() if "unexpected" in line)
        yield evidence.find_violation("unexpected-error", evidence.world.scheduler.now, line)
