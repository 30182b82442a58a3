"""Scripts get JSON, and lines without breaks, from commands that operate."""

from __future__ import annotations

import json

import pytest

from tests.cli.desk import MALLORY, PAYMENTS, RIGHT
from tests.cli.scenes import LIMITED, contested, held, operated


def answer(world, *arguments):
    result = world.run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert found.pop("version") == 1
    return found


def test_a_sweep_that_is_started(world):
    operated(world)
    found = answer(world, "sweep")
    assert found["execution"].startswith("sweep-")
    assert found["run"] is None


@pytest.mark.parametrize("contacts", [LIMITED, LIMITED.replace("aws-soc@", "aws-sco@")])
def test_a_sweep_that_is_followed(world, contacts):
    operated(world)
    world.has(PAYMENTS, **RIGHT | {"security": MALLORY})
    waits = contacts != LIMITED
    if waits:
        world.write(contacts=contacts)
        world.machines.deploy()
    result = world.run("sweep", "--follow", "--json")
    assert result.exit_code == (2 if waits else 0)
    run = json.loads(result.stdout)["run"]
    assert run["ending"] == ("pending-approval" if waits else "finished")
    assert run["summary"]["run"] == run["id"]
    assert bool(run["summary"]["pending"]) is waits


def test_an_approval(world):
    held(world)
    (plan,) = json.loads(world.run("status", "--json").stdout)["pending_approval"]
    refused = world.run("approve", plan["plan"], "--json")
    assert refused.exit_code == 1
    assert "fix: add --yes" in refused.stderr
    assert not world.machines.inputs
    found = answer(world, "approve", plan["plan"], "--yes")
    # The record of an approval that nobody was asked about has all of what was approved.
    assert found == plan | {"paused": False}
    (group,) = found["groups"]
    assert group["values"] == [
        {"part": "email", "found": "aws-soc@example.com", "wanted": "aws-sco@example.com"}
    ]


def test_a_pause_and_its_end(world):
    operated(world)
    until = {"until": "2026-10-07T13:00:02.307215+00:00"}
    paused = answer(world, "pause", "--reason", "freeze", "--for", "2d")
    assert paused == {"paused": True, "reason": "freeze"} | until
    assert world.machines.hub.state.get_enforcement().paused
    assert answer(world, "unpause", "--reason", "over") == {
        "paused": False,
        "was_paused": True,
        "reason": "over",
    }
    assert not world.machines.hub.state.get_enforcement().paused


def test_a_release(world):
    contested(world)
    first = answer(world, "release", PAYMENTS, "security")
    contact = {"account_id": PAYMENTS, "kind": "SECURITY"}
    assert first == contact | {"released_before": None, "edit_waiting": True}
    world.clock.sleep(300)
    assert answer(world, "release", PAYMENTS, "security")["released_before"]["by"]


def test_an_arn_is_never_broken(world):
    (line,) = [
        line
        for line in world.run("doctor", "--other-profile", "management").stdout.splitlines()
        if "Role in management" in line
    ]
    assert "arn:aws:account::111111111111:account" in line
    assert len(line) > 100
