"""What AWS Organizations and the Account API say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code, get_message
from rollcall.model.well_known import GUARDRAIL_NAME
from rollcall_cli.aws.caller import Position
from rollcall_cli.doctor.facts import MemberAccount, PolicyOn, Probe, Seen, Unseen
from rollcall_cli.doctor.survey.access import ANYBODY, Access
from rollcall_cli.setup.policies import root
from rollcall_cli.setup.trust import administrators, trusted
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_cli.aws.composition import Login


def organization(access: Access) -> Seen[Mapping[str, str]] | Unseen:
    """Ids and feature set; every member may ask."""
    return access.read(
        "the organization",
        ANYBODY,
        lambda login: login.client("organizations").describe_organization()["Organization"],
    )


def trusted_services(access: Access) -> Seen[frozenset[str]] | Unseen:
    """Services with trusted access."""
    return access.read(
        "trusted access", ANYBODY, lambda login: frozenset(trusted(login.client("organizations")))
    )


def administrators_of(access: Access, principal: str) -> Seen[tuple[str, ...]] | Unseen:
    """Delegated administrators of a service."""
    return access.read(
        "delegated administrators",
        ANYBODY,
        lambda login: tuple(administrators(login.client("organizations"), principal)),
    )


def root_of(access: Access) -> Seen[Mapping[str, Any]] | Unseen:
    """The root, with the policy types that are on."""
    return access.read("the root", ANYBODY, lambda login: root(login.client("organizations")))


def policies_on_hub(access: Access) -> Seen[Sequence[PolicyOn]] | Unseen:
    """Service control policies from the root down to the hub."""

    def look(login: Login) -> Sequence[PolicyOn]:
        client = login.client("organizations")
        return [found for level in _lineage(client, access.settings.hub) for found in _on(client, level)]

    return access.read("service control policies", ANYBODY, look)


def guardrail_targets(access: Access) -> Seen[Sequence[str] | None] | Unseen:
    """What the guardrail is attached to, None if there is no such policy."""

    def look(login: Login) -> Sequence[str] | None:
        client = login.client("organizations")
        for found in _all(client, "list_policies", "Policies", Filter=fixes.SCP):
            if found["Name"] == GUARDRAIL_NAME:
                targets = _all(client, "list_targets_for_policy", "Targets", PolicyId=found["Id"])
                return [target["TargetId"] for target in targets]
        return None

    return access.read("the guardrail", ANYBODY, look)


def probe(access: Access) -> Seen[Probe] | Unseen:
    """One read of the hub's own contact, by its account id: the cheapest call that needs everything."""

    def look(login: Login) -> Probe:
        try:
            login.client("account").get_alternate_contact(
                AccountId=access.settings.hub, AlternateContactType="SECURITY"
            )
        except ClientError as error:
            if get_code(error) == "ResourceNotFoundException":  # there is no contact: it may be read
                return Probe()
            return Probe(code=get_code(error), message=get_message(error))
        return Probe()

    return access.read("a contact", (Position.HUB,), look)


def members(access: Access) -> Seen[Sequence[MemberAccount]] | Unseen:
    """Every account but the management account, which StackSets never reach."""

    def look(login: Login) -> Sequence[MemberAccount]:
        found = _all(login.client("organizations"), "list_accounts", "Accounts")
        return [_member(account) for account in found if account["Id"] != access.settings.management]

    return access.read("accounts", ANYBODY, look)


def _member(found: Mapping[str, Any]) -> MemberAccount:
    path = (found.get("Paths") or [""])[0]
    return MemberAccount(
        id=found["Id"],
        active=(found.get("State") or found.get("Status")) == "ACTIVE",
        ids=tuple(part for part in path.split("/") if part and not part.startswith("o-")),
        joined=found.get("JoinedTimestamp"),
    )


def _lineage(client: Any, account: str) -> list[str]:
    ids = [account]
    while not ids[-1].startswith("r-"):
        # One parent, but any listing of AWS Organizations may begin with an empty page.
        ids.append(next(_all(client, "list_parents", "Parents", ChildId=ids[-1]))["Id"])
    return ids[::-1]


def _on(client: Any, level: str) -> Iterator[PolicyOn]:
    for found in _all(client, "list_policies_for_target", "Policies", TargetId=level, Filter=fixes.SCP):
        content = client.describe_policy(PolicyId=found["Id"])["Policy"]["Content"]
        yield PolicyOn(level=level, id=found["Id"], name=found["Name"], document=json.loads(content))


def _all(client: Any, operation: str, key: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page[key]
