"""The ports in memory, which the tests of the core use, answer as the tables do: any calls in any order."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.adapters.ledger import LedgerBucket
from rollcall.adapters.state.channels import ChannelMemoryTable
from rollcall.adapters.state.rosters import MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.control.pauses import Pause, PauseStage
from rollcall.model.errors import RetryableError
from rollcall.model.roster import compute_digest
from rollcall.notify.notifier import ChannelRecord
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import make_notice
from rollcall.publish.incidents import AlertedIncident, AlertStage
from rollcall.sweep.approvals import LapsedApproval, PassedPlan, PendingPlan, PlanEnd
from rollcall.sweep.plan_alerts import AlertedPlan
from rollcall.sweep.run import PlanReference
from tests.support.memory import (
    Faults,
    MemoryChannel,
    MemoryLedger,
    MemoryMatches,
    MemoryState,
    MemorySweeps,
)
from tests.support.memory_operations import DIGESTS, DOCUMENTS, run_of
from tests.support.moto_aws import BUCKET
from tests.support.record_samples import ACCOUNTS, KINDS, answers, intents, named, records
from tests.support.samples import NOW, ROSTER, SIGNAL
from tests.support.state_table import WholeStateTable

INCIDENTS = ("RC-1", "RC-2")


def make_approved(digest):
    facts = {"roster": digest, "by": "alice", "user_id": None, "execution": "one"}
    return make_notice(NoticeKind.ROSTER_APPROVED, key="one", facts=facts)


account_ids, kinds = st.sampled_from(ACCOUNTS), st.sampled_from(KINDS)


class Moment:
    """A clock that the sequences of operations set."""

    time = NOW

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


CLOCK = Moment()
pauses = st.builds(
    lambda stage, name, update, seconds: Pause(
        stage=stage,
        by="test",
        user_id="test",
        execution=name,
        reason="test",
        started_at=NOW,
        until=NOW.replace(microsecond=0) + timedelta(seconds=seconds),
        alerted_at=NOW,
        incident="one",
        update=update,
    ),
    st.sampled_from(PauseStage),
    st.sampled_from(("one", "two")),
    st.integers(0, 2),
    st.integers(0, 300),
)
#: An operation is a name and what it is called with besides the time.
STATE_OPERATIONS = st.one_of(
    st.tuples(st.just("save_pause"), pauses, st.none() | pauses),
    st.tuples(st.just("load_pause")),
    st.tuples(st.just("approve"), st.sampled_from(DOCUMENTS), st.booleans()),
    st.tuples(st.just("find_notice")),
    st.tuples(st.just("forget_notice"), st.sampled_from(DOCUMENTS)),
    st.tuples(st.just("get_enforcement")),
    st.tuples(st.just("load_roster"), st.sampled_from(DIGESTS)),
    st.tuples(st.just("open_intent"), records.filter(lambda record: record.intent)),
    st.tuples(st.just("open_anew"), intents),
    st.tuples(st.just("save"), records),
    st.tuples(st.just("save_anew"), records),
    st.tuples(st.just("load"), account_ids, kinds),
    st.tuples(st.just("load_each"), st.lists(st.tuples(account_ids, kinds), unique=True)),
    st.tuples(st.just("list_pending")),
    st.tuples(st.just("list_edited")),
)
alerted = st.builds(
    AlertedIncident,
    id=st.sampled_from(INCIDENTS),
    stage=st.sampled_from(AlertStage),
    opening=st.sampled_from(('{"step": 1}', '{"step": 2}')),
    signal=st.builds(lambda account_id: replace(SIGNAL, account_id=account_id), account_ids),
)
INCIDENT_OPERATIONS = st.one_of(
    st.tuples(st.just("save_incident"), alerted),
    st.tuples(st.just("load_incident"), st.sampled_from(INCIDENTS)),
    st.tuples(st.just("list_unfinished")),
    st.tuples(st.just("mark_done"), st.sampled_from(INCIDENTS), account_ids),
    st.tuples(st.just("list_done"), st.sampled_from(INCIDENTS)),
)
LEDGER_OPERATIONS = st.one_of(
    st.tuples(st.just("record_intent"), intents),
    st.tuples(st.just("record_outcome"), intents, answers),
    st.tuples(st.just("record_confirmation"), named, answers),
    st.tuples(st.just("find_answer"), named),
)
names = st.sampled_from(("Sandbox", "Workloads/Production", "a#b", "a#b#c", "名前/" * 128, "x=y, z=w", "é"))
unit_ids = st.sampled_from(("ou-1-a", "ou-1-b"))
policy_ids = st.sampled_from(("p-1a2b3c4d", "p-5e6f7a8b"))
MATCH_OPERATIONS = st.one_of(
    st.tuples(st.just("add_unit"), names, unit_ids),
    st.tuples(st.just("forget_unit"), names, unit_ids),
    st.tuples(st.just("list_units")),
    st.tuples(st.just("add_guardrail"), policy_ids),
    st.tuples(st.just("list_guardrails")),
    st.tuples(st.just("is_tagged"), names, account_ids),
    st.tuples(st.just("has_others_tagged"), names, account_ids),
    st.tuples(st.just("list_tagged"), names),
    st.tuples(st.just("set_tagged"), names, account_ids, st.booleans()),
)
steps = st.frozensets(st.sampled_from(("open#", "closed#", "closed#aaaaaaaaaaaa", "update#000001")))
tolds = st.builds(
    ChannelRecord,
    steps=steps,
    withheld=st.booleans(),
    thread=st.sampled_from((None, "1.2")),
    newest=st.sampled_from((None, NOW)),
)
ALERT_OPERATIONS = st.one_of(
    st.tuples(st.just("begin"), st.sampled_from(INCIDENTS)),
    st.tuples(st.just("end"), st.sampled_from(INCIDENTS), tolds),
)


plan_digests = st.sampled_from(("plan-1", "plan-2", "plan-3"))
runs = st.builds(
    run_of,
    st.sampled_from(("execution-1", "execution-2")),
    st.sampled_from((0, 2400)),
    st.none() | plan_digests,
)
SWEEP_OPERATIONS = st.one_of(
    st.tuples(st.just("acquire"), runs),
    st.tuples(st.just("acquire"), runs),
    st.tuples(st.just("save_progress"), runs),
    st.tuples(st.just("find_current")),
    st.tuples(st.just("finish"), runs, st.fixed_dictionaries({"accounts": st.integers(0, 9)})),
    st.tuples(st.just("find_last")),
    st.tuples(st.just("save_unreported"), runs),
    st.tuples(st.just("list_unreported")),
    st.tuples(st.just("forget_unreported"), runs),
    st.tuples(st.just("save_pending"), plan_digests, st.sampled_from(DIGESTS)),
    st.tuples(st.just("save_pending"), plan_digests, st.sampled_from(DIGESTS)),
    st.tuples(st.just("find_pending"), plan_digests),
    st.tuples(st.just("list_pending")),
    st.tuples(st.just("approve"), plan_digests),
    st.tuples(st.just("list_approved")),
    st.tuples(st.just("forget_applied"), plan_digests),
    st.tuples(st.just("forget_unapproved"), plan_digests),
    st.tuples(st.just("save_alerted"), plan_digests, st.booleans()),
    st.tuples(st.just("list_alerted")),
    st.tuples(st.just("replace_alerted"), plan_digests, st.booleans()),
    st.tuples(st.just("forget_roster"), st.sampled_from(DIGESTS)),
    st.tuples(st.just("forget_others"), st.sets(st.sampled_from(DIGESTS))),
    st.tuples(st.just("save_passed"), runs, st.none() | st.sampled_from(DIGESTS)),
    st.tuples(st.just("list_passed")),
    st.tuples(st.just("save_lapsed"), plan_digests),
    st.tuples(st.just("find_lapsed")),
)


def lists(operations, waits=(0, 1, 95)):
    return st.lists(st.tuples(operations, st.sampled_from(waits)), min_size=1, max_size=25)


@pytest.fixture
def bucket(s3):
    """Makes an empty bucket for each example."""
    numbers = count()

    def create():
        name = f"{BUCKET}-{next(numbers)}"
        s3.create_bucket(Bucket=name)
        return name

    return create


def answer_of(call):
    """What a caller can see: the value, or the kind of refusal."""
    try:
        return call()
    except RetryableError as error:
        return type(error).__name__


def assert_equal_answers(operations, one, other, perform):
    now = NOW
    for operation, seconds in operations:
        now += timedelta(seconds=seconds)
        answers = [
            answer_of(lambda port=port: perform(port, now, *operation))  # noqa: B023  # called at once
            for port in (one, other)
        ]
        assert answers[0] == answers[1], operation


def on_state(state, now, name, *arguments):  # noqa: C901, PLR0911, PLR0912  # one case for each operation
    CLOCK.time = now
    match name, arguments:
        case "approve", (document, fresh):
            digest = compute_digest(document)
            before = state.get_enforcement().approved if fresh else DIGESTS[0]
            given = {"by": "test", "at": now, "before": before, "notice": make_approved(digest)}
            return state.approve(digest=digest, document=document, **given)
        case "find_notice", ():
            return state.find_notice()
        case "forget_notice", (document,):
            return state.forget_notice(make_approved(compute_digest(document)))
        case "save_pause", (pause, before):
            return state.save_pause(pause, before=before)
        case "load_pause", ():
            return state.load_pause()
        case "open_intent", (record,):
            return state.open_intent(record, at=now)
        case "open_anew", (intent,):
            record = state.load(intent.signal.account_id, intent.kind)
            return state.open_intent(replace(record, intent=intent.lock), at=now)
        case "save", (record,):
            return state.save(record, at=now)
        case "save_anew", (record,):
            version = state.load(record.account_id, record.kind).version
            return state.save(replace(record, version=version), at=now)
        case "load_each", (keys,):
            return [(record, record.version) for record in state.load_each(keys)]
        case "list_pending", ():
            return [(record, record.version) for record in state.list_pending()]
        case "list_edited", ():
            return [(record, record.version) for record in state.list_edited()]
        case "load", key:
            found = state.load(*key)
            return found, found.version
        case "load_roster", (digest,):
            return json.dumps(state.load_roster(digest), sort_keys=True)
    return getattr(state, name)(*arguments)


def on_incidents(incidents, now, name, *arguments):
    match name, arguments:
        case "save_incident", (incident,):
            return incidents.save_incident(incident, at=now)
        case "mark_done", (incident_id, account_id):
            return incidents.mark_done(incident_id, account_id, at=now)
        case "list_unfinished", ():
            return sorted(incidents.list_unfinished(), key=lambda incident: incident.id)
    return getattr(incidents, name)(*arguments)


def on_ledger(ledger, now, name, *arguments):
    match name, arguments:
        case "record_outcome", (intent, answer):
            return ledger.record_outcome(intent, answer, now)
        case "record_confirmation", (write, answer):
            return ledger.record_confirmation(*write, answer, by="test", at=now)
        case "find_answer", (write,):
            return ledger.find_answer(*write)
    return getattr(ledger, name)(*arguments)


def on_matches(matches, _now, name, *arguments):
    if name == "set_tagged":
        return matches.set_tagged(*arguments[:-1], carries=arguments[-1])
    return getattr(matches, name)(*arguments)


def make_alerted(plan, now, *, opening):
    """The same within one hour: it is stored, and forgotten as it was stored."""
    at = now.replace(minute=0, second=0, microsecond=0)
    notice = make_notice(NoticeKind.SWEEP_HELD, key=plan, facts={"plan": plan}) if opening else None
    return AlertedPlan(
        plan=plan,
        roster=DIGESTS[0],
        data="a run",
        topic="roster",
        made_at=at,
        expires_at=at + timedelta(days=7),
        at=at,
        opening=notice,
    )


def on_sweeps(sweeps, now, name, *arguments):  # noqa: C901, PLR0911  # one case for each operation
    match name, arguments:
        case "save_pending", (plan, roster):
            held = PendingPlan(
                plan=plan,
                roster=roster,
                changes=3,
                parts=1,
                data="a run",
                places="",
                made_at=now,
                expires_at=now + timedelta(days=7),
                summary={"changes": 3},
            )
            return sweeps.save_pending(held)
        case "approve", (plan,):
            return sweeps.approve(plan, by="arn:aws:iam::333333333333:role/rollcall-operator", at=now)
        case "save_alerted", (plan, opening):
            return sweeps.save_alerted(make_alerted(plan, now, opening=opening))
        case "replace_alerted", (plan, opening):
            known = make_alerted(plan, now, opening=opening)
            return sweeps.save_alerted(
                replace(known, opening=None, end=PlanEnd(plan=plan, ending="expired")), replaces=known
            )
        case "list_alerted", ():
            return sweeps.list_alerted()
        case (("find_pending" | "forget_applied" | "forget_unapproved"), (key,)):
            return getattr(sweeps, name)(key)
        case "save_passed", (run, roster):
            plan = roster and PlanReference(digest="0" * 64, roster=roster, changes=2, parts=1)
            return sweeps.save_passed(PassedPlan(run=run.id, accounts=2, at=now, against="", plan=plan))
        case "save_lapsed", (plan,):
            return sweeps.save_lapsed(LapsedApproval(plan=plan, by="alice", reason="it expired", at=now))
        case (("find_last" | "list_unreported"), ()):
            return getattr(sweeps, name)()
        case "forget_unreported", (run,):
            return sweeps.forget_unreported(run.id)
    return getattr(sweeps, name)(*arguments, now)


def on_alerted(alerted, now, name, incident_id, *arguments):
    return getattr(alerted, name)(incident_id, now, *arguments)


in_a_table = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@in_a_table
@given(operations=lists(STATE_OPERATIONS))
def test_the_state_in_memory_is_the_state_in_the_table(dynamodb, table, operations):
    # Half of the calls want an approved roster to be anything but refusals.
    approved = [(("approve", ROSTER, True), 0), (("forget_notice", ROSTER), 0), *operations]
    stored = WholeStateTable(client=dynamodb, table=table(), clock=CLOCK)
    pair = stored, MemoryState(Faults(), now=CLOCK.now)
    assert_equal_answers(approved, *pair, on_state)


@in_a_table
@given(operations=lists(INCIDENT_OPERATIONS))
def test_the_incidents_in_memory_are_those_in_the_table(dynamodb, table, operations):
    pair = WholeStateTable(client=dynamodb, table=table()), MemoryState(Faults())
    assert_equal_answers(operations, *pair, on_incidents)


@in_a_table
@given(operations=lists(LEDGER_OPERATIONS))
def test_the_ledger_in_memory_is_the_ledger_in_the_bucket(s3, bucket, operations):
    pair = LedgerBucket(client=s3, bucket=bucket()), MemoryLedger(Faults())
    assert_equal_answers(operations, *pair, on_ledger)


@in_a_table
@given(operations=lists(MATCH_OPERATIONS))
def test_the_matches_in_memory_are_the_matches_in_the_table(dynamodb, table, operations):
    pair = MatchTable(client=dynamodb, table=table()), MemoryMatches()
    assert_equal_answers(operations, *pair, on_matches)


@in_a_table
@given(operations=lists(ALERT_OPERATIONS))
def test_what_was_told_in_memory_is_what_was_told_in_the_table(dynamodb, table, operations):
    pair = ChannelMemoryTable(client=dynamodb, table=table(), channel="sns"), MemoryChannel(Faults())
    assert_equal_answers(operations, *pair, on_alerted)


@in_a_table
@given(operations=lists(SWEEP_OPERATIONS, (0, 1, 890, 901, 604800)))
def test_the_runs_in_memory_are_the_runs_in_the_table(dynamodb, table, operations):
    pair = SweepTable(client=dynamodb, table=table()), MemorySweeps(Faults())
    assert_equal_answers(operations, *pair, on_sweeps)
