"""Rules that send account events to the hub: in the hub, in the management account, in every member."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.decide.plan import ReadBy
from rollcall.model.well_known import MEMBER_ROLE_NAME, STACK_SET_NAME
from rollcall_cli.aws.composition import Position
from rollcall_cli.aws.hub import intake_bus_arn
from rollcall_cli.aws.patient import list_all
from rollcall_cli.doctor.facts import ForwarderInstance, ForwardingRule, MemberAccount, Seen, Unseen
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.doctor.reading import EITHER
from rollcall_cli.doctor.roles import fetch_role
from rollcall_cli.text import fixes
from rollcall_cli.text.formatting import format_list
from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.facts import DeployedHub, Facts
    from rollcall_cli.doctor.reading import FactReader

#: A new account gets its stack instance within minutes.
_GRACE: Final = timedelta(hours=1)
_SHOWN: Final = 10
_MANAGEMENT_SOURCES: Final = frozenset({"aws.account", "aws.organizations"})


def read_rules(reader: FactReader, position: Position) -> Seen[Sequence[ForwardingRule]] | Unseen:
    """Read the rules on the account's default bus that have the intake bus as a target."""
    arn = intake_bus_arn(reader.settings)

    def look(login: Login) -> Sequence[ForwardingRule]:
        return list_rules(login.client("events"), login.client("iam"), arn)

    return reader.read(f"the forwarder of the {position} account", (position,), look)


def list_rules(events: Any, iam: Any, arn: str) -> Sequence[ForwardingRule]:
    """Read the rules on an account's default bus that have the bus of this ARN as a target."""
    pages = events.get_paginator("list_rule_names_by_target").paginate(TargetArn=arn)
    return [_fetch_rule(events, iam, name, arn) for page in pages for name in page["RuleNames"]]


def read_members(reader: FactReader) -> Seen[Sequence[MemberAccount]] | Unseen:
    """Read every account but the management account, which StackSets never deploy to."""

    def look(login: Login) -> Sequence[MemberAccount]:
        found = list_all(login.client("organizations"), "list_accounts", "Accounts")
        return [_parse_member(account) for account in found if account["Id"] != reader.settings.management]

    return reader.read("accounts", EITHER, look)


def read_instances(reader: FactReader) -> Seen[Sequence[ForwarderInstance] | None] | Unseen:
    """Read the instances of the forwarders' StackSet, None if there is no such StackSet."""
    delegated = reader.settings.members_call_as == "DELEGATED_ADMIN"
    where = (Position.HUB, Position.MANAGEMENT) if delegated else (Position.MANAGEMENT,)

    def look(login: Login) -> Sequence[ForwarderInstance] | None:
        call_as = "DELEGATED_ADMIN" if login.position is Position.HUB else "SELF"
        pages = login.client("cloudformation").get_paginator("list_stack_instances")
        try:
            found = [
                item
                for page in pages.paginate(StackSetName=STACK_SET_NAME, CallAs=call_as)
                for item in page["Summaries"]
            ]
        except ClientError as error:
            if get_code(error) == "StackSetNotFoundException":
                return None
            raise
        return [
            ForwarderInstance(
                account=item["Account"],
                status=item["Status"],
                detail=item.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
                reason=item.get("StatusReason") or "",
            )
            for item in found
        ]

    return reader.read("stack instances", where, look)


def read_last_sweep(
    reader: FactReader, hub: Seen[DeployedHub | None] | Unseen
) -> Seen[Mapping[str, Any]] | Unseen:
    """Read the summary of the last sweep, empty before the first."""

    def look(login: Login, deployed: DeployedHub) -> Mapping[str, Any]:
        table = SweepTable(client=login.client("dynamodb"), table=deployed.outputs["StateTableName"])
        return table.find_last() or {}

    return reader.read_in_hub("the last sweep", hub, look)


def check_hub(facts: Facts) -> CheckFinding:
    """Check the rule of the hub, which is an account of the organization, too."""
    return _check_forwarder(facts, facts.hub_rules, frozenset({"aws.account"}), stack="RollcallHub")


def check_management(facts: Facts) -> CheckFinding:
    """Check the rule of the management account: only its bus has events of new and moved accounts."""
    return _check_forwarder(facts, facts.management_rules, _MANAGEMENT_SOURCES, stack="RollcallManagement")


def _check_forwarder(
    facts: Facts, found: Seen[Sequence[ForwardingRule]] | Unseen, sources: frozenset[str], *, stack: str
) -> CheckFinding:
    if isinstance(found, Unseen):
        return report_unknown(found)
    return check_rules(found.value, sources, bus=intake_bus_arn(facts.settings), restore=fixes.restore(stack))


def check_rules(
    found: Sequence[ForwardingRule], sources: frozenset[str], *, bus: str, restore: str
) -> CheckFinding:
    """Check that one of the rules sends events of these sources to the bus; `restore` is the fix."""
    rules = [rule for rule in found if sources <= rule.sources]
    if not rules:
        return report_failure(f"no rule sends {' and '.join(sorted(sources))} to {bus}", fix=restore)
    errors = [error for rule in rules if (error := _find_error(rule, bus, restore))]
    if len(errors) == len(rules):
        return errors[0]
    return report_pass(f"{', '.join(rule.name for rule in rules)} sends {', '.join(sorted(sources))}")


def _find_error(rule: ForwardingRule, bus: str, restore: str) -> CheckFinding | None:
    if not rule.enabled:
        return report_failure(
            f"the rule {rule.name} is disabled", fix=f"`aws events enable-rule --name {rule.name}`"
        )
    if not rule.role_arn:
        return report_failure(f"the target of the rule {rule.name} has no role", fix=restore)
    if rule.role is None:
        return report_failure(f"the role {rule.role_arn} of the rule {rule.name} does not exist", fix=restore)
    request = AccessRequest(action="events:PutEvents", resource=bus, context={})
    if decide(rule.role.policies, request).access in {Access.NOT_ALLOWED, Access.DENIED}:
        return report_failure(f"the role {rule.role_arn} cannot send to the intake bus", fix=restore)
    return None


def check_members(facts: Facts) -> CheckFinding:
    """Check that every active member below the targets has a current stack instance."""
    settings = facts.settings
    if settings.members_deploy != "stackset":
        return report_unknown(
            Unseen(
                reason="the forwarders in members are deployed with another tool (members.deploy: none)",
                fix="set members.deploy: stackset in organization.yaml, or check in a member: `aws events "
                f"list-rule-names-by-target --target-arn {intake_bus_arn(settings)}`",
                asked=False,
            )
        )
    if isinstance(facts.instances, Unseen):
        return report_unknown(facts.instances)
    if isinstance(facts.members, Unseen):
        return report_unknown(facts.members)
    if facts.instances.value is None:
        stack = "RollcallHub" if settings.members_call_as == "DELEGATED_ADMIN" else "RollcallManagement"
        return report_failure(f"there is no StackSet {STACK_SET_NAME}", fix=fixes.restore(stack))
    wanted = [account.id for account in facts.members.value if needs_forwarder(facts, account)]
    return _check_coverage(facts, wanted, {instance.account: instance for instance in facts.instances.value})


def needs_forwarder(facts: Facts, account: MemberAccount) -> bool:
    """Return whether this account must have had a forwarder for some time."""
    settings = facts.settings
    young = account.joined is not None and facts.now - account.joined < _GRACE
    below = not account.ids or any(target in account.ids for target in settings.members_targets)
    # The hub has its own forwarder, in its stack; an excluded account's instance is empty on purpose.
    left_out = account.id == settings.hub or account.id in settings.members_exclude
    return account.active and below and not young and not left_out


def check_suspects(facts: Facts) -> CheckFinding:
    """Check that events reported every change that the last sweep found."""
    if isinstance(facts.last_sweep, Unseen):
        return report_unknown(facts.last_sweep)
    suspects = ", ".join(facts.last_sweep.value.get("suspects", ()))
    if not suspects:
        return report_pass("the last sweep found no change without an event")
    rule = f"aws events list-rule-names-by-target --target-arn {intake_bus_arn(facts.settings)}"
    return report_failure(
        f"the last sweep found changes without an event, forwarder suspect: {suspects}",
        fix=f"in each account `{rule}`: is the rule enabled, does its role exist? Then `rollcall sweep`",
    )


def check_member_roles(facts: Facts) -> CheckFinding:
    """Check that the last sweep read members through their own roles, and none of these was lost."""
    if isinstance(facts.last_sweep, Unseen):
        return report_unknown(facts.last_sweep)
    last = facts.last_sweep.value
    if not last:
        return report_unknown(Unseen(reason="no sweep has ended yet", fix="`rollcall sweep`", asked=False))
    by_role, centrally = (last["read_by"][way] for way in (ReadBy.ROLE, ReadBy.CENTRAL))
    role = f"aws iam get-role --role-name {MEMBER_ROLE_NAME}"
    fix = f"`rollcall report --format json` names the cause by account; in the account: `{role}`"
    if lost := last["lost_roles"]:
        text = f"read centrally, although their role {MEMBER_ROLE_NAME} worked in the run before"
        return report_failure(f"{text}: {', '.join(lost)}", fix=fix)
    if not by_role:
        return report_failure("the last sweep read no account through its own role", fix=fix)
    return report_pass(
        f"the last sweep read {by_role} accounts through their own role, {centrally} centrally"
    )


def _check_coverage(
    facts: Facts, wanted: Sequence[str], there: Mapping[str, ForwarderInstance]
) -> CheckFinding:
    missing = [account for account in wanted if account not in there]
    if missing:
        return report_failure(
            f"accounts without a forwarder: {format_list(missing, most=_SHOWN)}",
            fix=f"`{_format_create(facts, missing)}`",
        )
    broken = [account for account in wanted if not _is_current(there[account])]
    if broken:
        return report_failure(
            "; ".join(_describe(there[account]) for account in broken[:_SHOWN]),
            fix=f"fix the cause, then `{_format_update(facts, broken)}`",
        )
    return report_pass(f"{len(wanted)} accounts have a current forwarder")


def _is_current(instance: ForwarderInstance) -> bool:
    return instance.status == "CURRENT" and instance.detail in {"", "SUCCEEDED"}


def _describe(instance: ForwarderInstance) -> str:
    state = "/".join(part for part in (instance.status, instance.detail) if part)
    return f"{instance.account} is {state}" + (f" ({instance.reason})" if instance.reason else "")


def _format_targets(facts: Facts, accounts: Sequence[str]) -> str:
    settings = facts.settings
    call_as = "DELEGATED_ADMIN" if settings.members_call_as == "DELEGATED_ADMIN" else "SELF"
    return (
        f"--stack-set-name {STACK_SET_NAME} --deployment-targets OrganizationalUnitIds="
        f"{','.join(settings.members_targets)},Accounts={','.join(accounts)},AccountFilterType=INTERSECTION "
        f"--regions {settings.region} --call-as {call_as}"
    )


def _format_create(facts: Facts, accounts: Sequence[str]) -> str:
    return f"aws cloudformation create-stack-instances {_format_targets(facts, accounts)}"


def _format_update(facts: Facts, accounts: Sequence[str]) -> str:
    return f"aws cloudformation update-stack-instances {_format_targets(facts, accounts)}"


def _fetch_rule(events: Any, iam: Any, name: str, arn: str) -> ForwardingRule:
    found = events.describe_rule(Name=name)
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    role_arn = next((str(item.get("RoleArn", "")) for item in targets if item["Arn"] == arn), "")
    return ForwardingRule(
        name=name,
        enabled=str(found.get("State")).startswith("ENABLED"),
        sources=frozenset(json.loads(found.get("EventPattern") or "{}").get("source", ())),
        role_arn=role_arn,
        role=fetch_role(iam, role_arn.rpartition("/")[2]) if role_arn else None,
    )


def _parse_member(found: Mapping[str, Any]) -> MemberAccount:
    path = (found.get("Paths") or [""])[0]
    return MemberAccount(
        id=found["Id"],
        active=(found.get("State") or found.get("Status")) == "ACTIVE",
        ids=tuple(part for part in path.split("/") if part and not part.startswith("o-")),
        joined=found.get("JoinedTimestamp"),
    )
