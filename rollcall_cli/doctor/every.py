"""All checks for these settings, in the order in which one leads to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall_cli.doctor import alerts, delegation, forwarders, hub, organization, roles, roster, scps
from rollcall_cli.doctor.model import Check
from rollcall_cli.doctor.trail import trail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollcall_cli.doctor.facts import Facts
    from rollcall_cli.doctor.model import Finding
    from rollcall_config.settings import Settings

#: Reads of AWS Organizations fail in the hub if it is no delegated administrator, or denied by a policy.
_READERS = ("delegation", "service-control-policies")
_HUB = ("hub-stack",)


def checks_for(settings: Settings) -> Sequence[Check]:
    """Those that matter with these settings."""
    checks = [*_always_first(), *_stack_sets(settings), *_guardrail(settings), *_deployed(settings)]
    return [*checks, *_operating()]


def _always_first() -> Sequence[Check]:
    access, delegated, scp = "trusted-access", "delegation", "service-control-policies"
    return [
        _check("region", "Region", organization.region),
        _check("organization", "Organization", organization.identity, ("region",)),
        _check("features", "All features", organization.features, ("organization",)),
        _check(
            access, "Trusted access for contacts", delegation.trusted_access, ("organization", "features")
        ),
        _check(
            delegated,
            "Hub administers contacts",
            delegation.delegation,
            ("organization", "features", access),
        ),
        _check(scp, "Service control policies", scps.service_control_policies, ("organization",)),
        _check(
            "probe",
            "Hub reads a contact",
            delegation.probe,
            ("organization", "features", access, delegated, scp),
        ),
        _check("trail", "Trail with write events", trail),
    ]


def _stack_sets(settings: Settings) -> Sequence[Check]:
    if settings.members_deploy != "stackset":
        return []
    access = _check(
        "stacksets-access", "StackSets' access", delegation.stack_sets_access, ("organization", "features")
    )
    if settings.members_call_as != "DELEGATED_ADMIN":
        return [access]
    needs = ("organization", "features", "stacksets-access")
    return [
        access,
        _check("stacksets-delegation", "Hub administers StackSets", delegation.stack_sets_delegation, needs),
    ]


def _guardrail(settings: Settings) -> Sequence[Check]:
    if settings.guardrail is None:
        return []
    return [
        _check("policy-type", "Service control policies on", scps.policy_type, ("organization", "features")),
        _check("guardrail", "Guardrail", scps.guardrail, ("organization", "features", "policy-type")),
    ]


def _deployed(settings: Settings) -> Sequence[Check]:
    members = ("stacksets-access", "stacksets-delegation", *_HUB)
    found = [
        _check("hub-stack", "Hub deployed", hub.stack),
        _check("intake-bus", "Intake bus", hub.intake_bus, ("organization", *_HUB)),
        _check("forwarder-hub", "Forwarder in the hub", forwarders.in_hub, _HUB),
        _check("forwarder-management", "Forwarder in management", forwarders.in_management),
        _check("forwarder-members", "Forwarders in members", forwarders.in_members, members),
        _check("reconcile-role", "Role of the hub", roles.reconcile, ("organization", *_HUB)),
    ]
    if settings.management_role:
        found.append(_check("management-role", "Role in management", roles.management, ("organization",)))
    return found


def _operating() -> Sequence[Check]:
    return [
        _check("roster", "Approved roster", roster.roster, _HUB),
        _check("topic", "Alert topic", alerts.topic, _HUB),
        _check("dead-letters", "Dead-letter queues", alerts.dead_letters, _HUB),
        _check("alarms", "Alarms", alerts.alarms, (*_HUB, "dead-letters")),
    ]


def _check(name: str, title: str, run: Callable[[Facts], Finding], needs: tuple[str, ...] = ()) -> Check:
    return Check(name=name, title=title, run=run, needs=needs, seen_by=_READERS)
