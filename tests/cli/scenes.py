"""What the examples of docs/cli.md are run in, by the name that stands above each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.repeated_edits import Revert, count_change, count_revert
from rollcall.model.contact import ContactKind
from rollcall.model.roster import RepeatedEditLimits
from rollcall_cli.text.fixes import ACCOUNTS
from tests.cli.desk import CONTACTS, DIVESTED, HUB, MALLORY, MANAGEMENT, PAYMENTS, PLAYGROUND, RIGHT, SHOP
from tests.cli.machines import operate
from tests.support.record_samples import make_edit, make_known_write

LIMITED = CONTACTS + "limits: {max_changed_accounts: 1}\n"


def right(desk):
    desk.has(PAYMENTS, **RIGHT)


def typo(desk):
    desk.write(contacts=CONTACTS.replace("billing: finops}", "billing: finop}"))


def renamed(desk):
    desk.organization.rename_ou(desk.organization.find_ou("Sandbox"), "Sandboxes")


def tampered(desk):
    desk.organization.accounts[PAYMENTS].tags["scope"] = "pci"
    desk.has(PAYMENTS, **RIGHT | {"security": MALLORY})


def drifted(desk):
    for account in (HUB, SHOP, DIVESTED, PLAYGROUND):
        desk.has(account, **RIGHT)
    desk.has(PAYMENTS, **RIGHT | {"security": MALLORY})
    desk.write(contacts=CONTACTS.replace("On call for {account_name}", "On call for Payments"))


def fresh(desk):
    for name in ("organization", "contacts"):
        (desk.where / "config" / f"{name}.yaml").unlink()
    for account in (HUB, PAYMENTS):
        desk.has(account, **RIGHT)
    desk.has(SHOP, security=RIGHT["security"], operations=RIGHT["operations"])
    for account in (DIVESTED, PLAYGROUND):
        desk.has(account, security=MALLORY)


def member(desk):
    desk.caller = PAYMENTS


def bare(desk):
    desk.caller = MANAGEMENT
    desk.organization.trusted_access.clear()
    desk.organization.delegated_administrators.clear()


def untrusted(desk):
    desk.organization.trusted_access.discard(ACCOUNTS)


def operated(world):
    """All is right, and a sweep has found it so two hours ago. Any second changed account needs a person."""
    world.write(contacts=LIMITED)
    world.approve()
    operations = RIGHT["operations"]
    for account in world.organization.accounts.values():
        shown = (operations[0], f"On call for {account.name}", *operations[2:])
        world.has(account.id, **RIGHT | {"operations": shown})
    del world.organization.accounts[SHOP].contacts["BILLING"]
    operate(world)
    world.machines.hub.sweep("schedule")
    world.clock.sleep(7200)


def edited(world):
    operated(world)
    world.has(PAYMENTS, **RIGHT | {"security": MALLORY})


def held(world):
    """A roster with the wrong mailbox for everybody was deployed an hour ago: its plan waits."""
    operated(world)
    world.write(contacts=LIMITED.replace("aws-soc@", "aws-sco@"))
    world.machines.deploy()
    world.machines.hub.sweep("roster")
    world.clock.sleep(3600)


def previewed(world):
    """A roster with the wrong mailbox for everybody is in the directory, and not deployed."""
    operated(world)
    world.write(contacts=LIMITED.replace("aws-soc@", "aws-sco@"))


def unapproved(world):
    """All is right, and the first roster was deployed an hour ago."""
    operated(world)
    world.client("dynamodb", HUB).delete_item(
        TableName="state", Key={"pk": {"S": "approval"}, "sk": {"S": "approval"}}
    )
    world.machines.hub.sweep("roster")
    world.clock.sleep(3600)


def contested(world):
    """A script has changed a contact after each of three reverts, and now once more."""
    operated(world)
    state, clock = world.machines.hub.state, world.clock
    actor = f"arn:aws:sts::{PAYMENTS}:assumed-role/Deploy/pipeline"
    record = state.load(PAYMENTS, ContactKind.SECURITY)
    repeated = record.repeated
    for number in range(RepeatedEditLimits().reverts):
        repeated = count_revert(repeated, Revert(call=str(number), principal=actor, at=clock.now()))
        clock.sleep(60)
    repeated = count_change(
        repeated, principal=actor, message_id="m", now=clock.now(), limits=RepeatedEditLimits()
    )
    assert state.save(replace(record, repeated=repeated), at=clock.now())


def left(world):
    """An edit in an audited OU, four minutes ago, that was not restored, and one that was."""
    operated(world)
    now = world.clock.now()
    for account, number, principal, verdict in (
        (PLAYGROUND, 1, f"arn:aws:iam::{PLAYGROUND}:root", "would-set"),
        (PAYMENTS, 2, f"arn:aws:sts::{PAYMENTS}:assumed-role/Dev/mary", "set"),
    ):
        at = now - timedelta(minutes=4 * number)
        edit = make_edit(number, at=at, principal=principal, published=verdict, published_at=at)
        drift = KnownDrift(found="0" * 32, at=at) if verdict == "would-set" else None
        writes = () if drift else (make_known_write(at=at + timedelta(seconds=4)),)
        record = world.machines.hub.state.load(account, ContactKind.SECURITY)
        assert world.machines.hub.state.save(
            replace(record, edits=(edit,), writes=writes, drift=drift), at=now
        )


SCENES = {
    scene.__name__: scene
    for scene in (
        *(right, typo, renamed, tampered, drifted, fresh, member, bare, untrusted),
        *(operated, edited, held, previewed, contested, left),
    )
}
