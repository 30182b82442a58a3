"""The state table: what may be written, what is being written, what was written."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ParamValidationError, ReadTimeoutError

from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.record import ContactRecord, end_intent
from rollcall.contact.repeated_edits import RepeatedEdits
from rollcall.decide.intent import Answer, WriteState
from rollcall.decide.resolve import Enforcement, RegisteredDrill
from rollcall.model.contact import ContactKind
from rollcall.model.errors import IntentBusyError, RecordRefusedError, RetryableError, WritesHaltedError
from rollcall.model.roster import Roster, compute_digest
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import make_notice
from rollcall.publish.incidents import AlertedIncident, AlertStage
from rollcall.rosters.current import Rosters, approve_candidate
from tests.support.cases import check_each
from tests.support.record_samples import make_edit, make_known_write, make_record
from tests.support.samples import (
    DIGEST,
    FOUND,
    INTENT,
    MEMBER,
    NOW,
    ROSTER,
    SIGNAL,
    Refusing,
    another,
    client_error,
    leaks,
)
from tests.support.state_table import WholeStateTable

TABLE = "state"
RECORD_KEY = (f"contact#{MEMBER}#SECURITY", "record")
SECURITY, BILLING = ContactKind.SECURITY, ContactKind.BILLING
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
broken = check_each("error", BROKEN)


def pause(client, value):
    client.update_item(
        TableName=TABLE,
        Key=CONTROL,
        UpdateExpression="SET paused = :paused",
        ExpressionAttributeValues={":paused": value},
    )


def open_intent(state, intent=INTENT, **more):
    state.open_intent(make_record(intent, **more), at=NOW)


def load(state, account_id=MEMBER, kind=SECURITY):
    return state.load(account_id, kind)


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
        before=state.get_enforcement().approved,
    )


class TestControl:
    def test_an_approval_is_of_what_was_in_force_when_it_was_decided(self, state, items):
        before = items()
        for known in (None, "0" * 64):
            with pytest.raises(RetryableError):
                state.approve(digest="1" * 64, document=ROSTER, by="bob", at=NOW, before=known)
        assert items() == before
        state.approve(digest="1" * 64, document=ROSTER, by="bob", at=NOW, before=DIGEST)
        assert state.get_enforcement().approved == "1" * 64

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
        assert items()["approval", "approval"]["approved_by"] == {"S": "alice"}
        assert items()["roster", digest]["approved_at"] == {"S": NOW.isoformat()}

    def test_what_is_approved_by_itself_is_not_in_a_pause(self, state, dynamodb, items):
        pause(dynamodb, {"BOOL": True})
        before = items()
        facts = {"by": "limits", "user_id": None, "execution": None}
        made = {
            automatic: make_notice(
                NoticeKind.ROSTER_APPROVED, key="run-1", facts={**facts, "automatic": automatic}
            )
            for automatic in (True, False)
        }
        given: dict[str, Any] = {"digest": "1" * 64, "document": ROSTER, "by": "x", "before": DIGEST}
        with pytest.raises(RetryableError):
            state.approve(**given, at=NOW, notice=made[True])
        assert items() == before
        state.approve(**given, at=NOW, notice=made[False])
        assert state.get_enforcement() == Enforcement(approved="1" * 64, paused=True)

    def test_the_last_drill_is_read_back_and_an_earlier_one_replaces_none(self, state):
        drill = RegisteredDrill(
            account_id=MEMBER,
            principal="arn:aws:sts::222222222222:assumed-role/Dev/mary",
            edits=("SECURITY:" + "a" * 32,),
            by="alice",
            started_at=NOW,
            until=NOW + timedelta(minutes=15),
        )
        later = replace(drill, started_at=NOW + timedelta(seconds=1), by="bob")
        assert state.save_drill(drill)
        assert state.get_enforcement() == Enforcement(approved=DIGEST, paused=False, drill=drill)
        assert state.save_drill(later)
        assert not state.save_drill(drill)
        assert state.get_enforcement().drill == later

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
            open_intent(
                state, replace(INTENT, roster_digest=rosters.find_current(state.get_enforcement()).digest)
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
        open_intent(state)
        assert load(state).intent == INTENT.lock

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(state=WriteState.UNCONFIRMED, reason="no answer"),
            Answer(state=WriteState.REFUSED, reason="no", request_id="r-1"),
        ],
        ids=str,
    )
    def test_what_its_worker_knew_comes_back(self, state, answer):
        record = replace(make_record(), intent=replace(INTENT.lock, answer=answer))
        state.open_intent(record, at=NOW)
        assert load(state).intent == record.intent

    def test_what_was_decided_with_it_is_stored_with_it(self, state):
        edits, repeated = (make_edit(1), make_edit(2)), RepeatedEdits(opened_at=NOW, alerted_at=NOW)
        open_intent(state, edits=edits, repeated=repeated)
        assert (load(state).edits, load(state).repeated) == (edits, repeated)

    def test_each_kind_and_each_account_has_its_own(self, state):
        billing = another(kind=BILLING)
        elsewhere = another(signal=replace(INTENT.signal, account_id="444455556666"))
        for intent in (INTENT, billing, elsewhere):
            open_intent(state, intent)
        assert (load(state).intent, load(state, kind=BILLING).intent) == (INTENT.lock, billing.lock)
        assert load(state, "444455556666").intent == elsewhere.lock
        nobody = ContactRecord(account_id="999999999999", kind=SECURITY)
        assert (load(state, "999999999999"), load(state, "999999999999").version) == (nobody, 0)

    @pytest.mark.parametrize("value", [{"BOOL": True}, {"S": "true"}, {"N": "1"}, {"S": "false"}], ids=str)
    def test_refused_when_paused_however_it_is_spelt(self, state, dynamodb, items, value):
        pause(dynamodb, value)
        before = items()
        with pytest.raises(WritesHaltedError):
            open_intent(state)
        assert items() == before

    def test_open_again_after_the_pause(self, state, dynamodb):
        pause(dynamodb, {"BOOL": True})
        pause(dynamodb, {"BOOL": False})
        open_intent(state)
        assert load(state).intent == INTENT.lock

    def test_refused_when_another_roster_is_approved(self, state, items):
        approve(state, ROSTER | {"mode": "audit"})
        before = items()
        with pytest.raises(WritesHaltedError):
            open_intent(state)
        assert items() == before

    def test_refused_before_the_first_approval(self, dynamodb, items):
        with pytest.raises(WritesHaltedError):
            open_intent(WholeStateTable(client=dynamodb, table=TABLE))
        assert items() == {}

    def test_refused_on_any_version_but_the_one_that_was_read(self, state, items):
        """Whatever was stored meanwhile: an edit that came, another's intent or the own one a second time."""
        assert state.save(make_record(None, edits=(make_edit(),)), at=NOW)
        open_intent(state, version=1)
        before = items()
        for intent in (another(), INTENT):
            for version in (0, 1, 3):
                with pytest.raises(IntentBusyError):
                    open_intent(state, intent, version=version)
        assert items() == before

    def test_an_intent_on_the_version_that_was_read_takes_the_place_of_what_was_there(self, state):
        open_intent(state)
        open_intent(state, another(), version=1)
        assert (load(state).intent, load(state).version) == (another().lock, 2)

    def test_a_pause_outranks_a_busy_contact(self, state, dynamodb):
        open_intent(state)
        pause(dynamodb, {"BOOL": True})
        with pytest.raises(WritesHaltedError):
            open_intent(state, another())

    def test_without_an_intent_there_is_nothing_to_open(self, state, items):
        before = items()
        with pytest.raises(ValueError, match="no intent"):
            open_intent(state, None)
        assert items() == before

    @broken
    def test_a_broken_table_refuses_the_record(self, error):
        state = WholeStateTable(client=Refusing({"transact_write_items": error}), table=TABLE)
        with pytest.raises(RecordRefusedError) as caught:
            open_intent(state)
        assert caught.type is RecordRefusedError
        assert caught.value.__suppress_context__
        assert not leaks(str(caught.value))

    @pytest.mark.parametrize("codes", [("None", "TransactionConflict"), ("TransactionConflict", "None")])
    def test_a_transaction_that_met_another_workers_is_busy_and_not_refused(self, codes):
        reasons = [{"Code": code} for code in codes]
        error = client_error("TransactionCanceledException", CancellationReasons=reasons)
        client = Refusing({"transact_write_items": error})
        with pytest.raises(IntentBusyError):
            open_intent(WholeStateTable(client=client, table=TABLE))
        assert client.calls == ["transact_write_items"] * 5

    @pytest.mark.parametrize("met", [1, 4])
    def test_a_transaction_that_met_another_workers_is_made_again_at_once(self, state, dynamodb, met):
        reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        error = client_error("TransactionCanceledException", CancellationReasons=reasons)
        client = RefusingSome(dynamodb, [error] * met)
        open_intent(WholeStateTable(client=client, table=TABLE))
        assert load(state).intent == INTENT.lock

    def test_a_contact_that_another_worker_holds_is_not_asked_for_again(self, state, dynamodb):
        open_intent(state)
        client = RefusingSome(dynamodb, [])
        with pytest.raises(IntentBusyError):
            open_intent(WholeStateTable(client=client, table=TABLE), another())
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
            open_intent(state)


class RefusingSome:
    """A client whose first transactions fail with these errors."""

    def __init__(self, real, errors):
        self._real, self._errors, self.made = real, list(errors), 0

    def transact_write_items(self, **parameters):
        self.made += 1
        if self._errors:
            raise self._errors.pop(0)
        return self._real.transact_write_items(**parameters)


class TestRecord:
    def test_who_read_an_older_record_stores_nothing(self, state, items):
        assert state.save(make_record(None, edits=(make_edit(1),)), at=NOW)
        before = items()
        late = make_record(None, edits=(make_edit(2),))
        assert not state.save(late, at=NOW)
        assert not state.save(replace(late, version=2), at=NOW)
        assert items() == before
        assert state.save(replace(late, version=1), at=NOW)
        assert [edit.key for edit in load(state).edits] == ["edit-2"]
        assert load(state).version == 2

    def test_a_closed_intent_leaves_its_write_and_lets_the_next_one_open(self, state):
        open_intent(state)
        closed = end_intent(load(state), make_known_write())
        assert state.save(closed, at=NOW)
        assert load(state).writes == (make_known_write(),)
        state.open_intent(replace(load(state), intent=another().lock), at=NOW)
        assert (load(state).intent, load(state).writes) == (another().lock, (make_known_write(),))

    def test_it_is_remembered_longer_than_any_message_or_pause(self, state, items):
        for version, at in enumerate((NOW, NOW + timedelta(days=3))):
            assert state.save(make_record(None, version=version), at=at)
            end = at + timedelta(days=60)
            assert items()[RECORD_KEY]["expires_at"]["N"] == str(int(end.timestamp()))

    def test_contact_details_are_never_in_it(self, state, items):
        open_intent(state, edits=(make_edit(),), drift=KnownDrift(found="0" * 32, at=NOW))
        assert not leaks(str(items()[RECORD_KEY]))
        assert state.save(end_intent(load(state), make_known_write()), at=NOW)
        assert not leaks(str(items()[RECORD_KEY]))


class TestPending:
    """Those that somebody may have to come back to are found without knowing their account."""

    @pytest.mark.parametrize(
        "pending",
        [
            {"intent": INTENT.lock},
            {"drift": KnownDrift(found=None, at=NOW)},
            {"repeated": RepeatedEdits(opened_at=NOW)},
        ],
        ids=lambda pending: next(iter(pending)),
    )
    def test_it_is_found_as_long_as_something_is_open(self, state, pending):
        assert state.save(make_record(None, edits=(make_edit(),), writes=(make_known_write(),)), at=NOW)
        assert state.list_pending() == []
        assert state.save(replace(load(state), **pending), at=NOW)
        assert [(found, found.version) for found in state.list_pending()] == [(load(state), 2)]
        blank = make_record(None, version=2)
        assert state.save(blank, at=NOW)
        assert state.list_pending() == []

    def test_a_record_that_only_remembers_edits_is_found_to_be_reported(self, state):
        assert state.save(make_record(None, edits=(make_edit(),)), at=NOW)
        assert (state.list_pending(), state.list_edited()) == ([], [load(state)])
        assert state.save(replace(load(state), drift=KnownDrift(found=None, at=NOW)), at=NOW)
        assert state.list_edited() == state.list_pending() == [load(state)]
        assert state.save(make_record(None, writes=(make_known_write(),), version=2), at=NOW)
        assert state.list_edited() == []

    def test_an_opened_intent_is_found(self, state):
        open_intent(state)
        assert [found.intent for found in state.list_pending()] == [INTENT.lock]

    def test_all_are_found_by_account_and_kind(self, state):
        for account_id in ("444455556666", MEMBER):
            for kind in (SECURITY, BILLING):
                signal = replace(SIGNAL, account_id=account_id, kind=kind)
                open_intent(state, another(signal=signal, kind=kind))
        state.save_incident(ALERTED, at=NOW)
        found = [(one.account_id, str(one.kind)) for one in state.list_pending()]
        assert found == [
            (MEMBER, "BILLING"),
            (MEMBER, "SECURITY"),
            ("444455556666", "BILLING"),
            ("444455556666", "SECURITY"),
        ]


ALERTED = AlertedIncident(id="RC-1", stage=AlertStage.OPENING, opening='{"a": 1}', signal=SIGNAL)
STAGES = list(AlertStage)


class TestIncidents:
    def test_an_incident_that_nobody_was_to_be_alerted_of(self, state):
        assert state.load_incident("RC-1") is None

    def test_its_opening_and_its_signal_come_back_as_they_were(self, state):
        state.save_incident(ALERTED, at=NOW)
        assert state.load_incident("RC-1") == ALERTED
        assert state.load_incident("RC-10") is None

    @pytest.mark.parametrize("known", STAGES)
    @pytest.mark.parametrize("late", STAGES)
    def test_a_worker_that_is_late_takes_nothing_back(self, state, known, late):
        for stage in (known, late):
            state.save_incident(replace(ALERTED, stage=stage), at=NOW)
        further = max(known, late, key=STAGES.index)
        assert state.load_incident("RC-1").stage is further

    def test_what_is_not_closed_is_found(self, state):
        for incident_id, stage in (("RC-3", AlertStage.CLOSED), ("RC-2", AlertStage.OPEN)):
            state.save_incident(replace(ALERTED, id=incident_id, stage=stage), at=NOW)
        state.save_incident(ALERTED, at=NOW)
        open_intent(state)
        found = {incident.id: incident.stage for incident in state.list_unfinished()}
        assert found == {"RC-1": AlertStage.OPENING, "RC-2": AlertStage.OPEN}
        for incident_id in found:
            state.save_incident(replace(ALERTED, id=incident_id, stage=AlertStage.CLOSED), at=NOW)
        assert state.list_unfinished() == []

    def test_accounts_of_a_changed_unit_are_remembered_beside_it(self, state, items):
        state.mark_done("RC-1", MEMBER, at=NOW)
        assert state.load_incident("RC-1") is None
        assert state.list_unfinished() == []
        state.save_incident(ALERTED, at=NOW)
        for _ in range(2):
            state.mark_done("RC-1", "444455556666", at=NOW)
        assert state.list_done("RC-1") == {MEMBER, "444455556666"}
        assert state.list_done("RC-2") == frozenset()
        assert state.load_incident("RC-1") == ALERTED
        end = NOW + timedelta(days=30)
        assert items()["incident#RC-1", "incident"]["expires_at"]["N"] == str(int(end.timestamp()))

    def test_it_holds_no_contact_details(self, state, items):
        state.save_incident(ALERTED, at=NOW)
        assert not leaks(str(items()["incident#RC-1", "incident"]))


CALLS = [
    ("batch_get_item", lambda state: state.get_enforcement()),
    ("get_item", lambda state: state.load_roster(DIGEST)),
    ("get_item", load),
    ("put_item", lambda state: state.save(make_record(), at=NOW)),
    ("query", lambda state: state.list_pending()),
    ("get_item", lambda state: state.load_incident("RC-1")),
    ("update_item", lambda state: state.save_incident(ALERTED, at=NOW)),
    ("query", lambda state: state.list_unfinished()),
    ("update_item", lambda state: state.mark_done("RC-1", MEMBER, at=NOW)),
    ("get_item", lambda state: state.list_done("RC-1")),
    (
        "transact_write_items",
        lambda state: state.approve(digest=DIGEST, document=ROSTER, by="test", at=NOW, before=DIGEST),
    ),
]


@broken
@pytest.mark.usefixtures("state")
@check_each(("operation", "call"), CALLS)
def test_every_call_to_a_broken_table_is_tried_again(dynamodb, operation, call, error):
    client = Refusing({operation: error}, dynamodb)
    with pytest.raises(RetryableError, match="the state table refused") as caught:
        call(WholeStateTable(client=client, table=TABLE))
    assert caught.value.__suppress_context__
    assert not leaks(str(caught.value))


@pytest.mark.usefixtures("state")
def test_reads_are_consistent_but_for_those_of_the_index(dynamodb):
    seen = []

    class Watching:
        def __getattr__(self, name):
            def call(**parameters):
                asked = parameters.get("RequestItems", {}).get(TABLE, parameters)
                seen.append((name, asked.get("IndexName"), asked.get("ConsistentRead")))
                return getattr(dynamodb, name)(**parameters)

            return call

    watched = WholeStateTable(client=Watching(), table=TABLE)
    watched.get_enforcement()
    watched.load_roster(DIGEST)
    load(watched)
    watched.load_incident("RC-1")
    watched.list_done("RC-1")
    watched.list_pending()
    watched.list_unfinished()
    both, *one = seen
    assert both == ("batch_get_item", None, True)
    assert one == [("get_item", None, True)] * 4 + [("query", "pending", False)] * 2
