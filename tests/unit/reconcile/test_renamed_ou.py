"""What an event about an organizational unit does to its accounts, and what a renamed unit holds."""

from __future__ import annotations

from datetime import timedelta

from rollcall.adapters.organizations import AwsOrganization
from rollcall.model.errors import RetryableError
from tests.support.roster_worlds import PLAYGROUND, SANDBOX, severities, tamper, with_overrides
from tests.support.unit_worlds import ou_event, rename
from tests.support.world import MALLORY, MEMBER, PRODUCTION, World, api_values


def test_a_renamed_unit_holds_its_accounts_instead_of_giving_them_the_defaults():
    world = World(SANDBOX).settle()
    tamper(world, PLAYGROUND)
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("pci-soc")
    world.send(ou_event(rename(world, "Sandbox", "Playpen")))
    world.drain()
    assert severities(world)[-1] == "HIGH"
    assert "was Sandbox" in world.alerts[-1].text
    tamper(world, PLAYGROUND)
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == MALLORY
    assert "blocked" in world.alerts[-1].subject


def test_a_unit_that_gets_its_name_back_is_held_no_longer():
    world = World(SANDBOX).settle()
    tamper(world, PLAYGROUND)
    world.drain()
    ou_id = rename(world, "Sandbox", "Playpen")
    tamper(world, PLAYGROUND)
    world.drain()
    world.organization.rename_ou(ou_id, "Sandbox")
    world.send(ou_event(ou_id))
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("pci-soc")


def test_a_unit_that_gets_the_name_of_an_override_has_its_few_accounts_set():
    world = World(with_overrides({"ou": "Playpen", "kinds": {"SECURITY": "pci-soc"}})).settle()
    world.send(ou_event(rename(world, "Sandbox", "Playpen")))
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("pci-soc")


def test_a_new_name_that_aws_shows_late_is_found_at_the_second_look(monkeypatch):
    for roster, verdict in (
        (SANDBOX, "blocked"),
        (with_overrides({"ou": "Playpen", "kinds": {"SECURITY": "pci-soc"}}), "set"),
    ):
        world = World(roster).settle()
        ou_id, event_at = world.organization.find_ou("Sandbox"), world.clock.now()
        read_name = AwsOrganization._get_ou_name

        def read_stale(self, unit, *, world=world, ou_id=ou_id, at=event_at, read=read_name):
            stale = unit == ou_id and world.clock.now() - at < timedelta(seconds=30)
            return "Sandbox" if stale else read(self, unit)

        monkeypatch.setattr(AwsOrganization, "_get_ou_name", read_stale)
        world.send(ou_event(rename(world, "Sandbox", "Playpen")))
        world.drain()
        assert verdict in world.verdicts()
        monkeypatch.undo()


def test_a_unit_of_many_accounts_is_not_rewritten_by_one_event():
    world = World(with_overrides({"ou": "Playpen", "kinds": {"SECURITY": "pci-soc"}}))
    ou_id = rename(world, "Sandbox", "Playpen")
    for number in range(20):
        world.organization.add_account(name=f"Many {number}", email=f"m{number}@example.com", parent=ou_id)
    world.settle()
    for account in world.organization.accounts.values():
        account.contacts.pop("SECURITY", None)
    world.send(ou_event(ou_id))
    world.drain()
    assert not world.calls
    assert severities(world) == ["INFO"]
    assert "more than 10 accounts" in world.alerts[0].text


WORKLOADS = with_overrides(
    {"ou": "Sandbox", "kinds": {"SECURITY": "pci-soc"}},
    {"ou": "Workloads/Production", "kinds": {"SECURITY": "pci-soc"}},
)


def test_a_renamed_unit_that_nobody_mended_does_not_hold_the_accounts_of_another():
    world = World(WORKLOADS).settle()
    rename(world, "Sandbox", "Playpen")
    world.organization.accounts[PRODUCTION].contacts.pop("SECURITY")
    world.send(ou_event(world.organization.find_ou("Workloads/Production")))
    world.drain()
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
    assert "blocked" not in world.verdicts()


def test_a_renamed_unit_is_told_with_the_paths_below_it_that_it_took_along():
    world = World(WORKLOADS).settle()
    world.send(ou_event(rename(world, "Workloads", "Loads")))
    world.drain()
    assert world.verdicts() == ["blocked"]
    assert "was Workloads/Production and has another name now" in world.alerts[0].text
    assert not world.calls


def test_a_renamed_unit_above_still_holds_each_account_of_the_changed_one():
    world = World(WORKLOADS).settle()
    blue = world.organization.add_ou("Blue", world.organization.find_ou("Workloads/Production"))
    world.organization.move(PRODUCTION, blue)
    rename(world, "Workloads/Production", "Live")
    world.organization.accounts[PRODUCTION].contacts.pop("SECURITY")
    world.send(ou_event(blue))
    world.drain()
    assert "SECURITY" not in world.contacts(PRODUCTION)
    assert set(world.verdicts()) == {"blocked", "compliant"}


def test_a_unit_that_is_gone_again_changes_nothing():
    world = World(WORKLOADS).settle()
    world.send(ou_event("ou-a1b2-zzzzzzzz"))
    world.drain()
    assert set(world.verdicts()) == {"compliant"}
    assert not world.calls


def test_one_account_that_has_to_wait_does_not_keep_the_others_of_its_unit():
    world = World(with_overrides({"ou": "Playpen", "kinds": {"SECURITY": "pci-soc"}})).settle()
    development = world.organization.find_ou("Workloads/Development")
    second = world.organization.add_account(name="Second", email="second@example.com", parent=development)
    world.settle()
    for account_id in (MEMBER, second.id):
        world.organization.accounts[account_id].contacts.pop("BILLING")
    world.faults.plan("put_alternate_contact.after", RetryableError("no answer"))
    world.send(ou_event(development))
    (message,) = world.queue
    world.deliver(message)
    assert message in world.queue
    assert world.contacts(second.id)["BILLING"] == api_values("finops")
    # What was looked at is not looked at again: a unit gets through although some calls fail each time.
    world.calls.clear()
    world.deliver(message)
    assert {account_id for _, account_id in world.calls} == {MEMBER}
    world.drain()
    assert world.contacts()["BILLING"] == api_values("finops")
    assert not world.dead
