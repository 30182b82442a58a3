"""Wrong variants of what comes into force: the gate, approvals and pauses."""

from __future__ import annotations

from typing import Final

from chaos.mutation import Variant

GATE: Final = (
    Variant(
        name="pause-and-roster-ignored",
        place="rollcall.adapters.state.contacts:ContactItems.open_intent",
        old="transact(*checks, ",
        new="transact(",
        caught_by=("write-while-paused", "write-under-other-roster"),
        profiles=("approvals",),
    ),
    Variant(
        name="approved-without-a-look-at-the-pause",
        place="rollcall.adapters.state.rosters:ControlItems.approve",
        old="if automatic else []",
        new="if automatic and not automatic else []",
        caught_by=("approved-in-pause",),
        profiles=("interrupted",),
    ),
    Variant(
        name="own-restores-skipped",
        place="rollcall.sweep.apply_account:AccountApplier._carry",
        old="and not is_left_by_us(decided.found, record)",
        new="",
        caught_by=("approved-change-skipped",),
        profiles=("pending",),
    ),
    Variant(
        name="own-write-explains-all-that-follows",
        place="rollcall.write.look:Look.is_explained",
        old="any(write.left == found for write in lately)",
        new="bool(lately)",
        caught_by=("drift-not-alerted",),
        profiles=("unannounced",),
    ),
    Variant(
        name="rest-of-a-rollout-is-drift",
        place="rollcall.sweep.rollout:load_rollout",
        old="passed.run == besides",
        new="True",
        caught_by=("untouched-account-suspected",),
        profiles=("interrupted",),
    ),
    Variant(
        name="new-plan-replaces-approved",
        place="rollcall.adapters.state.sweeps:SweepTable.save_pending",
        old="for other in self._list_all():\n",
        new="for other in self._list_all():\n"
        "            if other.roster == pending.roster and other.plan != pending.plan:\n"
        "                self.forget_applied(other.plan)\n",
        caught_by=("approved-plan-vanished",),
        profiles=("too-many",),
    ),
    Variant(
        name="deletes-hold-all-else",
        place="rollcall.sweep.gate:Gate._judge_approved",
        old="if control.paused else",
        new="if control.paused or reasons else",
        caught_by=("restore-held-back",),
        profiles=("too-many",),
    ),
    Variant(
        name="deletes-unasked",
        place="rollcall.sweep.approvals:find_deletes_to_wait",
        old="deletes > MOST_ACCOUNTS_WITH_DELETES",
        new="deletes > 100",
        caught_by=("deletes-unasked",),
        profiles=("too-many",),
    ),
    Variant(
        name="weakenings-ignored",
        place="rollcall.sweep.approvals:find_reasons_to_wait",
        old=", *(one.text for one in change.weakenings)]",
        new="]",
        caught_by=("weakened-unasked",),
        profiles=("weakened",),
    ),
    Variant(
        name="primary-contacts-unasked",
        place="rollcall.decide.weakening:list_loosened",
        old="if enforces_primary(after) and not enforces_primary(before):",
        new="if False:",
        caught_by=("weakened-unasked",),
        profiles=("weakened",),
    ),
    Variant(
        name="approval-unconditional",
        place="rollcall.adapters.state.rosters:ControlItems.approve",
        old='f"{known} AND attribute_not_exists({_NOTICE})"',
        new='f"attribute_exists(pk) OR ({known})"',
        caught_by=("approved-over-another",),
        profiles=("side-by-side",),
    ),
    Variant(
        name="another-comparison-approved",
        place="rollcall.control.handle:CommandHandler._find_pending",
        old="pending.roster != approved and pending.against",
        new="False and pending.against",
        caught_by=("approved-over-another",),
        profiles=("side-by-side",),
    ),
    Variant(
        name="approval-forgotten-before-published",
        place="rollcall.rosters.current:alert_approval",
        old="bus.publish_notice(notice, now)\n        memory.forget_notice(notice)",
        new="memory.forget_notice(notice)\n        bus.publish_notice(notice, now)",
        caught_by=("roster-not-alerted",),
        profiles=("side-by-side",),
    ),
    Variant(
        name="later-tries-answer-anew",
        place="rollcall.control.handle:CommandHandler._finish_begun",
        old='"refused" in begun or ',
        new="True or ",
        caught_by=("approval-denied",),
        profiles=("side-by-side",),
    ),
    Variant(
        name="pause-never-ends",
        place="rollcall.adapters.state.rosters:is_paused",
        old=" and not over",
        new="",
        caught_by=("ended-pause-obeyed",),
        profiles=("expiring",),
    ),
    Variant(
        name="end-of-pause-not-followed",
        place="rollcall.control.pauses:Pauses.follow_up",
        old="if now >= known.until:",
        new="if False:",
        caught_by=("end-of-pause-not-alerted",),
        profiles=("expiring",),
    ),
)
