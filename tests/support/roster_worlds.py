"""What several tests of one subject share: whole roster."""

from __future__ import annotations

from tests.support.primary import edit_primary
from tests.support.world import MALLORY, MEMBER, ROSTER


def with_overrides(*overrides, **more):
    filled = [{"kinds": {}, "mode": None} | override for override in overrides]
    return ROSTER | {"overrides": filled} | more


SANDBOX = with_overrides({"ou": "Sandbox", "kinds": {"SECURITY": "pci-soc"}})


PLAYGROUND = "666677778888"


def tamper(world, account_id=MEMBER, kind="SECURITY", session="mary"):
    if kind == "PRIMARY":
        edit_primary(world, account_id, session, City="Badville")
        return
    world.member(account_id, session).put_alternate_contact(AlternateContactType=kind, **MALLORY)


def severities(world):
    return [alert.attributes["severity"] for alert in world.alerts]


def new_account(world):
    world.admin("organizations").create_account(AccountName="New", Email="new@example.com")
    (account_id,) = [key for key, account in world.organization.accounts.items() if account.name == "New"]
    return account_id


def organizations_event(name, **parameters):
    return {
        "detail": {
            "eventSource": "organizations.amazonaws.com",
            "eventName": name,
            "eventID": f"e-{name}",
            "eventTime": "2026-10-05T09:00:00Z",
            "recipientAccountId": "111111111111",
            "requestParameters": parameters,
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/eve"},
        }
    }
