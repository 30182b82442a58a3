"""The ports in memory, which the tests of the core use, answer as the tables do: any calls in any order."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.adapters.state.incidents import AlertedTable
from rollcall.adapters.state.memory import StateTable
from rollcall.adapters.state.rosters import MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.bulk_edits.model import Bulk, By, Edit, Gathered, Tally
from rollcall.decide.intent import intent_id
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError
from rollcall.model.roster import digest_of
from rollcall.notify.notifier import Told
from rollcall.publish.known_drift import Announced
from rollcall.repeated_edits.rules import Revert, Standoff
from rollcall.sweep.approvals import Held, Lapsed
from rollcall.sweep.run import PlanReference, Run, Step, Trigger
from tests.adapters.samples import INTENT, NOW, ROSTER, SIGNAL
from tests.support.memory import Faults, MemoryAlerted, MemoryMatches, MemoryState, MemorySweeps
from tests.support.moto_aws import create_table

ACCOUNTS = ("222222222222", "444455556666")
KINDS = (ContactKind.SECURITY, ContactKind.BILLING)
DOCUMENTS = (ROSTER, ROSTER | {"mode": "audit"})
DIGESTS = tuple(map(digest_of, DOCUMENTS))
REQUESTS, CALLS = ("request-1", "request-2"), ("call-1", "call-2", "call-3")
INCIDENTS = ("RC-1", "RC-2")


def intent_of(account_id, kind, owner, digest, call):
    """`call` is what the intent undoes: any of those that may claim it later."""
    event = replace(SIGNAL.event, id=f"event of {call}", request_id=call)
    signal = replace(SIGNAL, account_id=account_id, event=event)
    return replace(
        INTENT,
        id=intent_id(signal=signal, kind=kind, owner=owner + digest, opened_at=NOW),
        owner=owner,
        signal=signal,
        kind=kind,
        roster_digest=digest,
    )


def tally_of(by, name, versions, accounts):
    edits = tuple(
        Edit(
            incident_id=f"RC-{account_id}",
            account_id=account_id,
            at=NOW,
            verdict="set",
            place={"id": account_id, "name": None, "ou": "Sandbox"},
            actor=SIGNAL.actor.as_document(),
        )
        for account_id in sorted(accounts)
    )
    bulk = Bulk(
        key=f"{by}/{name}",
        accounts=len(edits),
        became={"set": len(edits)},
        first_at=NOW,
        last_at=NOW,
        heard_at=NOW,
        examples=({"id": "222222222222", "name": None, "ou": None},),
        actor=SIGNAL.actor.as_document(),
        told_at=NOW,
    )
    return Tally(by=by, name=name, recent=edits, bulk=bulk if edits else None, version=versions)


def standoff_of(account_id, kind, version, opened):
    return Standoff(
        account_id=account_id,
        kind=kind,
        latest=(Revert(call="call-1", principal="mary", at=NOW),),
        opened_at=NOW if opened else None,
        changed_at=NOW if opened else None,
        next_at=NOW if opened else None,
        actors=("mary", "john"),
        version=version,
    )


account_ids, kinds = st.sampled_from(ACCOUNTS), st.sampled_from(KINDS)
owners = st.sampled_from(("message-1", "message-2"))
intents = st.builds(intent_of, account_ids, kinds, owners, st.sampled_from(DIGESTS), st.sampled_from(CALLS))
bys, names_counted = st.sampled_from(By), st.sampled_from(("assumed-role/Dev/mary", "all"))
versions = st.integers(0, 3)
tallies = st.builds(tally_of, bys, names_counted, versions, st.sets(account_ids))
gathered = st.builds(
    Gathered,
    incident_id=st.sampled_from(INCIDENTS),
    by=bys,
    name=names_counted,
    bulk=st.sampled_from(("bulk-1", "bulk-2")),
    verdict=st.sampled_from(("set", "pending")),
)
moments = st.builds(lambda seconds: NOW + timedelta(seconds=seconds), st.integers(0, 2))
announcements = st.builds(
    Announced,
    account_id=account_ids,
    kind=kinds,
    found=st.sampled_from((None, "0" * 32, "1" * 32)),
    at=moments,
)
standoffs = st.builds(standoff_of, account_ids, kinds, versions, st.booleans())
#: An operation is a name and what it is called with besides the time.
STATE_OPERATIONS = st.one_of(
    st.tuples(st.just("set_paused"), st.booleans()),
    st.tuples(st.just("approve"), st.sampled_from(DOCUMENTS)),
    st.tuples(st.just("control")),
    st.tuples(st.just("approved_document"), st.sampled_from(DIGESTS)),
    st.tuples(st.just("open_intent"), intents),
    st.tuples(st.just("record_request"), intents, st.sampled_from(REQUESTS)),
    st.tuples(st.just("remember_call"), intents, st.sampled_from(REQUESTS)),
    st.tuples(st.just("mark_opened"), st.sampled_from(INCIDENTS)),
    st.tuples(st.just("opened"), st.sampled_from(INCIDENTS)),
    st.tuples(st.just("close_intent"), intents, st.booleans()),
    st.tuples(st.just("open_intents"), account_ids),
    st.tuples(st.just("stale_intents")),
    st.tuples(st.just("own_write"), st.sampled_from(REQUESTS)),
    st.tuples(st.just("claim_write"), account_ids, kinds, st.sampled_from(CALLS)),
    st.tuples(st.just("mark_restored"), intents),
    st.tuples(st.just("restored_at"), account_ids, kinds),
    st.tuples(st.just("restored_for"), account_ids, kinds),
)
COUNT_OPERATIONS = st.one_of(
    st.tuples(st.just("tally"), bys, names_counted),
    st.tuples(st.just("save_tally"), tallies, st.sets(account_ids), st.lists(gathered, max_size=1)),
    st.tuples(st.just("in_bulk"), st.builds("{}/{}".format, bys, names_counted), account_ids),
    st.tuples(st.just("gathered"), st.sampled_from(INCIDENTS)),
    st.tuples(st.just("watch"), st.sampled_from(("message-1", "message-2")), bys, names_counted),
    st.tuples(st.just("watched"), st.sampled_from(("message-1", "message-2"))),
    st.tuples(st.just("standoff"), account_ids, kinds),
    st.tuples(st.just("save_standoff"), standoffs),
    st.tuples(st.just("standoffs")),
    st.tuples(st.just("release"), account_ids, kinds),
    st.tuples(st.just("announce"), announcements),
    st.tuples(st.just("withdraw"), account_ids, kinds),
    st.tuples(st.just("announced")),
    st.tuples(st.just("settled"), announcements),
    st.tuples(st.just("narrowed"), announcements),
)
names = st.sampled_from(("Sandbox", "Workloads/Production", "a#b", "a#b#c", "名前/" * 128, "x=y, z=w", "é"))
unit_ids = st.sampled_from(("ou-1-a", "ou-1-b"))
MATCH_OPERATIONS = st.one_of(
    st.tuples(st.just("add_unit"), names, unit_ids),
    st.tuples(st.just("forget_unit"), names, unit_ids),
    st.tuples(st.just("units")),
    st.tuples(st.just("tagged"), names, account_ids),
    st.tuples(st.just("others_tagged"), names, account_ids),
    st.tuples(st.just("set_tagged"), names, account_ids, st.booleans()),
)
steps = st.frozensets(st.sampled_from(("open#", "closed#", "closed#aaaaaaaaaaaa", "update#000001")))
tolds = st.builds(Told, steps=steps, withheld=st.booleans(), thread=st.sampled_from((None, "1.2")))
ALERT_OPERATIONS = st.one_of(
    st.tuples(st.just("begin"), st.sampled_from(INCIDENTS)),
    st.tuples(st.just("end"), st.sampled_from(INCIDENTS), tolds),
)


def run_of(execution, cursor, plan):
    return Run(
        id=f"run of {execution}",
        execution=execution,
        trigger=Trigger.SCHEDULE,
        by=None,
        started_at=NOW,
        next=Step.OBSERVE,
        roster=DIGESTS[0],
        approved=None,
        data=f"run of {execution}",
        cursor=cursor,
        rates={"GetAlternateContact": 9.7},
        plan=PlanReference(digest=plan, roster=DIGESTS[0], changes=3, parts=1) if plan else None,
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
    st.tuples(st.just("progress"), runs),
    st.tuples(st.just("current")),
    st.tuples(st.just("finish"), runs, st.fixed_dictionaries({"accounts": st.integers(0, 9)})),
    st.tuples(st.just("last")),
    st.tuples(st.just("hold"), plan_digests, st.sampled_from(DIGESTS)),
    st.tuples(st.just("hold"), plan_digests, st.sampled_from(DIGESTS)),
    st.tuples(st.just("held"), plan_digests),
    st.tuples(st.just("waiting")),
    st.tuples(st.just("approve"), plan_digests),
    st.tuples(st.just("granted"), st.sampled_from(DIGESTS)),
    st.tuples(st.just("approved")),
    st.tuples(st.just("carried_out"), plan_digests),
    st.tuples(st.just("all_carried_out"), st.sampled_from(DIGESTS)),
    st.tuples(st.just("forget_others"), st.sets(st.sampled_from(DIGESTS))),
    st.tuples(st.just("lapse"), plan_digests),
    st.tuples(st.just("lapsed")),
)


def lists(operations, waits=(0, 1, 95)):
    return st.lists(st.tuples(operations, st.sampled_from(waits)), min_size=1, max_size=25)


@pytest.fixture
def table(dynamodb):
    """Makes an empty table for each example."""
    numbers = count()

    def create():
        name = f"memory-{next(numbers)}"
        create_table(dynamodb, name)
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
    match name, arguments:
        case "approve", (document,):
            return state.approve(digest=digest_of(document), document=document, by="test", at=now)
        case "set_paused", (paused,):
            return state.set_paused(paused=paused, by="test", reason="test", at=now)
        case "record_request", (intent, request_id):
            return state.record_request(intent, request_id, at=now)
        case "remember_call", (intent, request_id):
            return state.remember_call(intent, request_id, at=now)
        case "mark_opened", (incident,):
            return state.mark_opened(incident, at=now)
        case "close_intent", (intent, claimable):
            return state.close_intent(intent, claimable=claimable, at=now)
        case "claim_write", (account_id, kind, call):
            return state.claim_write(account_id, kind, event_key=call, at=now)
        case "mark_restored", (intent,):
            return state.mark_restored(intent, at=now)
        case "stale_intents", ():
            found = state.stale_intents(now)
            return sorted(found, key=lambda intent: (intent.signal.account_id, intent.kind))
        case "save_tally", (tally, accounts, incidents):
            return state.save_tally(tally, at=now, members=accounts, gathered=incidents)
        case "watch", (message_id, by, name_):
            return state.watch(message_id, by, name_, at=now)
        case "save_standoff", (standoff,):
            return state.save_standoff(standoff, at=now)
        case "standoffs", ():
            return state.standoffs(now)
        case "tally" | "standoff", key:
            found = getattr(state, name)(*key)
            return found, found.version
        case "release", (account_id, kind):
            return state.release(account_id, kind, by="test", at=now)
        case "open_intents", (account_id,):
            return sorted(state.open_intents(account_id), key=lambda intent: intent.kind)
        case "approved_document", (digest,):
            return json.dumps(state.approved_document(digest), sort_keys=True)
    return getattr(state, name)(*arguments)


def on_matches(matches, _now, name, *arguments):
    if name == "set_tagged":
        return matches.set_tagged(*arguments[:-1], carries=arguments[-1])
    return getattr(matches, name)(*arguments)


def on_sweeps(sweeps, now, name, *arguments):  # noqa: PLR0911  # one case for each operation
    match name, arguments:
        case "hold", (plan, roster):
            held = Held(
                plan=plan,
                roster=roster,
                changes=3,
                parts=1,
                data="a run",
                held_at=now,
                expires_at=now + timedelta(days=7),
                summary={"changes": 3},
            )
            return sweeps.hold(held)
        case "approve", (plan,):
            return sweeps.approve(plan, by="arn:aws:iam::333333333333:role/rollcall-operator", at=now)
        case (("held" | "carried_out" | "all_carried_out" | "forget_others"), (key,)):
            return getattr(sweeps, name)(key)
        case "lapse", (plan,):
            return sweeps.lapse(Lapsed(plan=plan, by="alice", why="it expired", at=now))
        case "granted", (roster,):
            return sorted(sweeps.granted(roster, now), key=lambda held: held.plan)
        case "last", ():
            return sweeps.last()
        case "waiting", ():
            return list(sweeps.waiting(now))
    return getattr(sweeps, name)(*arguments, now)


def on_alerted(alerted, now, name, incident_id, *arguments):
    return getattr(alerted, name)(incident_id, now, *arguments)


in_a_table = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@in_a_table
@given(operations=lists(STATE_OPERATIONS))
def test_the_state_in_memory_is_the_state_in_the_table(dynamodb, table, operations):
    # Half of the calls want an approved roster to be anything but refusals.
    approved = [(("approve", ROSTER), 0), *operations]
    pair = StateTable(client=dynamodb, table=table()), MemoryState(Faults())
    assert_equal_answers(approved, *pair, on_state)


@in_a_table
@given(operations=lists(COUNT_OPERATIONS, (0, 1, 95, 90_000)))
def test_edits_and_reverts_in_memory_are_those_in_the_table(dynamodb, table, operations):
    pair = StateTable(client=dynamodb, table=table()), MemoryState(Faults())
    assert_equal_answers(operations, *pair, on_state)


@in_a_table
@given(operations=lists(MATCH_OPERATIONS))
def test_the_matches_in_memory_are_the_matches_in_the_table(dynamodb, table, operations):
    pair = MatchTable(client=dynamodb, table=table()), MemoryMatches()
    assert_equal_answers(operations, *pair, on_matches)


@in_a_table
@given(operations=lists(ALERT_OPERATIONS))
def test_what_was_told_in_memory_is_what_was_told_in_the_table(dynamodb, table, operations):
    pair = AlertedTable(client=dynamodb, table=table(), channel="sns"), MemoryAlerted(Faults())
    assert_equal_answers(operations, *pair, on_alerted)


@in_a_table
@given(operations=lists(SWEEP_OPERATIONS, (0, 1, 890, 901, 604800)))
def test_the_runs_in_memory_are_the_runs_in_the_table(dynamodb, table, operations):
    pair = SweepTable(client=dynamodb, table=table()), MemorySweeps(Faults())
    assert_equal_answers(operations, *pair, on_sweeps)
