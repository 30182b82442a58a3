"""All of it, one read after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.roster import Roster
from rollcall.model.well_known import MANAGEMENT_ROLE_NAME, RECONCILE_ROLE_NAME
from rollcall.sweep.approvals import is_enforcing
from rollcall_cli.aws.caller import Position
from rollcall_cli.doctor.facts import Facts
from rollcall_cli.doctor.survey import forwarding, hub, organization, trails
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall_cli.doctor.survey.access import Access
    from rollcall_config.configuration import Configuration


def survey(access: Access, configuration: Configuration, *, now: datetime) -> Facts:
    """Read what the checks look at; CommandError if the credentials are no good."""
    roster = Roster.from_document(configuration.roster)
    stack = hub.stack(access)
    return Facts(
        settings=configuration.settings,
        candidate=roster.digest,
        enforces=is_enforcing(roster),
        kinds=_managed(roster),
        now=now,
        credentials={str(position): login.identity.partition for position, login in access.logins.items()},
        organization=organization.organization(access),
        trusted=organization.trusted_services(access),
        administrators=organization.administrators_of(access, fixes.ACCOUNTS),
        stack_set_administrators=organization.administrators_of(access, fixes.STACK_SETS),
        root=organization.root_of(access),
        policies=organization.policies_on_hub(access),
        guardrail=organization.guardrail_targets(access),
        probe=organization.probe(access),
        trails=trails.trails(access),
        hub=stack,
        bus_policy=hub.bus_policy(access),
        hub_rules=forwarding.rules(access, Position.HUB),
        management_rules=forwarding.rules(access, Position.MANAGEMENT),
        members=organization.members(access),
        instances=hub.instances(access),
        reconcile_role=forwarding.role(access, Position.HUB, RECONCILE_ROLE_NAME),
        management_role=forwarding.role(access, Position.MANAGEMENT, MANAGEMENT_ROLE_NAME),
        control=hub.control(access, stack),
        alarms=hub.alarms(access, stack),
        subscriptions=hub.subscriptions(access, stack),
        dead_letters=hub.dead_letters(access, stack),
    )


def _managed(roster: Roster) -> tuple[str, ...]:
    kinds = set(roster.defaults).union(*(override.kinds for override in roster.overrides))
    return tuple(sorted(map(str, kinds)))
