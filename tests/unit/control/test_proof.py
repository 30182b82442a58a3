"""A caller is proven by AWS STS alone: what is forged, altered, replayed or answered oddly proves nobody."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.control.commands import ProvenCaller
from rollcall.control.proof import (
    HEADER,
    MOST_BYTES,
    IdentityAnswer,
    Place,
    UnprovenError,
    build_request,
    check_operator,
    hash_command,
    read_answer,
)
from rollcall.model.errors import RecordRefusedError, RetryableError
from simulation.clock import DEFAULT_START
from tests.support.cases import check_each
from tests.support.identities import KEY, MACHINE, PLACE, SECRET, TOKEN, accept, is_signed, refuse, sign
from tests.support.sweep_runs import held_drift, settled
from tests.support.sweep_world import ALICE

NOW: datetime = DEFAULT_START
RUN = f"{MACHINE}:pause-1"
PAUSE = {"operation": "pause", "reason": "migration", "plan": None, "account": None, "kind": None}
GUESSED = "guessed"
CISO = ALICE.replace("alice", "ciso")


def signed(document: dict[str, Any] = PAUSE, **given: Any) -> dict[str, Any]:
    return sign(document, **{"execution": RUN, "now": NOW, **given})


def proof_with(**changes: Any) -> dict[str, Any]:
    document = signed()
    return {**document, "proof": document["proof"] | changes}


class TestRequest:
    def test_it_is_a_presigned_get_caller_identity_with_each_parameter_once(self):
        request = build_request(signed(), PLACE, NOW)
        assert request.host == "sts.us-east-1.amazonaws.com"
        assert is_signed(request)
        pairs = parse_qsl(request.query)
        assert len(pairs) == len(dict(pairs))
        assert {name: value for name, value in pairs if name != "X-Amz-Signature"} == {
            "Action": "GetCallerIdentity",
            "Version": "2011-06-15",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{KEY}/{NOW:%Y%m%d}/us-east-1/sts/aws4_request",
            "X-Amz-Date": f"{NOW:%Y%m%dT%H%M%SZ}",
            "X-Amz-Expires": "900",
            "X-Amz-Security-Token": TOKEN,
            "X-Amz-SignedHeaders": f"host;{HEADER}",
        }

    @pytest.mark.parametrize(
        ("region", "host"),
        [
            ("cn-northwest-1", "sts.cn-northwest-1.amazonaws.com.cn"),
            ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
        ],
    )
    def test_the_host_is_that_of_its_own_region_and_partition(self, region, host):
        assert Place(account="333333333333", region=region).sts_host == host

    @check_each(
        "changes",
        [
            {"operation": "unpause"},
            {"reason": "migration "},
            {"reason": None},
            {"plan": "0" * 64},
            {"account": "222222222222"},
            {"minutes": 10_080},
            {"by": CISO},
            {"execution": RUN.replace("pause-1", "pause-2")},
            {"execution": RUN.replace("ControlMachine", "OtherMachine")},
        ],
    )
    def test_no_part_of_a_command_can_be_altered_and_it_runs_in_no_other_execution(self, changes):
        assert is_signed(build_request(signed(), PLACE, NOW))
        assert not is_signed(build_request(signed() | changes, PLACE, NOW))

    def test_another_secret_or_token_signs_nothing(self):
        assert not is_signed(build_request(signed(secret=GUESSED), PLACE, NOW))
        document = signed()
        document["proof"]["token"] += "another"
        assert not is_signed(build_request(document, PLACE, NOW))

    @given(st.dictionaries(st.sampled_from(["reason", "plan"]), st.text(max_size=9)), st.text(max_size=9))
    def test_only_equal_commands_have_equal_hashes(self, other, text):
        mine = {"operation": "pause", "reason": text}
        theirs = {"operation": "pause", **other}
        assert (hash_command(mine, RUN) == hash_command(theirs, RUN)) == (mine == theirs)

    @check_each(
        "changes",
        [
            # Doubled and further parameters, another action, other headers, another host (CVE-2022-2385,
            # CVE-2020-16250): none of the four values can carry them.
            {"date": f"{NOW:%Y%m%dT%H%M%SZ}&X-Amz-Date=20990101T000000Z"},
            {"date": "20261005"},
            {"date": "20261399T250000Z"},
            {"token": "x&Action=AssumeRole"},
            {"token": "x\r\nHost: evil.example"},
            {"token": "x" * 8193},
            {"token": None},
            {"signature": "0" * 63},
            {"signature": "0" * 64 + "&Action=GetSessionToken"},
            {"signature": ["0" * 64]},
            {"credential": f"{KEY}/20261005/eu-west-1/sts/aws4_request"},
            {"credential": f"{KEY}/20200101/us-east-1/sts/aws4_request"},
            {"credential": f"{KEY}/20261005/us-east-1/s3/aws4_request"},
            {"credential": f"{KEY}/20261005/us-east-1/sts/aws4_request&Action=AssumeRole"},
            {"credential": f"{KEY}%2F20261005/us-east-1/sts/aws4_request"},
            {"credential": KEY},
            {"headers": {"Host": "evil.example"}},
            {"url": "https://evil.example/"},
            {"method": "POST"},
        ],
    )
    def test_a_proof_is_four_values_in_one_form_and_nothing_of_the_request_besides(self, changes):
        assert f"{NOW:%Y%m%d}" == "20261005"
        with pytest.raises(UnprovenError):
            build_request(proof_with(**changes), PLACE, NOW)

    @pytest.mark.parametrize("proof", [None, "proof", [], {}, {"credential": "x"}])
    def test_without_a_proof_nobody_is_asked(self, proof):
        with pytest.raises(UnprovenError):
            build_request({**signed(), "proof": proof}, PLACE, NOW)

    @pytest.mark.parametrize("execution", [None, "", 7, "pause-1", RUN + "\n", f"{RUN}/x"])
    def test_an_execution_is_named_by_its_arn(self, execution):
        with pytest.raises(UnprovenError, match="state machine"):
            build_request({**signed(), "execution": execution}, PLACE, NOW)

    def test_it_is_good_for_fifteen_minutes_and_five_of_a_clock_that_is_ahead(self):
        for late in (timedelta(minutes=-5), timedelta(0), timedelta(minutes=15)):
            assert is_signed(build_request(signed(), PLACE, NOW + late))
        for late in (timedelta(minutes=-5, seconds=-1), timedelta(minutes=15, seconds=1)):
            with pytest.raises(UnprovenError, match="15 minutes"):
                build_request(signed(), PLACE, NOW + late)


class TestAnswer:
    def test_who_signed_is_read(self):
        assert read_answer(accept(ALICE)) == ProvenCaller(arn=ALICE, user_id="AROAEXAMPLE:alice")

    @pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "ExpiredToken", "InvalidClientTokenId"])
    @pytest.mark.parametrize("status", [400, 403])
    def test_a_refusal_is_final_and_says_its_code(self, code, status):
        with pytest.raises(UnprovenError, match=code):
            read_answer(refuse(code, status))

    XML = b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>x</Arn></GetCallerIdentityResult>"
    GOOD = accept(ALICE).body

    @check_each(
        "answer",
        [
            refuse("Throttling", 400),
            refuse("InternalFailure", 500),
            refuse("ServiceUnavailable", 503),
            refuse("Moved", 301),
            refuse("<script>"),
            IdentityAnswer(status=301, content_type="application/json", body=GOOD),
            IdentityAnswer(status=500, content_type="application/json", body=GOOD),
            IdentityAnswer(status=200, content_type="text/xml", body=XML),
            IdentityAnswer(status=200, content_type="application/json", body=XML),
            IdentityAnswer(status=200, content_type="text/html", body=GOOD),
            IdentityAnswer(status=200, content_type="", body=GOOD),
            IdentityAnswer(status=403, content_type="text/html", body=b"<h1>proxy</h1>"),
            IdentityAnswer(status=403, content_type="application/json", body=b"[]"),
            IdentityAnswer(status=200, content_type="application/json", body=b""),
            IdentityAnswer(status=200, content_type="application/json", body=b"{}"),
            IdentityAnswer(status=200, content_type="application/json", body=b"[" * 9_999),
            IdentityAnswer(
                status=200, content_type="application/json", body=GOOD + b" " * (MOST_BYTES + 1 - len(GOOD))
            ),
            # What another action answers has its caller's words in it (CVE-2020-16250).
            IdentityAnswer(
                status=200,
                content_type="application/json",
                body=GOOD.replace(b"GetCallerIdentityResponse", b"AssumeRoleWithWebIdentityResponse"),
            ),
            IdentityAnswer(
                status=200,
                content_type="application/json",
                body=GOOD.replace(b'{"GetC', b'{"x": 1, "GetC', 1),
            ),
            IdentityAnswer(
                status=200,
                content_type="application/json",
                body=GOOD.replace(b'"Arn"', b'"Arn": "arn:aws:sts::333333333333:assumed-role/a/b", "Arn"'),
            ),
            accept(ALICE, Account="444455556666"),
            accept(ALICE, UserId="line\nfeed"),
            accept(ALICE, UserId=""),
            accept(ALICE, UserId=7),
            accept(ALICE, Arn="no arn"),
            accept(ALICE, Arn=ALICE + "x" * 1024),
        ],
    )
    def test_every_other_answer_leaves_it_open_and_passes_nobody(self, answer):
        with pytest.raises(RetryableError):
            read_answer(answer)


class TestOperators:
    SSO = "arn:aws:iam::333333333333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_RollcallOps_*"

    @pytest.mark.parametrize(
        ("arn", "operators"),
        [
            (ALICE, ()),
            (
                "arn:aws:sts::333333333333:assumed-role/AWSReservedSSO_RollcallOps_0f1e/ann@example.com",
                (SSO,),
            ),
            (
                "arn:aws:sts::333333333333:assumed-role/Ops/ann",
                ("arn:aws:iam::333333333333:role/oncall/Ops",),
            ),
            ("arn:aws:sts::333333333333:assumed-role/Ops1/ann", ("arn:aws:iam::333333333333:role/Ops?",)),
        ],
    )
    def test_the_operators_role_and_named_roles_of_the_hub_are_operators(self, arn, operators):
        check_operator(ProvenCaller(arn=arn, user_id="x"), operators, PLACE)

    @check_each(
        ("arn", "operators"),
        [
            # The same role's name in another account or partition: anybody can have one of that name.
            ("arn:aws:sts::444455556666:assumed-role/rollcall-operator/alice", ()),
            ("arn:aws-cn:sts::333333333333:assumed-role/rollcall-operator/alice", ()),
            ("arn:aws:sts::333333333333:assumed-role/rollcall-reader/alice", ()),
            ("arn:aws:sts::333333333333:assumed-role/rollcall-operators/alice", ()),
            ("arn:aws:sts::333333333333:assumed-role/rollcall-operator", ()),
            ("arn:aws:sts::333333333333:federated-user/rollcall-operator/alice", ()),
            ("arn:aws:iam::333333333333:root", ()),
            ("arn:aws:iam::333333333333:root", ("arn:aws:iam::333333333333:role/*",)),
            # A user's own keys show no second factor: users assume rollcall-operator.
            ("arn:aws:iam::333333333333:user/oncall/ann", ("arn:aws:iam::333333333333:user/oncall/*",)),
            ("arn:aws:sts::333333333333:assumed-role/Dev/eve", (SSO,)),
            ("arn:aws:sts::333333333333:assumed-role/Dev/eve", ("arn:aws:iam::333333333333:role/oncall/*",)),
            ("arn:aws:sts::333333333333:assumed-role/Dev/eve", ("arn:aws:iam::444455556666:role/Dev",)),
            ("arn:aws:sts::333333333333:assumed-role/dev/eve", ("arn:aws:iam::333333333333:role/Dev",)),
            ("arn:aws:sts::333333333333:assumed-role/Dev/Ops", ("arn:aws:iam::333333333333:role/Ops",)),
            ("arn:aws:sts::333333333333:assumed-role/D.v/eve", ("arn:aws:iam::333333333333:role/Dev",)),
            ("arn:aws:sts::333333333333:assumed-role/Dev/eve", ("arn:aws:iam::333333333333:user/Dev",)),
        ],
    )
    def test_nobody_else_is(self, arn, operators):
        with pytest.raises(UnprovenError):
            check_operator(ProvenCaller(arn=arn, user_id="x"), operators, PLACE)


def told(world: Any) -> dict[str, Any]:
    (notice,) = [item for item in world.notices if item["notice"] == "command-refused"]
    assert notice["severity"] == "HIGH"
    facts: dict[str, Any] = notice["facts"]
    return facts


class TestCommands:
    @pytest.mark.parametrize("operation", ["pause", "unpause", "approve", "release", "sweep"])
    def test_a_claimed_name_commands_nothing_and_is_told_and_recorded(self, operation):
        world, plan = held_drift()
        before = world.told()
        claimed = {"operation": operation, "by": CISO, "reason": "routine", "plan": plan, "execution": RUN}
        assert world.handle(claimed) == {
            "refused": "the command has no proof of its caller",
            "fix": "repeat the command with `rollcall` of the version that the hub has",
            "unproven": True,
        }
        assert (world.state.paused, world.started, world.identities.asked) == (False, {}, [])
        assert world.told() == [*before, "command-refused"]
        facts = told(world)
        assert (facts["by"], facts["operation"], facts["execution"]) == (None, operation, "pause-1")
        record = world.commands.records["pause-1", "refusal"]
        assert (record["by"], record["operation"]) == (None, operation)
        assert "ciso" not in json.dumps([facts, record])

    @check_each(
        "changes",
        [
            {"operation": ["pause"]},
            {"operation": {"pause": True}},
            {"reason": 10**4300},
            {"plan": -(10**4300), "account": float("nan"), "kind": [[["x"]]]},
            {"reason": "x" * 100_000},
            {"proof": [], "execution": None},
        ],
    )
    @check_each("proof", [None, "forged"])
    def test_a_malformed_command_that_nobody_proved_is_refused_told_and_recorded(self, changes, proof):
        world = settled()
        document = signed(now=world.clock.now(), secret=GUESSED) if proof else {**PAUSE, "execution": RUN}
        assert "refused" in world.handle(document | changes)
        facts = told(world)
        (((_, part), record),) = world.commands.records.items()
        assert part == "refusal"
        assert facts["operation"] == record["operation"] == ("pause" if "operation" not in changes else None)
        assert len(json.dumps([facts, record])) < 2000

    def test_a_wrong_secret_is_refused_told_and_recorded(self):
        world = settled()
        forged = signed(now=world.clock.now(), secret=GUESSED)
        assert world.handle(forged) == {
            "refused": "AWS STS refused the proof: SignatureDoesNotMatch",
            "fix": "log in again (`aws sso login` or `aws login`), then give the command again",
            "unproven": True,
        }
        assert not world.state.paused
        assert "SignatureDoesNotMatch" in told(world)["reason"]
        assert ("pause-1", "command") not in world.commands.records

    def test_a_proof_that_somebody_copied_serves_no_other_execution_and_no_other_command(self):
        world = settled()
        good = signed(now=world.clock.now())
        assert world.handle(good)["done"]
        world.clock.sleep(1)
        assert world.command("unpause")["done"]
        for copied in ({"execution": RUN.replace("pause-1", "mine")}, {"reason": "mine", "execution": RUN}):
            assert "SignatureDoesNotMatch" in world.handle(good | copied)["refused"]
        assert not world.state.paused

    def test_a_proven_caller_who_is_no_operator_is_refused_and_named(self):
        world = settled()
        eve = "arn:aws:sts::333333333333:assumed-role/Dev/eve"
        assert "neither rollcall-operator" in world.command("pause", by=eve)["refused"]
        facts = told(world)
        assert (facts["by"], facts["user_id"]) == (eve, "AROAEXAMPLE:eve")
        assert "command command" not in world.alerts[-1].subject
        assert eve in world.alerts[-1].text

    def test_a_role_that_the_settings_name_is_an_operator(self):
        world = settled()
        world.operators = ("arn:aws:iam::333333333333:role/Ops",)
        assert world.command("pause", by="arn:aws:sts::333333333333:assumed-role/Ops/ann")["done"]

    @pytest.mark.parametrize(
        "trouble", [RetryableError("AWS STS did not answer"), refuse("Throttling", 400), refuse("x", 503)]
    )
    def test_while_aws_sts_does_not_answer_it_is_tried_again_and_never_passed(self, trouble):
        world = settled()
        world.identities.answers.append(trouble)
        with pytest.raises(RetryableError):
            world.command("pause", execution="one")
        assert (world.state.paused, world.told(), world.commands.records) == (False, [], {})
        assert world.command("pause", execution="one")["done"]

    def test_what_the_ledger_does_not_take_is_not_carried_out(self):
        world = settled()
        world.faults.plan("ledger.record_command.command", RecordRefusedError("the ledger refused"))
        with pytest.raises(RecordRefusedError):
            world.command("pause", execution="one")
        assert (world.state.paused, world.told()) == (False, [])

    def test_a_refusal_that_could_not_be_told_is_told_by_the_next_try_once(self):
        world = settled()
        world.faults.plan("bus.publish_notice", RetryableError("the outcome bus refused"))
        forged = signed(now=world.clock.now(), secret=GUESSED)
        with pytest.raises(RetryableError):
            world.handle(forged)
        world.handle(forged)
        world.handle(forged)
        assert world.told() == ["command-refused"]

    def test_a_command_is_recorded_with_its_caller_before_and_with_its_result_after(self):
        world = settled()
        world.command("pause", execution="one", reason="migration")
        assert world.commands.records == {
            ("one", "command"): {
                "operation": "pause",
                "execution_arn": f"{MACHINE}:one",
                "reason": "migration",
                "plan": None,
                "account": None,
                "kind": None,
                "minutes": None,
                "replace": None,
                "principal": None,
                "edits": None,
                "by": ALICE,
                "user_id": "AROAEXAMPLE:alice",
            },
            ("one", "result"): {"done": True, "paused": True, "until": "2026-10-05T13:00:00+00:00"},
        }

    def test_a_sweep_is_started_once_in_the_name_of_who_is_proven(self):
        world = settled()
        for _ in range(2):
            assert world.command("sweep", execution="one") == {"done": True, "execution": "one"}
        (execution,) = world.started.values()
        assert execution.asked == {"trigger": "operator", "by": ALICE, "plan": None}
        # The machine takes anybody's input: the ledger has the proven name.
        assert execution.run().document["by"] == f"{ALICE} (name not verified: see rollcall history)"

    def test_neither_token_nor_signature_is_kept_or_told_anywhere(self):
        world, plan = held_drift()
        kept: list[Any] = []
        for document in ({"operation": "pause", "reason": "x"}, {"operation": "approve", "plan": plan}):
            for secret in (SECRET, GUESSED):
                command = signed(
                    document,
                    execution=f"{MACHINE}:{document['operation']}-{secret}",
                    now=world.clock.now(),
                    secret=secret,
                )
                kept.append(world.handle(command))
                proof = command["proof"]
                everything = [
                    kept,
                    world.bus.notices,
                    world.commands.records,
                    world.sweeps.plans,
                    world.started,
                ]
                text = f"{everything} {[(a.subject, a.text) for a in world.alerts]}"
                assert "alice" in text
                assert not [value for value in (proof["token"], proof["signature"]) if value in text]
