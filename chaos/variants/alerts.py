"""Wrong variants of what people are told, and how loud."""

from __future__ import annotations

from typing import Final

from chaos.mutation import Variant

_RESTORE: Final = "rollcall.reconcile.restore:AccountRestorer."
_PUBLISHER: Final = "rollcall.publish.incidents:IncidentPublisher."
_EDITED: Final = ("crash", "trouble", "rush", "bursts", "outage")

ALERTS: Final = (
    Variant(
        name="kept-edits-undone",
        place="rollcall.reconcile.already_compliant:explain_compliant",
        old="if kept:",
        new="if explained.verdict is Verdict.SET_BY_OTHERS:",
        caught_by=("kept-edit-hidden",),
        profiles=("rush", "trouble"),
    ),
    Variant(
        name="record-read-before-the-look",
        place=_RESTORE + "_look_and_restore",
        old="look = self._settle(self._take_look(kind, self.looks.get(kind)))\n",
        new="early = self._settle(self._take_look(kind, None))\n"
        "    look = look_at_contact(self.writer, self.signal.account_id, kind)\n"
        "    look = replace(look, record=early.record)\n",
        caught_by=("alert-too-quiet", "edit-not-alerted"),
        profiles=("rush",),
    ),
    Variant(
        name="marked-before-published",
        place=_PUBLISHER + "publish_and_close",
        old="        try:\n            placed",
        new="        for item in applied:\n            self._close(incident, item)\n"
        "        try:\n            placed",
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
        profiles=("renamed", "accounts"),
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
        old="    self._check_unfinished(signal, record)\n    if write",
        new="    return Echo.DONE, own\n    if write",
        caught_by=("echo-ignored",),
        profiles=("overwritten",),
    ),
    Variant(
        name="right-at-once-believed",
        place="rollcall.reconcile.already_compliant:explain_compliant",
        old="if not surely_later and ",
        new="if False and ",
        caught_by=("alert-too-quiet", "edit-not-alerted"),
        profiles=("relapse",),
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
        old="message.step in sent.steps or ",
        new="",
        caught_by=("alerted-twice",),
        profiles=_EDITED,
    ),
    Variant(
        name="closed-before-all-is-done",
        place="rollcall.publish.incidents:make_incident",
        old="for outcome in (*_find_changed_before(known, item), item.outcome)",
        new="for outcome in (*_find_changed_before(known, item), item.outcome)\n"
        "            if outcome.verdict is not Verdict.PENDING or item is acted[0]",
        caught_by=("closed-while-a-contact-waits",),
        profiles=("renamed",),
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
        name="drill-of-anybody",
        place="rollcall.decide.resolve:RegisteredDrill.names",
        old="(account_id, principal) == (self.account_id, self.principal)",
        new="account_id == self.account_id",
        caught_by=("false-drill",),
        profiles=("drill",),
    ),
    Variant(
        name="drill-of-anything",
        place="rollcall.decide.resolve:RegisteredDrill.names",
        old=" and edit in self.edits",
        new="",
        caught_by=("false-drill",),
        profiles=("drill",),
    ),
    Variant(
        name="drill-for-ever",
        place="rollcall.decide.resolve:RegisteredDrill.names",
        old=" <= self.until",
        new="",
        caught_by=("false-drill",),
        profiles=("drill",),
    ),
    Variant(
        name="returned-at-once",
        place="rollcall.runtime.handlers:retry_seconds",
        old="_FIRST_RETRY_SECONDS * 2 ** (min(receives, 20) - 1)",
        new="_FIRST_RETRY_SECONDS",
        caught_by=("dead-letter", "opening-never-closed", "edit-not-alerted"),
        profiles=("outage",),
    ),
    Variant(
        name="unmanaged-edits-are-silent",
        place="rollcall.outcomes.severity:find_severity",
        old="base = VERDICTS[verdict].severity[0]",
        new="base = None if verdict is Verdict.UNMANAGED else VERDICTS[verdict].severity[0]",
        caught_by=("unmanaged-edit-not-alerted",),
        profiles=("calm", "rush"),
    ),
    Variant(
        name="unreadable-contacts-are-silent",
        place="rollcall.outcomes.severity:find_severity",
        old="signal.cause is Cause.SWEPT:",
        new="signal.cause is Cause.SWEPT or outcome.verdict is Verdict.UNREADABLE:",
        caught_by=("wrong-not-alerted",),
        profiles=("accounts",),
    ),
)
