"""Rules that send account events to the hub: in the hub, in management, in every member."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.model.well_known import STACK_SET_NAME
from rollcall_cli.aws.arns import intake_bus_arn
from rollcall_cli.doctor.facts import Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown
from rollcall_cli.text import fixes
from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall_cli.doctor.facts import Facts, ForwardingRule, Instance, MemberAccount, Seen

#: A new account gets its instance minutes after it joined.
_SETTLING: Final = timedelta(hours=1)
_SHOWN: Final = 10
_MANAGEMENT_SOURCES: Final = frozenset({"aws.account", "aws.organizations"})


def in_hub(facts: Facts) -> Finding:
    """The hub is an account of the organization, too."""
    return _forwarder(facts, facts.hub_rules, frozenset({"aws.account"}), stack="RollcallHub")


def in_management(facts: Facts) -> Finding:
    """New and moved accounts show up on the management account's bus only."""
    return _forwarder(facts, facts.management_rules, _MANAGEMENT_SOURCES, stack="RollcallManagement")


def _forwarder(
    facts: Facts, found: Seen[Sequence[ForwardingRule]] | Unseen, sources: frozenset[str], *, stack: str
) -> Finding:
    if isinstance(found, Unseen):
        return unknown(found)
    deploy = f"`{fixes.deploy(stack)}`"
    rules = [rule for rule in found.value if sources <= rule.sources]
    if not rules:
        words = " and ".join(sorted(sources))
        return failed(f"no rule sends {words} to {intake_bus_arn(facts.settings)}", fix=deploy)
    faults = [fault for rule in rules if (fault := _fault(facts, rule, deploy))]
    if len(faults) == len(rules):
        return faults[0]
    return passed(f"{', '.join(rule.name for rule in rules)} sends {', '.join(sorted(sources))}")


def _fault(facts: Facts, rule: ForwardingRule, deploy: str) -> Finding | None:
    if not rule.enabled:
        return failed(f"the rule {rule.name} is disabled", fix=f"`aws events enable-rule --name {rule.name}`")
    if not rule.role_arn:
        return failed(f"the target of the rule {rule.name} has no role", fix=deploy)
    if rule.role is None:
        return failed(f"the role {rule.role_arn} of the rule {rule.name} does not exist", fix=deploy)
    request = AccessRequest(action="events:PutEvents", resource=intake_bus_arn(facts.settings), context={})
    if decide(rule.role.policies, request).access in {Access.NOT_ALLOWED, Access.DENIED}:
        return failed(f"the role {rule.role_arn} may not send to the intake bus", fix=deploy)
    return None


def in_members(facts: Facts) -> Finding:
    """Every active member below the targets has a current stack instance."""
    settings = facts.settings
    if settings.members_deploy != "stackset":
        return unknown(
            Unseen(
                why="the forwarders in members are deployed by other means (members.deploy: none)",
                fix="members.deploy: stackset in organization.yaml, or look in a member: `aws events "
                f"list-rule-names-by-target --target-arn {intake_bus_arn(settings)}`",
                asked=False,
            )
        )
    if isinstance(facts.instances, Unseen):
        return unknown(facts.instances)
    if isinstance(facts.members, Unseen):
        return unknown(facts.members)
    if facts.instances.value is None:
        stack = "RollcallHub" if settings.members_call_as == "DELEGATED_ADMIN" else "RollcallManagement"
        return failed(f"there is no StackSet {STACK_SET_NAME}", fix=f"`{fixes.deploy(stack)}`")
    wanted = [account.id for account in facts.members.value if _is_wanted(facts, account)]
    return _covered(facts, wanted, {instance.account: instance for instance in facts.instances.value})


def _covered(facts: Facts, wanted: Sequence[str], there: Mapping[str, Instance]) -> Finding:
    missing = [account for account in wanted if account not in there]
    if missing:
        return failed(f"accounts without a forwarder: {_listed(missing)}", fix=f"`{_create(facts, missing)}`")
    broken = [account for account in wanted if not _works(there[account])]
    if broken:
        return failed(
            "; ".join(_words(there[account]) for account in broken[:_SHOWN]),
            fix=f"mend the reason, then `{_update(facts, broken)}`",
        )
    return passed(f"{len(wanted)} accounts have a current forwarder")


def _is_wanted(facts: Facts, account: MemberAccount) -> bool:
    settings = facts.settings
    young = account.joined is not None and facts.now - account.joined < _SETTLING
    below = not account.ids or any(target in account.ids for target in settings.members_targets)
    # The hub has its own forwarder, in its stack; an excluded account's instance is empty on purpose.
    left_out = account.id == settings.hub or account.id in settings.members_exclude
    return account.active and below and not young and not left_out


def _works(instance: Instance) -> bool:
    return instance.status == "CURRENT" and instance.detail in {"", "SUCCEEDED"}


def _words(instance: Instance) -> str:
    state = "/".join(part for part in (instance.status, instance.detail) if part)
    return f"{instance.account} is {state}" + (f" ({instance.reason})" if instance.reason else "")


def _listed(ids: Sequence[str]) -> str:
    more = len(ids) - _SHOWN
    return ", ".join(ids[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _targets(facts: Facts, accounts: Sequence[str]) -> str:
    settings = facts.settings
    call_as = "DELEGATED_ADMIN" if settings.members_call_as == "DELEGATED_ADMIN" else "SELF"
    return (
        f"--stack-set-name {STACK_SET_NAME} --deployment-targets OrganizationalUnitIds="
        f"{','.join(settings.members_targets)},Accounts={','.join(accounts)},AccountFilterType=INTERSECTION "
        f"--regions {settings.region} --call-as {call_as}"
    )


def _create(facts: Facts, accounts: Sequence[str]) -> str:
    return f"aws cloudformation create-stack-instances {_targets(facts, accounts)}"


def _update(facts: Facts, accounts: Sequence[str]) -> str:
    return f"aws cloudformation update-stack-instances {_targets(facts, accounts)}"
