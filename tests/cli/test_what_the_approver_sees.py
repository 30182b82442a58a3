"""For any two rosters: whatever the plan writes or the roster weakens is in the text before the question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.decide.plan import plan_observed
from rollcall.decide.plan_values import ChangeGrouper, KnownContacts
from rollcall.model.contact import KEEP, ContactKind
from rollcall.model.desired import Absent, Desired, Present, Unreadable
from rollcall.model.display import PARTS, Masks, spell_value
from rollcall.model.roster import Roster
from rollcall.sweep.approvals import find_reasons_to_wait, make_pending_plan
from rollcall.sweep.run import Run, Step, Trigger
from rollcall.sweep.stored_plan import PlanBuilder
from rollcall_cli.status.plan_values import PlanValues, list_values
from rollcall_cli.status.plans import describe_plan
from tests.support.organizations import TODAY, compare, make_account, observe
from tests.unit.decide.test_roster_change import ROSTERS, TAGS

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
#: No more than are listed by their ids.
ACCOUNTS = 5


def show(approved, candidate, observed):
    """What changes, and the lines that `approve` prints of it, those of each group in one text."""
    before, after = Roster.from_document(approved), Roster.from_document(candidate)
    groups = ChangeGrouper(KnownContacts([after, before]))
    draft = PlanBuilder(roster=after.digest, write=lambda _part, _changes: None, groups=groups)
    for one in observed:
        draft.add(one.account, plan_observed(one, after, today=TODAY))
    change = compare(approved, candidate, observed)
    run = Run(
        id="r",
        execution="e",
        trigger=Trigger.ROSTER,
        by=None,
        started_at=NOW,
        next=Step.GATE,
        roster=after.digest,
        approved=before.digest,
        data="r",
        observed_at=NOW,
    )
    reasons = find_reasons_to_wait(
        change, limit=before.max_changed_accounts, passed=0, deletes=draft.new_deletes, first=False
    )
    plan = draft.finish(against=before.digest, weakenings=change.weakenings)
    pending = make_pending_plan(run, draft, plan, change=change, reasons=reasons, now=NOW)
    facts = [text for _, text in describe_plan(pending, NOW)]
    # No digest covers the reasons: who can write the table can remove them.
    altered = replace(pending, summary={**pending.summary, "reasons": []})
    assert altered.reference == pending.reference
    because = [text for label, text in describe_plan(altered, NOW) if label == "because"]
    assert because == [one.text for one in change.weakenings]
    written: list[str] = []
    for _, line in list_values(PlanValues(groups=groups.list_groups()), masks=Masks.NOTHING, most=None):
        if line.startswith("  "):
            written[-1] += f"\n{line}"
        else:
            written.append(line)
    return change, facts, written


@settings(max_examples=200, deadline=None)
@given(
    approved=ROSTERS,
    candidate=ROSTERS,
    found=ROSTERS,
    tags=st.lists(TAGS, min_size=ACCOUNTS, max_size=ACCOUNTS),
    unread=st.sets(st.integers(0, ACCOUNTS - 1), max_size=2),
)
def test_whatever_is_written_or_weakened_is_in_the_text(approved, candidate, found, tags, unread):
    observed = []
    accounts = (make_account(number, tags=carried) for number, carried in enumerate(tags))
    for number, one in enumerate(observe(accounts, found)):
        contacts = dict.fromkeys(ContactKind, Absent()) | dict(one.contacts)
        if number in unread:
            contacts = dict.fromkeys(ContactKind, Unreadable(reason="AWS was busy"))
        observed.append(replace(one, contacts=contacts))
    change, facts, written = show(approved, candidate, observed)
    for text in (*(one.text for one in change.weakenings), *change.unmatched):
        assert text in facts
    (unseen,) = [text for text in facts if text.startswith("not compared")] or [""]
    assert all(account_id in unseen for account_id in change.not_compared)
    after = Roster.from_document(candidate)
    known = KnownContacts([after, Roster.from_document(approved)])
    for one in observed:
        for item in plan_observed(one, after, today=TODAY).changes:
            old = item.found.contact if isinstance(item.found, Present) else None
            new = item.wanted.contact if isinstance(item.wanted, Desired) else None
            (block,) = [
                text for text in written if one.account.id in text and f" {item.kind}" in text.split("\n")[0]
            ]
            for contact in filter(None, (old, new)):
                shown = (known.find(contact, one.account) or ("", contact))[1]
                for part in PARTS:
                    if getattr(old, part, None) != getattr(new, part, None):
                        text = shown.get(part)
                        assert spell_value(contact.get(part) if text == KEEP else text) in block
