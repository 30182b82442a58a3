"""Wrong variants of what is written to contacts, and of what is recorded of it."""

from __future__ import annotations

from typing import Final

from chaos.mutation import Variant

_ACCOUNT_API: Final = "rollcall.adapters.account_api:"
_LEDGER: Final = "rollcall.adapters.ledger:LedgerBucket."
_EDITED: Final = ("crash", "trouble", "rush", "bursts", "outage")

WRITES: Final = (
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
        profiles=("bursts", "rush"),
    ),
    Variant(
        name="taken-over-writes-believed",
        place="rollcall.publish.recover:recover",
        old="write = make_write(",
        new="if matches(found, intent.wanted):\n"
        "        answer = Answer(state=WriteState.WRITTEN, reason='it is right')\n    write = make_write(",
        caught_by=("never-confirmed",),
        profiles=("relapse", "crash"),
    ),
    Variant(
        name="what-is-there-decides-what-was-written",
        place="rollcall.publish.recover:recover",
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
        name="closed-account-restored",
        place="rollcall.decide.plan:_find_reason_to_skip",
        old="if not account.active:",
        new="if False:",
        caught_by=("closed-account-written",),
        profiles=("accounts",),
    ),
    Variant(
        name="renames-not-awaited",
        place="rollcall.reconcile.preconditions:_is_behind",
        old="    if signal.destination is None or",
        new="    if signal.cause is Cause.ACCOUNT_RENAMED or signal.destination is None or",
        caught_by=("account-not-set-in-time",),
        profiles=("accounts",),
    ),
    Variant(
        name="hidden-names-looked-for-once",
        place="rollcall.reconcile.preconditions:find_next_look",
        old="LOOKS_AFTER.get(signal.cause, ())",
        new="LOOKS if signal.cause in ARRIVAL else ()",
        caught_by=("account-not-set-in-time",),
        profiles=("accounts",),
    ),
    Variant(
        name="departures-ignored",
        place="rollcall.events.parse:_find_reason_to_ignore",
        old="    if name == REGION_STATUS and",
        new='    if name == "RemoveAccountFromOrganization":\n        return _NO_SIGNAL\n'
        "    if name == REGION_STATUS and",
        caught_by=("closing-not-alerted",),
        profiles=("accounts",),
    ),
    Variant(
        name="moves-ignored",
        place="rollcall.events.parse:parse",
        old="    return reader(detail, blank)",
        new="    if cause is Cause.ACCOUNT_MOVED:\n        return Ignored(event=reference, reason='')\n"
        "    return reader(detail, blank)",
        caught_by=("account-not-set-in-time",),
        profiles=("accounts",),
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
        name="version-ignored",
        place="rollcall.adapters.state.contacts:_write",
        old="return make_versioned_put(item, record.version)",
        new="return {'Item': make_versioned_put(item, record.version)['Item']}",
        caught_by=("intents-overlap",),
        profiles=("bursts", "rush"),
    ),
    Variant(
        name="optional-parts-dropped",
        place="rollcall.model.contact:Contact.keep_from",
        old="{part: found.get(part)",
        new="{part: found.get(part) if PRIMARY_PARTS[part].required else ''",
        caught_by=("kept-part-lost",),
        profiles=_EDITED,
    ),
    Variant(
        name="kept-as-first-seen",
        place="rollcall.decide.resolve:fill_kept",
        old="keep_from(found.contact)",
        new="keep_from(fill_kept.__dict__.setdefault(account.id, found.contact))",
        caught_by=("kept-part-lost",),
        profiles=_EDITED,
    ),
    Variant(
        name="last-tag-forgotten",
        place="rollcall.rosters.orphaned:_find_orphaned_tag",
        old="elif not _forget_tag(tag, account.id, memory):",
        new="elif not _forget_tag(tag, account.id, memory) and False:",
        caught_by=("lost-tag-not-blocked",),
        profiles=("accounts",),
    ),
)
