"""Wrong variants of the core, each one change, each caught by a violation that is named for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.driver import find_functions
from chaos.mutation import Variant, apply_variant
from chaos.oracle import judge
from chaos.profiles import PROFILES, make_story
from chaos.shrink import run

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESTORE: Final = "rollcall.reconcile.restore:AccountRestorer."
_PUBLISHER: Final = "rollcall.publish.incidents:IncidentPublisher."
_ACCOUNT_API: Final = "rollcall.adapters.account_api:"
_LEDGER: Final = "rollcall.adapters.ledger:LedgerBucket."
_EDITED: Final = ("crash", "trouble", "rush", "bursts", "outage")

VARIANTS: Final = (
    Variant(
        name="record-read-before-the-look",
        place=_RESTORE + "_restore_contact",
        old="found = self.writer.accounts.get(self.signal.account_id, kind)\n"
        "        record = self._read_record(kind)",
        new="record = self._read_record(kind)\n"
        "        found = self.writer.accounts.get(self.signal.account_id, kind)",
        caught_by=("alert-too-quiet", "edit-not-alerted"),
        profiles=("rush",),
    ),
    Variant(
        name="facts-fenced",
        place="rollcall.write.apply_change:record_answer",
        old="known.state is WriteState.UNCONFIRMED",
        new="False",
        caught_by=("never-confirmed",),
        profiles=("held-up",),
    ),
    Variant(
        name="answer-forgotten-when-the-ledger-refuses",
        place="rollcall.write.apply_change:_give_up",
        old="intent_id=intent.id, answer=answer,",
        new="intent_id=intent.id, answer=Answer(state=WriteState.UNCONFIRMED, reason=''),",
        caught_by=("never-confirmed",),
        profiles=("unrecorded",),
    ),
    Variant(
        name="intent-taken-over-at-once",
        place="rollcall.decide.intent:OpenIntent.is_expired",
        old="now >= self.until",
        new="True",
        caught_by=("write-after-its-end", "intents-overlap"),
        profiles=("bursts", "rush", "crash"),
    ),
    Variant(
        name="marked-before-published",
        place=_PUBLISHER + "publish_and_close",
        old="    try:\n",
        new="    for item in applied:\n        self._close(incident, item)\n    try:\n",
        caught_by=("edit-not-alerted", "change-without-outcome"),
        profiles=_EDITED,
    ),
    Variant(
        name="closed-before-published",
        place=_PUBLISHER + "_publish",
        old="    self.publish_only(replace(incident, opened=opened))",
        new="    if alerted is not None and opened:\n        self._save(alerted, AlertStage.CLOSED)\n"
        "    self.publish_only(replace(incident, opened=opened))",
        caught_by=("opening-never-closed",),
        profiles=("renamed",),
    ),
    Variant(
        name="opening-written-anew",
        place=_PUBLISHER + "_finish_opening",
        old="self.bus.publish_opening(alerted.opening)",
        new='self.bus.publish_opening(alerted.opening.replace(\'"reason": "\', \'"reason": "again: \'))',
        caught_by=("opening-published-differently",),
        profiles=("outage", "trouble", "crash"),
    ),
    Variant(
        name="opened-forgotten",
        place=_PUBLISHER + "_publish",
        old="opened = alerted is not None and alerted.stage is not AlertStage.CLOSED",
        new="opened = False",
        caught_by=("opening-never-closed",),
        profiles=("outage", "trouble"),
    ),
    Variant(
        name="taken-over-writes-believed",
        place="rollcall.write.recover:recover",
        old="write = make_write(",
        new="if matches(found, intent.wanted):\n"
        "        answer = Answer(state=WriteState.WRITTEN, reason='it is right')\n    write = make_write(",
        caught_by=("never-confirmed",),
        profiles=("relapse", "crash"),
    ),
    Variant(
        name="what-is-there-decides-what-was-written",
        place="rollcall.write.recover:recover",
        old="    try:\n",
        new="    if opened.answer is None:\n        right = matches(found, intent.wanted)\n"
        "        state = WriteState.WRITTEN if right else WriteState.NOT_SENT\n"
        "        answer = Answer(state=state, reason='by what is there')\n    try:\n",
        caught_by=("ledger-invents-write", "ledger-denies-write"),
        profiles=("relapse",),
    ),
    Variant(
        name="second-call-under-one-intent",
        place=_ACCOUNT_API + "OneModeAccountApi._write",
        old="answer = self._call_paced(operation, call, parameters, before=intent.send_before)",
        new="try:\n"
        "            answer = self._call_paced(operation, call, parameters)\n"
        "        except AWS_ERRORS:\n"
        "            answer = self._call_paced(operation, call, parameters)",
        caught_by=("two-calls-under-one-intent",),
        profiles=_EDITED,
    ),
    Variant(
        name="ledger-skipped",
        place=_LEDGER + "record_intent",
        old="there = self._put(",
        new="return\n    there = self._put(",
        caught_by=("write-without-intent",),
        profiles=_EDITED,
    ),
    Variant(
        name="pause-and-roster-ignored",
        place="rollcall.adapters.state.contacts:ContactItems.open_intent",
        old='("ConditionCheck", check), ',
        new="",
        caught_by=("write-while-paused", "write-under-other-roster"),
        profiles=("approvals",),
    ),
    Variant(
        name="denied-means-absent",
        place=_ACCOUNT_API + "_make_unreadable",
        old="get_code(error) == _ABSENT",
        new='get_code(error) in (_ABSENT, "AccessDeniedException")',
        caught_by=("write-over-unread",),
        profiles=("crash", "trouble"),
    ),
    Variant(
        name="absent-matches-unreadable",
        place="rollcall.model.desired:matches",
        old="isinstance(observation, Absent)",
        new="not isinstance(observation, Present)",
        caught_by=("verified-unseen",),
        profiles=("relapse",),
    ),
    Variant(
        name="calls-name-no-intent",
        place=_ACCOUNT_API + "_name_intent",
        old="is not None:",
        new="is not None and False:",
        caught_by=("false-theft", "own-write-alerted"),
        profiles=("bursts", "crash"),
    ),
    Variant(
        name="role-alone-believed",
        place="rollcall.reconcile.echoes:EchoJudge.judge",
        old="    name = IntentName.find(signal.actor.user_agent)",
        new="    return Echo.DONE, AppliedChange(outcome=_make_own(signal))\n"
        "    name = IntentName.find(signal.actor.user_agent)",
        caught_by=("theft-not-critical",),
        profiles=("theft",),
    ),
    Variant(
        name="echo-believed-without-a-look",
        place="rollcall.reconcile.echoes:EchoJudge._look",
        old="    write, own = ",
        new="    return Echo.DONE, AppliedChange(outcome=_make_own(signal))\n    write, own = ",
        caught_by=("echo-ignored",),
        profiles=("overwritten",),
    ),
    Variant(
        name="right-at-once-believed",
        place=_RESTORE + "_explain_right",
        old="if not surely_later and ",
        new="if False and ",
        caught_by=("alert-too-quiet", "edit-not-alerted"),
        profiles=("crash", "trouble"),
    ),
    Variant(
        name="set-by-others-not-alerted",
        place="rollcall.bulk_edits.digest:DigestWriter.publish_if_due",
        old="self.bus.publish_notice(",
        new="(",
        caught_by=("set-to-right-not-alerted",),
        profiles=("bursts", "calm"),
    ),
    Variant(
        name="failed-entries-believed",
        place="rollcall.adapters.bus_and_queue:EventBridgeOutcomeBus._put",
        old='if answer["FailedEntryCount"]:',
        new="if False:",
        caught_by=("edit-not-alerted", "change-without-outcome"),
        profiles=("crash", "trouble"),
    ),
    Variant(
        name="records-overwritten",
        place=_LEDGER + "_put",
        old='            IfNoneMatch="*",\n',
        new="",
        caught_by=("record-put-twice",),
        profiles=_EDITED,
    ),
    Variant(
        name="no-answer-means-refused",
        place=_ACCOUNT_API + "_sort_write_error",
        old="return UnansweredError(",
        new="return NotMadeError(",
        caught_by=("ledger-denies-write",),
        profiles=("crash", "trouble"),
    ),
    Variant(
        name="gate-looks-once",
        place="rollcall.sweep.gate:Gate._approve",
        old="if self.rosters.get_enforcement() != control:",
        new="if False:",
        caught_by=("approved-in-pause",),
        profiles=("interrupted",),
    ),
    Variant(
        name="report-before-its-notices",
        place="rollcall.sweep.report_step:ReportStep._publish_notices",
        old="    for item in make_notices(",
        new="    self._write(run, summary, tally)\n    for item in make_notices(",
        caught_by=("drift-not-alerted",),
        profiles=("sweeps",),
    ),
    Variant(
        name="own-restores-skipped",
        place="rollcall.sweep.apply_account:_left_by_us",
        old="return last is not None",
        new="return False and last is not None",
        caught_by=("approved-change-skipped",),
        profiles=("pending",),
    ),
    Variant(
        name="new-plan-replaces-approved",
        place="rollcall.adapters.state.sweeps:PendingPlanItems.save_pending",
        old=" and other.approved_by is None",
        new="",
        caught_by=("approved-plan-vanished",),
        profiles=("too-many",),
    ),
    Variant(
        name="own-role-counts-as-bulk",
        place="rollcall.bulk_edits.counting:find_countable",
        old="if not verdicts or signal.actor.role_arn in writer_roles:",
        new="if not verdicts:",
        caught_by=("own-writes-in-bulk",),
        profiles=("overwritten",),
    ),
    Variant(
        name="judgement-dropped-at-a-takeover",
        place="rollcall.write.recover:recover",
        old="if intent.judged else []",
        new="if False else []",
        caught_by=("theft-not-critical",),
        profiles=("theft",),
    ),
    Variant(
        name="version-ignored",
        place="rollcall.adapters.state.contacts:_write",
        old="    if not record.version:\n",
        new="    if True:\n        return {'Item': item}\n    if not record.version:\n",
        caught_by=("intents-overlap",),
        profiles=("bursts", "rush"),
    ),
    Variant(
        name="foreign-contact-in-full",
        place="rollcall.model.display:show_values",
        old="masks is Masks.FOREIGN and not value.own",
        new="False",
        caught_by=("foreign-contact-alerted",),
        profiles=("bursts",),
    ),
    Variant(
        name="contact-in-the-log",
        place="reconcile.handler:_report",
        old='"kind": outcome.kind,',
        new='"kind": outcome.kind, "found": outcome.found and outcome.found.as_document(),',
        caught_by=("contact-in-log",),
        profiles=("bursts",),
    ),
    Variant(
        name="steps-forgotten",
        place="rollcall.notify.notifier:decide",
        old="message.step in told.steps or ",
        new="",
        caught_by=("alerted-twice",),
        profiles=_EDITED,
    ),
    Variant(
        name="root-user-quiet",
        place="rollcall.outcomes.severity:find_severity",
        old="signal.actor.root or ",
        new="",
        caught_by=("alert-too-quiet",),
        profiles=("bursts",),
    ),
    Variant(
        name="returned-at-once",
        place="rollcall.runtime.handlers:retry_seconds",
        old="_FIRST_RETRY_SECONDS * 2 ** (min(receives, 20) - 1)",
        new="_FIRST_RETRY_SECONDS",
        caught_by=("dead-letter", "opening-never-closed", "edit-not-alerted"),
        profiles=("outage",),
    ),
)


def hunt(variant: Variant, most: int) -> int | None:
    """The seed of the first story in which the variant is caught, of so many; None if it is in none."""
    functions = find_functions()
    with apply_variant(variant):
        for seed, profile in _list_stories(variant, most):
            violations = judge(run(make_story(seed, profile), functions))
            if {violation.name for violation in violations} & set(variant.caught_by):
                return seed
    return None


def _list_stories(variant: Variant, most: int) -> Iterator[tuple[int, str]]:
    profiles = variant.profiles or tuple(PROFILES)
    for seed in range(most):
        yield seed, profiles[seed % len(profiles)]
