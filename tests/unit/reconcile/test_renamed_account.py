"""A rename that AWS Organizations shows late: it is awaited, for four hours at most."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import MEMBER, ROSTER, World

EVENTS = Path(__file__).parents[2] / "events"
ROSTER_WITH_NAMES = ROSTER | {
    "contacts": ROSTER["contacts"] | {"soc": ROSTER["contacts"]["soc"] | {"title": "Duty for {account_name}"}}
}
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def renamed(world: World, name: str | None, sample: str = "PutAccountName.synthetic") -> dict[str, Any]:
    """The event of a rename to "Payments EU", of a member, now; `name` is what the record shows of it."""
    event: dict[str, Any] = json.loads((EVENTS / f"{sample}.json").read_text())
    event["detail"]["requestParameters"] = None if name is None else {"AccountName": name}
    event["detail"]["eventTime"] = world.clock.now().isoformat()
    return event


def title(world: World) -> str:
    return str(world.contacts()["SECURITY"]["Title"])


def pass_time(world: World, hours: float) -> None:
    """Deliver what becomes due, every minute."""
    for _ in range(round(hours * 60)):
        world.clock.sleep(60)
        world.cloud.pump()
        now = world.clock.now().timestamp()
        for message in [one for one in world.queue if one.visible_at <= now]:
            world.deliver(message)


@pytest.mark.parametrize("shown_after", [0.2, 1.0, 3.5])
@pytest.mark.parametrize("sample", ["PutAccountName.synthetic", "UpdateAccountName.iam.synthetic"])
def test_a_new_name_is_set_soon_after_it_is_shown(shown_after, sample):
    world = World(ROSTER_WITH_NAMES).settle()
    world.send(renamed(world, "Payments EU", sample))
    pass_time(world, shown_after)
    assert title(world) == "Duty for Payments"
    world.organization.accounts[MEMBER].name = "Payments EU"
    pass_time(world, 0.3)
    assert title(world) == "Duty for Payments EU"
    assert not world.dead


@pytest.mark.parametrize("name", [HIDDEN, "****", None])
def test_a_new_name_that_the_event_hides_is_looked_for_until_four_hours_later(name):
    world = World(ROSTER_WITH_NAMES).settle()
    world.send(renamed(world, name))
    pass_time(world, 1.5)
    assert title(world) == "Duty for Payments"
    world.organization.accounts[MEMBER].name = "Payments EU"
    pass_time(world, 2.7)
    assert title(world) == "Duty for Payments EU"
    assert not world.dead


def test_a_name_that_never_shows_is_not_awaited_for_ever():
    world = World(ROSTER_WITH_NAMES).settle()
    world.send(renamed(world, "Payments EU"))
    pass_time(world, 4.5)
    assert not world.queue
    assert not world.dead
    assert set(world.verdicts()) == {"compliant"}


def test_a_rename_that_no_contact_shows_is_told_once():
    world = World().settle()
    world.send(renamed(world, HIDDEN))
    pass_time(world, 5)
    assert world.verdicts() == ["notified"]
    assert len(world.alerts) == 1


@pytest.mark.parametrize("name", ["Payments EU", HIDDEN])
def test_a_rename_that_aws_refused_is_told_once_and_not_looked_at_again(name):
    world = World(ROSTER_WITH_NAMES).settle()
    event = renamed(world, name)
    event["detail"]["errorCode"] = "AccessDeniedException"
    world.send(event)
    pass_time(world, 0.1)
    assert world.verdicts() == ["denied"]
    assert not world.queue
