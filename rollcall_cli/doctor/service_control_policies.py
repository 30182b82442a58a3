"""Service control policies: those that can stop the hub, and the guardrail that must stop members."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.model.contact import ContactKind
from rollcall.model.well_known import GUARDRAIL_NAME, HUB_STACK_NAME, RECONCILE_ROLE_NAME
from rollcall_cli.aws.patient import list_all
from rollcall_cli.doctor.facts import AttachedPolicy, Seen, Unseen
from rollcall_cli.doctor.forwarders import needs_forwarder
from rollcall_cli.doctor.hub_roles import list_hub_requests, make_forwarder_request
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.doctor.obstacles import Obstacle, count_attached, find_obstacles
from rollcall_cli.doctor.reading import EITHER
from rollcall_cli.setup.trust import find_root, has_policies_enabled
from rollcall_cli.text import fixes
from rollcall_cli.text.formatting import format_list
from rollcall_config.guardrail import STACK_SET_NAMES, make_guardrail_document
from rollcall_policies import as_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.facts import Facts, MemberAccount
    from rollcall_cli.doctor.reading import FactReader

_FULL_ACCESS = "p-FullAWSAccess"
#: Roles or accounts that one finding names.
_SHOWN = 3
#: Patterns of the names of all roles of the hub.
_HUB_ROLES = ("rollcall-*", f"{HUB_STACK_NAME}-*")


def read_root(reader: FactReader) -> Seen[Mapping[str, Any]] | Unseen:
    """Read the root of the organization, with the policy types that are on."""
    return reader.read("the root", EITHER, lambda login: find_root(login.client("organizations")))


def read_policies(reader: FactReader) -> Seen[Sequence[AttachedPolicy]] | Unseen:
    """Read every service control policy, and what it is attached to."""

    def look(login: Login) -> Sequence[AttachedPolicy]:
        client = login.client("organizations")
        found = list_all(client, "list_policies", "Policies", Filter=fixes.SCP)
        return [_read_policy(client, policy["Id"], policy["Name"]) for policy in found]

    return reader.read("service control policies", EITHER, look)


def read_hub_levels(reader: FactReader) -> Seen[tuple[str, ...]] | Unseen:
    """Read the IDs from the root down to the hub, both included."""

    def look(login: Login) -> tuple[str, ...]:
        client, ids = login.client("organizations"), [reader.settings.hub]
        while not ids[-1].startswith("r-"):
            # One parent, but any listing of AWS Organizations can begin with an empty page.
            ids.append(next(list_all(client, "list_parents", "Parents", ChildId=ids[-1]))["Id"])
        return tuple(reversed(ids))

    return reader.read("the OUs of the hub", EITHER, look)


def check_policies(facts: Facts) -> CheckFinding:
    """Check that no policy from the root to the hub denies an action to one of its roles."""
    if isinstance(facts.policies, Unseen):
        return _explain(facts.policies, facts)
    if isinstance(facts.hub_levels, Unseen):
        return _explain(facts.hub_levels, facts)
    policies, levels = facts.policies.value, facts.hub_levels.value
    requests = list(list_hub_requests(facts, levels))
    found = find_obstacles(policies, levels, requests)
    if found:
        roles = " and ".join(f"{_role_arn(facts, facts.settings.hub, name)}" for name in _HUB_ROLES)
        return _report_obstacles(facts, found, "a role of the hub", exempt=roles)
    actions = len({request.action for _, request in requests})
    return report_pass(
        f"{count_attached(policies, levels)} between the root and the hub, none denies any of the {actions} "
        "actions of its roles"
    )


def check_member_policies(facts: Facts) -> CheckFinding:
    """Check that no policy denies a member's forwarder to send events to the hub."""
    if isinstance(facts.policies, Unseen):
        return report_unknown(facts.policies)
    if isinstance(facts.members, Unseen):
        return report_unknown(facts.members)
    found: dict[Obstacle, dict[str, list[str]]] = {}
    members = [account for account in facts.members.value if needs_forwarder(facts, account)]
    for alike in _group_members(facts.policies.value, members):
        request = (alike[0].id, make_forwarder_request(facts.settings, alike[0]))
        for obstacle, actions in find_obstacles(facts.policies.value, alike[0].ids, [request]).items():
            for action in actions:
                accounts = found.setdefault(obstacle, {}).setdefault(action, [])
                accounts += [account.id for account in alike]
    if found:
        roles = _role_arn(facts, "*", f"{STACK_SET_NAMES}*")
        return _report_obstacles(facts, found, "the forwarder of a member", exempt=roles)
    if placeless := [account.id for account in members if not account.ids]:
        seen = f"AWS Organizations does not show the OUs of {format_list(placeless, most=_SHOWN)}"
        return report_unknown(Unseen(reason=seen, fix="update boto3: `pip install --upgrade boto3`"))
    return report_pass(f"{len(members)} members, no policy denies their forwarders events:PutEvents")


def _group_members(
    policies: Sequence[AttachedPolicy], members: Sequence[MemberAccount]
) -> Iterator[Sequence[MemberAccount]]:
    """Yield members to which the policies say the same: one OU, none of their own, named by no policy."""
    text = json.dumps([policy.document for policy in policies])
    own = {target for policy in policies if policy.id != _FULL_ACCESS for target in policy.targets}
    full = next((policy.targets for policy in policies if policy.id == _FULL_ACCESS), frozenset())
    groups: dict[tuple[str, ...], list[MemberAccount]] = {}
    for account in members:
        alone = account.id in own or account.id not in full or account.id in text
        groups.setdefault(account.ids if alone else account.ids[:-1], []).append(account)
    yield from groups.values()


def _explain(fact: Unseen, facts: Facts) -> CheckFinding:
    if facts.denied_by_service_control_policy:
        return report_failure(
            "a service control policy denies these credentials a read in the hub",
            fix=f"exempt the role {RECONCILE_ROLE_NAME} in it; with credentials of the management "
            "account this command names the policy",
        )
    return report_unknown(fact)


def check_policy_type(facts: Facts) -> CheckFinding:
    """Check that service control policies are on: without them the guardrail has no effect."""
    if isinstance(facts.root, Unseen):
        return report_unknown(facts.root)
    found = dict(facts.root.value)
    if has_policies_enabled(found):
        return report_pass("service control policies are on")
    return report_failure(
        "service control policies are off",
        fix=f"in the management account run `rollcall setup` or `{fixes.enable_policies(found['Id'])}`",
    )


def check_guardrail(facts: Facts) -> CheckFinding:
    """Check that the guardrail is attached to every target of the settings, with the template's content."""
    if isinstance(facts.policies, Unseen):
        return report_unknown(facts.policies)
    wanted = tuple(facts.settings.guardrail.targets) if facts.settings.guardrail else ()
    found = next((policy for policy in facts.policies.value if policy.name == GUARDRAIL_NAME), None)
    restore = fixes.restore("RollcallManagement")
    if found is None:
        return report_failure(f"there is no policy {GUARDRAIL_NAME}", fix=restore)
    missing = [target for target in wanted if target not in found.targets]
    if missing:
        return report_failure(f"it is not attached to {', '.join(missing)}", fix=restore)
    template = make_guardrail_document(facts.settings, primary=ContactKind.PRIMARY in facts.kinds)
    if _normalize(found.document) != _normalize(template):
        return report_failure("its content is not that of the template", fix=restore)
    return report_pass(f"attached to {', '.join(wanted)}")


def _normalize(value: Any) -> Any:
    """A policy without what means nothing: the order of its lists, and brackets around one value."""
    if isinstance(value, dict):
        return {key: _normalize(one) for key, one in value.items() if key != "Sid"}
    return sorted((_normalize(one) if isinstance(one, dict) else one for one in as_list(value)), key=str)


def _report_obstacles(
    facts: Facts, found: Mapping[Obstacle, Mapping[str, list[str]]], whom: str, *, exempt: str
) -> CheckFinding:
    """Say which statements deny which actions; what cannot be evaluated only if nothing is denied."""
    certain = {one: actions for one, actions in found.items() if not one.reason}
    seen, ways = [], []
    for obstacle, actions in (certain or found).items():
        subjects = format_list((name for names in actions.values() for name in names), most=_SHOWN)
        listed = f"{', '.join(sorted(actions))} ({subjects})"
        policy = obstacle.policy
        if policy is None:
            seen.append(f"{obstacle.place} allows {whom} {listed}")
            ways.append(
                f"allow this in one of them, or `aws organizations attach-policy --policy-id p-FullAWSAccess "
                f"--target-id {obstacle.level}`"
            )
        elif obstacle.reason:
            seen.append(
                f"{obstacle.place} may deny {whom} {listed}: {obstacle.reason} cannot be evaluated here"
            )
            ways.append(f"read it: `aws organizations describe-policy --policy-id {policy.id}`")
        else:
            region = f"add {facts.settings.region} to its Regions, " if obstacle.regional else ""
            seen.append(f"{obstacle.place} denies {whom} {listed}")
            ways.append(
                f"{region}exempt {exempt} in it (ArnNotLike on aws:PrincipalArn), or `aws organizations "
                f"detach-policy --policy-id {policy.id} --target-id {obstacle.level}`"
            )
    text, fix = "; ".join(seen), "; ".join(dict.fromkeys(ways))
    return report_failure(text, fix=fix) if certain else report_unknown(Unseen(reason=text, fix=fix))


def _role_arn(facts: Facts, account: str, name: str) -> str:
    return f"arn:{facts.settings.partition}:iam::{account}:role/{name}"


def _read_policy(client: Any, policy_id: str, name: str) -> AttachedPolicy:
    content = client.describe_policy(PolicyId=policy_id)["Policy"]["Content"]
    targets = list_all(client, "list_targets_for_policy", "Targets", PolicyId=policy_id)
    return AttachedPolicy(
        id=policy_id,
        name=name,
        document=json.loads(content),
        targets=frozenset(target["TargetId"] for target in targets),
    )
