"""The state table: what may be written, what is being written, what was written."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ParamValidationError, ReadTimeoutError

from rollcall.adapters.state.intents import CLAIM_HOURS, OWN_WRITE_DAYS, RESTORED_HOURS
from rollcall.decide.enforcement import Enforcement
from rollcall.events.signal import Cause
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, DesiredAbsent
from rollcall.model.errors import IntentBusyError, RecordRefusedError, RetryableError, WritesHaltedError
from rollcall.model.roster import Roster, compute_digest
from rollcall.rosters.current import Rosters, approve_candidate
from tests.support.samples import (
    DIGEST,
    EVENT,
    FOUND,
    INTENT,
    MEMBER,
    NOW,
    ROSTER,
    SIGNAL,
    WANTED,
    Refusing,
    another,
    client_error,
    leaks,
)
from tests.support.state_table import WholeStateTable

TABLE = "state"
INTENT_KEY = (f"intent#{MEMBER}", "SECURITY")
CONTROL = {"pk": {"S": "control"}, "sk": {"S": "control"}}
BROKEN = [
    client_error("ProvisionedThroughputExceededException"),
    client_error("ThrottlingException"),
    client_error("InternalServerError", 500),
    client_error("ResourceNotFoundException"),
    client_error("AccessDeniedException"),
    client_error("ValidationException", message=f"bad value {FOUND.email}"),
    EndpointConnectionError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com"),
    ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com"),
    ParamValidationError(report=f"Invalid type for parameter Item, value: {FOUND.phone}"),
]
broken = pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__ + str(error)[:70])


def pause(client, value):
    client.update_item(
        TableName=TABLE,
        Key=CONTROL,
        UpdateExpression="SET paused = :paused",
        ExpressionAttributeValues={":paused": value},
    )


def claim(state, account_id=MEMBER, kind=ContactKind.SECURITY, *, event_key="e-1", at=NOW):
    return state.claim_write(account_id, kind, event_key=event_key, at=at)


class NoUnits:
    """An organization and a memory of it that nobody may ask: the rosters here name no units."""

    def list_units(self):
        return {}


def approve(state, document):
    matches: Any = NoUnits()
    organization: Any = None
    return approve_candidate(
        memory=state,
        matches=matches,
        organization=organization,
        document=document,
        approved_by="alice",
        now=NOW,
    )


class TestControl:
    def test_a_new_table_has_approved_nothing_and_is_not_paused(self, dynamodb):
        state = WholeStateTable(client=dynamodb, table=TABLE)
        assert state.get_enforcement() == Enforcement(approved=None, paused=False)

    def test_what_is_approved_is_read_back_whole(self, state):
        assert state.get_enforcement() == Enforcement(approved=DIGEST, paused=False)
        assert state.load_roster(DIGEST) == ROSTER

    def test_a_roster_with_any_letters_keeps_its_digest(self, state):
        values = {"name": "Åsa Ünïcødé 名前", "title": "\u202ex", "email": "a@b.example", "phone": "+1"}
        document = ROSTER | {"contacts": {"soc": values}}
        digest = approve(state, document)
        assert compute_digest(state.load_roster(digest)) == digest == state.get_enforcement().approved

    def test_a_large_roster_fits_into_an_item(self, state, items):
        accounts = [f"{number:012}" for number in range(9_000)]
        exempt = [{"accounts": [one], "reason": f"divested with {one}", "until": None} for one in accounts]
        document = ROSTER | {"exempt": exempt}
        digest = approve(state, document)
        assert state.load_roster(digest) == document
        assert len(items()["roster", digest]["document"]["B"]) < 400_000

    def test_approving_the_next_roster_keeps_the_last_and_the_pause(self, state, dynamodb, items):
        pause(dynamodb, {"BOOL": True})
        audit = ROSTER | {"mode": "audit"}
        digest = approve(state, audit)
        assert state.get_enforcement() == Enforcement(approved=digest, paused=True)
        assert state.load_roster(DIGEST) == ROSTER
        assert items()["control", "control"]["approved_by"] == {"S": "alice"}
        assert items()["roster", digest]["approved_at"] == {"S": NOW.isoformat()}

    def test_approving_twice_changes_nothing(self, state, items):
        approve(state, ROSTER)
        once = items()
        approve(state, dict(reversed(ROSTER.items())))
        assert items() == once

    def test_a_document_that_synth_did_not_compile_is_not_stored(self, dynamodb, items):
        state = WholeStateTable(client=dynamodb, table=TABLE)
        with pytest.raises(ValueError, match="version 1"):
            approve(state, ROSTER | {"version": 2})
        with pytest.raises(KeyError):
            approve(state, {"version": 1, "mode": "enforce"})
        assert items() == {}

    def test_the_pause_shows_at_the_next_read(self, state, dynamodb):
        pause(dynamodb, {"BOOL": True})
        assert state.get_enforcement().paused
        pause(dynamodb, {"BOOL": False})
        assert not state.get_enforcement().paused

    def test_an_unknown_digest_is_awaited(self, state):
        with pytest.raises(RetryableError, match="not in the state table"):
            state.load_roster("0" * 64)

    def test_a_tampered_document_can_never_be_enforced(self, state, dynamodb):
        evil = ROSTER | {"contacts": {"soc": FOUND.as_document()}}
        dynamodb.update_item(
            TableName=TABLE,
            Key={"pk": {"S": "roster"}, "sk": {"S": DIGEST}},
            UpdateExpression="SET #document = :evil",
            ExpressionAttributeNames={"#document": "document"},
            ExpressionAttributeValues={":evil": {"B": gzip.compress(json.dumps(evil).encode())}},
        )
        rosters = Rosters(memory=state, candidate=ROSTER | {"mode": "audit"})
        with pytest.raises(WritesHaltedError):
            state.open_intent(
                replace(INTENT, roster_digest=rosters.find_current(state.get_enforcement()).digest)
            )

    def test_a_function_follows_the_next_approval(self, state):
        rosters = Rosters(memory=state, candidate=ROSTER)
        assert rosters.find_current(state.get_enforcement()).mode == "enforce"
        approve(state, ROSTER | {"mode": "audit"})
        assert rosters.find_current(state.get_enforcement()) == Roster.from_document(
            ROSTER | {"mode": "audit"}
        )


class TestOpenIntent:
    def test_every_field_comes_back(self, state):
        intent = replace(INTENT, signal=replace(INTENT.signal, kind=None, cause=Cause.ACCOUNT_CREATED))
        state.open_intent(intent)
        assert state.list_open_intents(MEMBER) == [intent]
        assert state.list_open_intents(MEMBER)[0].wanted.contact == WANTED

    @pytest.mark.parametrize(
        "changes",
        [
            {"found": Absent()},
            {"signal": replace(INTENT.signal, event=replace(EVENT, request_id=None))},
            {"signal": replace(INTENT.signal, actor=replace(INTENT.signal.actor, mfa=None, role_arn=None))},
            {"opened_at": datetime(2026, 10, 5, 9, 30, tzinfo=UTC)},
            {"kind": ContactKind.BILLING},
            {"wanted": DesiredAbsent(source="absent (defaults)")},
            {"authorised": True},
        ],
        ids=str,
    )
    def test_what_may_be_missing_comes_back_missing(self, state, changes):
        intent = replace(INTENT, **changes)
        state.open_intent(intent)
        assert state.list_open_intents(MEMBER) == [intent]

    def test_the_request_id_comes_back_once_it_is_recorded(self, state):
        state.open_intent(INTENT)
        state.record_request(INTENT, "request-1", at=NOW)
        assert state.list_open_intents(MEMBER) == [replace(INTENT, request_id="request-1")]

    def test_each_kind_and_each_account_has_its_own(self, state):
        billing = another(kind=ContactKind.BILLING)
        elsewhere = another(signal=replace(INTENT.signal, account_id="444455556666"))
        for intent in (INTENT, billing, elsewhere):
            state.open_intent(intent)
        assert state.list_open_intents(MEMBER) == [billing, INTENT]
        assert state.list_open_intents("444455556666") == [elsewhere]
        assert state.list_open_intents("999999999999") == []

    @pytest.mark.parametrize("value", [{"BOOL": True}, {"S": "true"}, {"N": "1"}, {"S": "false"}], ids=str)
    def test_refused_when_paused_however_it_is_spelt(self, state, dynamodb, items, value):
        pause(dynamodb, value)
        before = items()
        with pytest.raises(WritesHaltedError):
            state.open_intent(INTENT)
        assert items() == before

    def test_open_again_after_the_pause(self, state, dynamodb):
        pause(dynamodb, {"BOOL": True})
        pause(dynamodb, {"BOOL": False})
        state.open_intent(INTENT)
        assert state.list_open_intents(MEMBER) == [INTENT]

    def test_refused_when_another_roster_is_approved(self, state, items):
        approve(state, ROSTER | {"mode": "audit"})
        before = items()
        with pytest.raises(WritesHaltedError):
            state.open_intent(INTENT)
        assert items() == before

    def test_refused_before_the_first_approval(self, dynamodb, items):
        with pytest.raises(WritesHaltedError):
            WholeStateTable(client=dynamodb, table=TABLE).open_intent(INTENT)
        assert items() == {}

    def test_refused_when_one_is_open_even_the_same(self, state, items):
        state.open_intent(INTENT)
        before = items()
        for intent in (another(), replace(INTENT, owner="message-2")):
            with pytest.raises(IntentBusyError):
                state.open_intent(intent)
        assert items() == before

    def test_a_pause_outranks_a_busy_contact(self, state, dynamodb):
        state.open_intent(INTENT)
        pause(dynamodb, {"BOOL": True})
        with pytest.raises(WritesHaltedError):
            state.open_intent(another())

    @broken
    def test_a_broken_table_refuses_the_record(self, error):
        state = WholeStateTable(client=Refusing({"transact_write_items": error}), table=TABLE)
        with pytest.raises(RecordRefusedError) as caught:
            state.open_intent(INTENT)
        assert caught.type is RecordRefusedError
        assert caught.value.__suppress_context__
        assert not leaks(str(caught.value))

    @pytest.mark.parametrize("codes", [("None", "TransactionConflict"), ("TransactionConflict", "None")])
    def test_a_transaction_that_met_another_workers_is_busy_and_not_refused(self, codes):
        reasons = [{"Code": code} for code in codes]
        error = client_error("TransactionCanceledException", CancellationReasons=reasons)
        client = Refusing({"transact_write_items": error})
        with pytest.raises(IntentBusyError):
            WholeStateTable(client=client, table=TABLE).open_intent(INTENT)
        assert client.calls == ["transact_write_items"] * 5

    @pytest.mark.parametrize("met", [1, 4])
    def test_a_transaction_that_met_another_workers_is_made_again_at_once(self, state, dynamodb, met):
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        error = client_error("TransactionCanceledException", CancellationReasons=reasons)
        client = RefusingSome(dynamodb, [error] * met)
        WholeStateTable(client=client, table=TABLE).open_intent(INTENT)
        assert state.list_open_intents(MEMBER) == [INTENT]

    def test_a_contact_that_another_worker_holds_is_not_asked_for_again(self, state, dynamodb):
        state.open_intent(INTENT)
        client = RefusingSome(dynamodb, [])
        with pytest.raises(IntentBusyError):
            WholeStateTable(client=client, table=TABLE).open_intent(another())
        assert client.made == 1

    @pytest.mark.parametrize(
        "reasons",
        [
            [{"Code": "ThrottlingError"}, {"Code": "None"}],
            [{"Code": "ValidationError"}],
            [],
        ],
        ids=str,
    )
    def test_a_transaction_cancelled_for_another_reason_is_a_refused_record(self, reasons):
        error = client_error("TransactionCanceledException", CancellationReasons=reasons)
        state = WholeStateTable(client=Refusing({"transact_write_items": error}), table=TABLE)
        with pytest.raises(RecordRefusedError):
            state.open_intent(INTENT)


class RefusingSome:
    """A client whose first transactions fail with these errors."""

    def __init__(self, real, errors):
        self._real, self._errors, self.made = real, list(errors), 0

    def transact_write_items(self, **parameters):
        self.made += 1
        if self._errors:
            raise self._errors.pop(0)
        return self._real.transact_write_items(**parameters)


class TestCloseIntent:
    def test_closing_twice_is_no_error(self, state, items):
        before = items()
        state.open_intent(INTENT)
        state.close_intent(INTENT, claimable=False, at=NOW)
        state.close_intent(INTENT, claimable=False, at=NOW)
        assert items() == before

    def test_only_the_own_intent_is_closed(self, state):
        state.open_intent(INTENT)
        state.close_intent(another(), claimable=False, at=NOW)
        assert state.list_open_intents(MEMBER) == [INTENT]

    def test_the_next_one_may_open_after_it(self, state):
        state.open_intent(INTENT)
        state.close_intent(INTENT, claimable=False, at=NOW)
        state.open_intent(another())
        assert state.list_open_intents(MEMBER) == [another()]

    def test_a_late_request_id_does_not_reopen_it_or_mark_its_successor(self, state):
        state.open_intent(INTENT)
        state.close_intent(INTENT, claimable=False, at=NOW)
        state.record_request(INTENT, "request-1", at=NOW)
        assert state.list_open_intents(MEMBER) == []
        state.open_intent(another())
        state.record_request(INTENT, "request-2", at=NOW)
        assert state.list_open_intents(MEMBER) == [another()]

    def test_a_claimable_write_answers_to_one_event(self, state):
        state.open_intent(INTENT)
        state.close_intent(INTENT, claimable=True, at=NOW)
        assert state.list_open_intents(MEMBER) == []
        assert claim(state, event_key="e-1")
        assert not claim(state, event_key="e-2")

    def test_a_write_never_answers_to_the_call_that_it_undid(self, state, items):
        state.close_intent(INTENT, claimable=True, at=NOW)
        assert not claim(state, event_key=EVENT.key)
        assert "claimed_by" not in items()[f"claim#{MEMBER}#SECURITY", INTENT.id]
        assert claim(state, event_key="e-1")

    def test_the_call_is_known_by_its_request_whatever_record_of_it_came(self, state):
        """AWS may write one record for the caller and one for the target, each with an id of its own."""
        event = replace(EVENT, id="00000000-0000-4000-8000-000000000000")
        state.close_intent(replace(INTENT, signal=replace(SIGNAL, event=event)), claimable=True, at=NOW)
        assert not claim(state, event_key=EVENT.key)

    def test_a_call_that_was_undone_may_claim_another_write(self, state):
        other = another(signal=replace(SIGNAL, event=replace(EVENT, request_id="e-1")))
        for intent in (INTENT, other):
            state.close_intent(intent, claimable=True, at=NOW)
        assert [claim(state, event_key=event) for event in (EVENT.key, "e-1", "e-2")] == [True, True, False]

    def test_the_event_that_claimed_it_may_come_again(self, state):
        state.close_intent(INTENT, claimable=True, at=NOW)
        assert [claim(state, event_key="e-1") for _ in range(3)] == [True] * 3

    def test_two_writes_answer_to_two_events(self, state):
        for intent in (INTENT, another()):
            state.close_intent(intent, claimable=True, at=NOW)
        assert [claim(state, event_key=event) for event in ("e-1", "e-2", "e-3")] == [True, True, False]
        assert [claim(state, event_key=event) for event in ("e-1", "e-2")] == [True, True]

    def test_an_event_that_comes_again_does_not_use_up_another_write(self, state):
        later = another()
        state.close_intent(later, claimable=True, at=NOW)
        assert claim(state, event_key="e-1")
        state.close_intent(INTENT, claimable=True, at=NOW)
        assert INTENT.id < later.id
        assert [claim(state, event_key=event) for event in ("e-1", "e-2", "e-3")] == [True, True, False]

    def test_two_workers_with_two_events_cannot_both_have_one_write(self, state, dynamodb):
        state.close_intent(INTENT, claimable=True, at=NOW)

        class Slow:
            """Between its look and its claim another worker claims."""

            def __getattr__(self, name):
                if name == "update_item":
                    assert claim(state, event_key="e-1")
                return getattr(dynamodb, name)

        assert not claim(WholeStateTable(client=Slow(), table=TABLE), event_key="e-2")

    def test_a_write_that_is_closed_again_is_no_second_claim(self, state):
        for _ in range(2):
            state.close_intent(INTENT, claimable=True, at=NOW)
        assert claim(state, event_key="e-1")
        assert not claim(state, event_key="e-2")

    def test_a_claim_is_for_one_contact_only(self, state):
        state.open_intent(INTENT)
        state.close_intent(INTENT, claimable=True, at=NOW)
        assert not claim(state, kind=ContactKind.BILLING)
        assert not claim(state, account_id="444455556666")
        assert claim(state)

    def test_an_intent_that_was_not_claimable_leaves_nothing_to_claim(self, state):
        state.open_intent(INTENT)
        state.close_intent(INTENT, claimable=False, at=NOW)
        assert not claim(state)

    def test_a_claim_ends_with_its_day_although_dynamodb_deletes_late(self, state, items):
        state.close_intent(INTENT, claimable=True, at=NOW)
        end = NOW + timedelta(hours=CLAIM_HOURS)
        assert items()[f"claim#{MEMBER}#SECURITY", INTENT.id]["expires_at"]["N"] == str(int(end.timestamp()))
        assert not claim(state, at=end)
        assert claim(state, at=end - timedelta(seconds=1))


class TestRememberedCalls:
    def test_a_refused_call_is_known_as_ours_and_opens_no_intent(self, state, items):
        state.remember_call(INTENT, "refused-1", at=NOW)
        assert state.is_own_write("refused-1")
        assert not state.is_own_write("refused-2")
        assert state.list_open_intents(MEMBER) == []
        item = items()["write#refused-1", "write"]
        assert item["intent_id"] == {"S": INTENT.id}
        assert item["expires_at"]["N"] == str(int((NOW + timedelta(days=OWN_WRITE_DAYS)).timestamp()))

    def test_an_open_intent_keeps_the_request_id_of_its_write(self, state):
        state.open_intent(INTENT)
        state.record_request(INTENT, "request-1", at=NOW)
        state.remember_call(INTENT, "refused-1", at=NOW)
        assert state.list_open_intents(MEMBER) == [replace(INTENT, request_id="request-1")]
        assert state.is_own_write("request-1")
        assert state.is_own_write("refused-1")

    def test_a_refused_call_is_no_write_to_be_claimed(self, state):
        state.remember_call(INTENT, "refused-1", at=NOW)
        assert not claim(state)


class TestOpened:
    def test_each_incident_on_its_own(self, state, items):
        assert not state.is_opened("RC-1")
        state.mark_opened("RC-1", at=NOW)
        state.mark_opened("RC-1", at=NOW)
        assert state.is_opened("RC-1")
        assert not state.is_opened("RC-2")
        assert not state.is_opened("RC-10")
        expiry = items()["opened#RC-1", "opened"]["expires_at"]["N"]
        assert expiry == str(int((NOW + timedelta(days=OWN_WRITE_DAYS)).timestamp()))


class TestRestored:
    def test_the_last_write_of_each_contact_is_remembered(self, state):
        state.mark_restored(INTENT, at=NOW)
        state.mark_restored(another(), at=NOW + timedelta(seconds=5))
        assert state.get_restored_at(MEMBER, ContactKind.SECURITY) == NOW + timedelta(seconds=5)
        assert state.get_restored_at(MEMBER, ContactKind.BILLING) is None
        assert state.get_restored_at("444455556666", ContactKind.SECURITY) is None
        assert state.get_restored_for(MEMBER, ContactKind.SECURITY) == another().signal.event.id
        assert state.get_restored_for(MEMBER, ContactKind.BILLING) is None

    def test_it_ends_by_itself(self, state, items):
        state.mark_restored(INTENT, at=NOW)
        end = NOW + timedelta(hours=RESTORED_HOURS)
        assert items()[f"restored#{MEMBER}", "SECURITY"]["expires_at"]["N"] == str(int(end.timestamp()))


class TestOwnWrite:
    def test_only_a_recorded_request_id_is_ours(self, state):
        state.open_intent(INTENT)
        state.record_request(INTENT, "request-1", at=NOW)
        assert state.is_own_write("request-1")
        assert not state.is_own_write("request-2")

    def test_it_is_remembered_after_the_intent_is_closed(self, state, items):
        state.open_intent(INTENT)
        state.record_request(INTENT, "request-1", at=NOW)
        state.close_intent(INTENT, claimable=False, at=NOW)
        assert state.is_own_write("request-1")
        assert items()["write#request-1", "write"]["expires_at"]["N"] == str(
            int((NOW + timedelta(days=OWN_WRITE_DAYS)).timestamp())
        )


def test_contact_details_stay_in_open_intents_and_rosters(state, items):
    state.open_intent(INTENT)
    assert leaks(str(items()[INTENT_KEY]))
    state.record_request(INTENT, "request-1", at=NOW)
    state.mark_restored(INTENT, at=NOW)
    state.close_intent(INTENT, claimable=True, at=NOW)
    # The roster's document is packed, and packed is not hidden: it is left out of the search on purpose.
    rest = [item for (pk, _), item in items().items() if pk != "roster"]
    assert not leaks(str(rest))


CALLS = [
    ("get_item", lambda state: state.get_enforcement()),
    ("get_item", lambda state: state.load_roster(DIGEST)),
    ("get_item", lambda state: state.is_own_write("request-1")),
    ("query", lambda state: state.list_open_intents(MEMBER)),
    ("put_item", lambda state: state.record_request(INTENT, "request-1", at=NOW)),
    ("update_item", lambda state: state.record_request(INTENT, "request-1", at=NOW)),
    ("put_item", lambda state: state.close_intent(INTENT, claimable=True, at=NOW)),
    ("delete_item", lambda state: state.close_intent(INTENT, claimable=False, at=NOW)),
    ("put_item", lambda state: state.remember_call(INTENT, "refused-1", at=NOW)),
    ("put_item", lambda state: state.mark_opened("RC-1", at=NOW)),
    ("get_item", lambda state: state.is_opened("RC-1")),
    ("query", claim),
    ("update_item", lambda state: state.close_intent(INTENT, claimable=True, at=NOW) or claim(state)),
    ("put_item", lambda state: state.mark_restored(INTENT, at=NOW)),
    ("get_item", lambda state: state.get_restored_at(MEMBER, ContactKind.SECURITY)),
    (
        "transact_write_items",
        lambda state: state.approve(digest=DIGEST, document=ROSTER, by="test", at=NOW),
    ),
]


@broken
@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(("operation", "call"), CALLS)
def test_every_call_to_a_broken_table_is_tried_again(dynamodb, operation, call, error):
    client = Refusing({operation: error}, dynamodb)
    with pytest.raises(RetryableError, match="the state table refused") as caught:
        call(WholeStateTable(client=client, table=TABLE))
    assert caught.value.__suppress_context__
    assert not leaks(str(caught.value))


@pytest.mark.usefixtures("state")
def test_reads_are_consistent(dynamodb):
    seen = []

    class Watching:
        def __getattr__(self, name):
            def call(**parameters):
                seen.append((name, parameters.get("ConsistentRead")))
                return getattr(dynamodb, name)(**parameters)

            return call

    watched = WholeStateTable(client=Watching(), table=TABLE)
    watched.get_enforcement()
    watched.load_roster(DIGEST)
    watched.is_own_write("request-1")
    watched.is_opened("RC-1")
    watched.get_restored_at(MEMBER, ContactKind.SECURITY)
    watched.list_open_intents(MEMBER)
    claim(watched)
    assert seen == [("get_item", True)] * 5 + [("query", True)] * 2
