"""The functions of the sweep, in process, from the schedule to the report and the messages."""

from __future__ import annotations

import json

import pytest

from rollcall.model.roster import compute_digest
from rollcall.runtime.environment import MissingVariableError
from tests.functions.conftest import installed
from tests.functions.deployment import api_values
from tests.functions.sweep_deployment import HANDLERS, SweepDeployment, sweeping
from tests.support.samples import FOUND, MEMBER, ROSTER, WANTED, Refusing, client_error, leaks

ACCOUNTS = 6
#: A per cent of so few accounts would be none.
LIMITED = ROSTER | {"limits": {"max_changed_accounts": 1}}


@pytest.fixture
def undeployed(aws, candidate, monkeypatch):
    """A hub whose roster nobody has approved yet, with its sweep."""
    candidate.write_text(json.dumps(LIMITED), encoding="utf-8")
    deployment = SweepDeployment(aws, roster=LIMITED)
    with installed(deployment, monkeypatch), sweeping(deployment, monkeypatch):
        yield deployment


@pytest.fixture
def hub(undeployed):
    """One with an approved roster, that every account is as it wants."""
    undeployed.approve()
    for account_id in undeployed.organization.accounts:
        undeployed.settle(account_id)
    return undeployed


def measured(output: str) -> dict[str, float]:
    """Metrics by name, from the lines in CloudWatch's embedded format."""
    lines = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    found = {}
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Rollcall"
        assert directive["Dimensions"] == [["service"]]
        assert line["service"] == "sweep"
        for metric in directive["Metrics"]:
            assert metric["Unit"] == "Count"
            (found[metric["Name"]],) = line[metric["Name"]]
    return found


def test_the_way_in_held_approved_applied_reported(undeployed, capsys):
    assert undeployed.sweep("roster").document["ending"] == "pending-approval"
    assert undeployed.ledger() == {}
    (held,) = undeployed.report()["run"]["pending"]
    assert undeployed.command("approve", plan=held)["done"]
    (approval,) = undeployed.started()
    assert approval.document["ending"] == "finished"
    for account_id in undeployed.organization.accounts:
        assert undeployed.security_contact(account_id) == api_values(WANTED)
    assert undeployed.report()["run"]["contacts"]["set"] == ACCOUNTS
    assert undeployed.state.get_enforcement().approved == compute_digest(LIMITED)
    assert len([key for key in undeployed.ledger() if "/commands/" not in key]) == 2 * ACCOUNTS
    subjects = undeployed.told()
    assert [subject.split("]")[0] for subject in subjects] == ["[MEDIUM", "[MEDIUM", "[INFO", "[INFO"]
    assert "Open: first roster pending approval" in subjects[0]
    assert "rollcall-operator/alice" in subjects[1]
    metrics = measured(capsys.readouterr().out)
    assert metrics["SweepFinished"] == 1
    assert set(metrics) == {
        "SweepFinished",
        "SweepFailed",
        "SweepHeld",
        "SweepDrift",
        "ContactsUnreadable",
    }


def test_drift_without_an_event_is_put_right_told_and_reported(hub):
    hub.edit(FOUND)
    hub.intake.sqs.purge_queue(QueueUrl=hub.intake.url)
    execution = hub.sweep("schedule")
    assert execution.document["ending"] == "finished"
    assert hub.security_contact() == api_values(WANTED)
    assert hub.report()["drift"] == [{"account_id": MEMBER, "kind": "SECURITY"}]
    assert "changed without an event" in " ".join(hub.told())
    run = execution.document["id"]
    assert hub.report(f"{run}/report.html").startswith("<!doctype html>")
    assert MEMBER in hub.report(f"{run}/report.csv")


def test_an_edit_that_an_event_told_during_a_pause_is_no_drift_that_only_the_sweep_found(hub):
    hub.command("pause")
    hub.edit(FOUND)
    hub.run()
    hub.command("unpause")
    assert [record.drift is not None for record in hub.state.list_pending()] == [True]
    hub.sweep("schedule")
    assert hub.security_contact() == api_values(WANTED)
    assert hub.report()["drift"] == hub.state.list_pending() == []


def test_own_writes_of_a_sweep_are_known_when_their_events_come(hub):
    hub.edit(FOUND)
    hub.intake.sqs.purge_queue(QueueUrl=hub.intake.url)
    hub.sweep("schedule")
    hub.run()
    verdicts = [line["verdict"] for line in hub.lines() if line["message"] == "outcome"]
    assert verdicts == ["own-write"]


def test_a_pause_keeps_the_sweep_from_writing_and_its_end_lets_it(hub):
    answer = hub.command("pause")
    assert (answer["done"], answer["paused"]) == (True, True)
    hub.edit(FOUND)
    assert hub.sweep().document["ending"] == "paused"
    assert hub.security_contact() == api_values(FOUND)
    hub.command("unpause")
    assert hub.sweep().document["ending"] == "finished"
    assert hub.security_contact() == api_values(WANTED)


def test_a_deployment_that_changes_nothing_ends_at_once(hub):
    execution = hub.sweep("roster")
    assert (execution.trail, execution.document["ending"]) == (["begin"], "nothing-new")


def test_a_step_that_is_given_up_is_told_with_its_name_and_the_next_run_goes_on(hub, capsys):
    hub.edit(FOUND)
    working = hub.clients["s3"]
    hub.clients["s3"] = Refusing({"put_object": client_error("SlowDown")}, real=working)
    execution = hub.sweep()
    assert execution.status == "FAILED"
    assert any("sweep FAILED" in subject for subject in hub.told())
    assert measured(capsys.readouterr().out)["SweepFailed"] == 1
    hub.clients["s3"] = working
    hub.restart()
    assert hub.sweep().document["ending"] == "finished"
    assert hub.security_contact() == api_values(WANTED)


def test_commands_are_refused_with_a_reason_and_logged_with_who_asked(hub):
    answer = hub.command("approve", plan="0" * 64)
    assert answer["refused"] == "no plan with this digest is pending approval"
    assert answer["fix"].startswith("`rollcall status`")
    line = hub.lines()[-1]
    assert (line["message"], line["operation"]) == ("refused", "approve")
    name = line["execution"].rpartition(":")[2]
    records = {key: record for key, record in hub.ledger().items() if f"commands/{name}/" in key}
    command, result = (records[f"ledger/commands/{name}/{part}.json"] for part in ("command", "result"))
    assert ("alice" in command["by"], command["plan"]) == (True, "0" * 64)
    assert result == {"version": 1, **answer}


def test_no_log_line_metric_or_message_has_contact_details(hub, capsys):
    hub.edit(FOUND)
    hub.sweep()
    hub.command("pause")
    lines = hub.log.getvalue()
    assert {json.loads(line)["service"] for line in lines.splitlines()} >= {"sweep", "apply", "control"}
    hub.told()
    assert leaks(lines + capsys.readouterr().out) == []


@pytest.mark.parametrize("function", sorted(HANDLERS))
def test_a_function_without_its_environment_says_what_is_missing(function, monkeypatch):
    module = HANDLERS[function]
    composed = module._operator if function == "control" else module._steps
    composed.cache_clear()
    monkeypatch.delenv("ROLLCALL_STATE_TABLE", raising=False)
    with pytest.raises(MissingVariableError, match="ROLLCALL_STATE_TABLE"):
        module.handler({"operation": "begin"}, None)
