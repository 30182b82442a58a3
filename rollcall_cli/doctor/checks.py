"""All checks: the facts that they need, and the order in which one leads to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.roster import Roster
from rollcall.model.well_known import MANAGEMENT_ROLE_NAME, RECONCILE_ROLE_NAME
from rollcall.sweep.approvals import is_enforcing
from rollcall_cli.aws.composition import Position
from rollcall_cli.doctor import (
    alerts,
    delegation,
    forwarders,
    hub,
    organization,
    roles,
    service_control_policies,
    trail,
)
from rollcall_cli.doctor.facts import Facts
from rollcall_cli.doctor.model import Check
from rollcall_cli.text import fixes
from rollcall_config.roster_compile import list_absent_kinds, list_managed_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rollcall_cli.doctor.model import CheckFinding
    from rollcall_cli.doctor.reading import FactReader
    from rollcall_config.configuration import Configuration
    from rollcall_config.settings import Settings

#: Reads of AWS Organizations fail in the hub if it is no delegated administrator, or denied by a policy.
_READERS = ("delegation", "service-control-policies")
_HUB = ("hub-stack",)


def read_facts(reader: FactReader, configuration: Configuration, *, now: datetime) -> Facts:
    """Read everything that the checks judge; CommandError if the credentials are invalid."""
    roster = Roster.from_document(configuration.roster)
    stack = hub.read_stack(reader)
    return Facts(
        settings=configuration.settings,
        candidate=roster.digest,
        enforces=is_enforcing(roster),
        kinds=_list_managed_kinds(roster),
        sets=list_managed_kinds(configuration.roster),
        deletes=list_absent_kinds(configuration.roster),
        now=now,
        credentials={str(position): login.identity.partition for position, login in reader.logins.items()},
        organization=organization.read_organization(reader),
        trusted=delegation.read_trusted_services(reader),
        administrators=delegation.read_administrators(reader, fixes.ACCOUNTS),
        stack_set_administrators=delegation.read_administrators(reader, fixes.STACK_SETS),
        root=service_control_policies.read_root(reader),
        policies=service_control_policies.read_policies(reader),
        hub_levels=service_control_policies.read_hub_levels(reader),
        probe=delegation.read_probe(reader),
        trails=trail.read_trails(reader),
        hub=stack,
        bus_policy=hub.read_bus_policy(reader),
        hub_rules=forwarders.read_rules(reader, Position.HUB),
        management_rules=forwarders.read_rules(reader, Position.MANAGEMENT),
        members=forwarders.read_members(reader),
        instances=forwarders.read_instances(reader),
        reconcile_role=roles.read_role(reader, Position.HUB, RECONCILE_ROLE_NAME),
        management_role=roles.read_role(reader, Position.MANAGEMENT, MANAGEMENT_ROLE_NAME),
        control=hub.read_control(reader, stack),
        last_sweep=forwarders.read_last_sweep(reader, stack),
        alarms=alerts.read_alarms(reader, stack),
        subscriptions=alerts.read_subscriptions(reader, stack),
        dead_letters=alerts.read_dead_letters(reader, stack),
        concurrency=hub.read_concurrency(reader),
    )


def list_checks(settings: Settings) -> Sequence[Check]:
    """Return the checks that matter with these settings."""
    organizational = [*_list_always(), *_list_stack_sets(settings), *_list_guardrail(settings)]
    return [*organizational, *_list_deployed(settings), *_list_operating()]


def _list_managed_kinds(roster: Roster) -> tuple[str, ...]:
    kinds = set(roster.defaults).union(*(override.kinds for override in roster.overrides))
    return tuple(sorted(map(str, kinds)))


def _list_always() -> Sequence[Check]:
    identity, trusted = ("organization", "features"), "trusted-access"
    administers, policies = "delegation", "service-control-policies"
    return [
        _check("region", "Region", organization.check_region),
        _check("organization", "Organization", organization.check_identity, ("region",)),
        _check("features", "All features", organization.check_features, ("organization",)),
        _check(trusted, "Trusted access for contacts", delegation.check_trusted_access, identity),
        _check(administers, "Hub administers contacts", delegation.check_delegation, (*identity, trusted)),
        _check(policies, "Service control policies", service_control_policies.check_policies, identity[:1]),
        _check(
            "probe",
            "Hub reads a contact",
            delegation.check_probe,
            (*identity, trusted, administers, policies),
        ),
        _check("trail", "Trail with write events", trail.check_trail),
    ]


def _list_stack_sets(settings: Settings) -> Sequence[Check]:
    if settings.members_deploy != "stackset":
        return []
    needs, access = ("organization", "features"), "stacksets-access"
    checks = [_check(access, "StackSets' access", delegation.check_stack_sets_access, needs)]
    if settings.members_call_as == "DELEGATED_ADMIN":
        judge = delegation.check_stack_sets_delegation
        checks.append(_check("stacksets-delegation", "Hub administers StackSets", judge, (*needs, access)))
    return checks


def _list_guardrail(settings: Settings) -> Sequence[Check]:
    if settings.guardrail is None:
        return []
    policies, needs = service_control_policies, ("organization", "features")
    return [
        _check("policy-type", "Service control policies on", policies.check_policy_type, needs),
        _check("guardrail", "Guardrail", policies.check_guardrail, (*needs, "policy-type")),
    ]


def _list_deployed(settings: Settings) -> Sequence[Check]:
    members = ("stacksets-access", "stacksets-delegation", *_HUB)
    policies = service_control_policies
    found = [
        _check("hub-stack", "Hub deployed", hub.check_stack),
        _check("concurrency", "Lambda concurrency", hub.check_concurrency),
        _check("intake-bus", "Intake bus", hub.check_intake_bus, ("organization", *_HUB)),
        _check("forwarder-hub", "Forwarder in the hub", forwarders.check_hub, _HUB),
        _check("forwarder-management", "Forwarder in management", forwarders.check_management),
        _check("forwarder-members", "Forwarders in members", forwarders.check_members, members),
        _check(
            "forwarder-policies", "Policies on forwarders", policies.check_member_policies, ("organization",)
        ),
        _check("forwarder-suspects", "Events of members", forwarders.check_suspects, _HUB),
        _check("reconcile-role", "Role of the hub", roles.check_reconcile_role, ("organization", *_HUB)),
    ]
    if settings.members_reader:
        found.append(_check("member-roles", "Roles in members", forwarders.check_member_roles, _HUB))
    if settings.management_role:
        judge = roles.check_management_role
        found.append(_check("management-role", "Role in management", judge, ("organization",)))
    return found


def _list_operating() -> Sequence[Check]:
    return [
        _check("roster", "Approved roster", hub.check_roster, _HUB),
        _check("topic", "Alert topic", alerts.check_topic, _HUB),
        _check("dead-letters", "Dead-letter queues", alerts.check_dead_letters, _HUB),
        _check("alarms", "Alarms", alerts.check_alarms, (*_HUB, "dead-letters")),
    ]


def _check(
    name: str, title: str, judge: Callable[[Facts], CheckFinding], needs: tuple[str, ...] = ()
) -> Check:
    return Check(name=name, title=title, run=judge, needs=needs, seen_by=_READERS)
