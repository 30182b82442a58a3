"""Every action of every role of the hub, and of the forwarders' roles, as requests that policies judge.

`hub_actions.json` has the rows of the synthesized template: tests/stacks/test_hub_actions.py writes and
compares them.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from rollcall.model.contact import ContactKind
from rollcall.model.well_known import (
    HUB_STACK_NAME,
    OPERATOR_ROLE_NAME,
    READER_ROLE_NAME,
    REDRIVE_ROLE_NAME,
)
from rollcall_cli.aws.hub import intake_bus_arn
from rollcall_config.guardrail import STACK_SET_NAMES
from rollcall_policies import AccessRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from rollcall_cli.doctor.facts import Facts, MemberAccount
    from rollcall_config.settings import Settings

#: What a row of the table may need of the settings, as it says under `with`; and of the roster.
CONDITIONS: Final[Mapping[str, Callable[[Settings], bool]]] = {
    "chat": lambda settings: settings.channels.chat is not None,
    "guardrail": lambda settings: settings.guardrail is not None,
    "management_role": lambda settings: settings.management_role,
    "members_reader": lambda settings: settings.members_reader,
    "private_link": lambda settings: settings.private_link is not None,
    "slack": lambda settings: settings.channels.slack is not None,
    "teams": lambda settings: settings.channels.teams is not None,
}
ABSENT_KINDS, PRIMARY = "absent kinds", "primary"


#: Keys that no request of these roles has: of root users, of instances, and of encryption for each object.
_ABSENT: Final = (
    "aws:AssumedRoot",
    "ec2:RoleDelivery",
    "ec2:SourceInstanceARN",
    "s3:x-amz-server-side-encryption",
)
_KIND: Final = "account:AlternateContactTypes"
_NETWORK: Final = ("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp")
_PEOPLE: Final = frozenset({OPERATOR_ROLE_NAME, READER_ROLE_NAME, REDRIVE_ROLE_NAME})


def list_rows(settings: Settings, *, kinds: Container[str], deletes: bool) -> list[dict[str, Any]]:
    """Return the rows of the table that these settings need: actions, resource and roles of each.

    `kinds` are those that the roster manages, `deletes` is whether it deletes contacts. A role without
    a name has its logical ID.
    """
    text = files("rollcall_cli.doctor").joinpath("hub_actions.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    given = {name for name, is_met in CONDITIONS.items() if is_met(settings)}
    given |= {ABSENT_KINDS} if deletes else set()
    given |= {PRIMARY} if ContactKind.PRIMARY in kinds else set()
    return [row for row in rows if given.issuperset(row.get("with", ()))]


def list_hub_requests(facts: Facts, levels: Sequence[str]) -> Iterator[tuple[str, AccessRequest]]:
    """Yield the name of the role and the request, for each action of each role of the hub."""
    settings = facts.settings
    names = facts.deployed.roles if facts.deployed else {}
    places = {
        "partition": settings.partition,
        "region": settings.region,
        "hub": settings.hub,
        "management": settings.management,
        "organization": settings.organization,
    }
    for row in list_rows(settings, kinds=facts.kinds, deletes=bool(facts.deletes)):
        resource = row["resource"].format_map(places)
        for role in row["roles"]:
            # A name that has yet to be made looks like the ones that CloudFormation makes.
            name = names.get(role) or (role if role.islower() else f"{HUB_STACK_NAME}-{role}-x")
            context = _build_context(settings, settings.hub, name, levels)
            for action in row["actions"]:
                for named in _list_named_kinds(facts, action):
                    request = AccessRequest(
                        action=action, resource=resource, context={**context, **named}, complete=False
                    )
                    yield name, request


def make_forwarder_request(settings: Settings, account: MemberAccount) -> AccessRequest:
    """Return the request with which the rule of a member sends an event to the hub."""
    context = _build_context(settings, account.id, f"{STACK_SET_NAMES}-ForwarderRole-x", account.ids)
    return AccessRequest(
        action="events:PutEvents", resource=intake_bus_arn(settings), context=context, complete=False
    )


def _list_named_kinds(facts: Facts, action: str) -> Sequence[Mapping[str, Sequence[str]]]:
    """Return the context of each request: one for an alternate contact names its kind."""
    if not action.endswith("AlternateContact"):
        return [{}]
    operation = action.removeprefix("account:").removesuffix("AlternateContact")
    return [{_KIND: [kind]} for kind in facts.list_kinds(operation) if kind != ContactKind.PRIMARY]


def _build_context(
    settings: Settings, account: str, role: str, levels: Sequence[str]
) -> dict[str, Sequence[str]]:
    path = "/".join([settings.organization, *(level for level in levels if level != account), ""])
    # Functions are in no network but that of the settings; people may be in any.
    outside = settings.private_link is None and role not in _PEOPLE
    return dict.fromkeys((*_ABSENT, *(_NETWORK if outside else ())), ()) | {
        "aws:PrincipalArn": [f"arn:{settings.partition}:iam::{account}:role/{role}"],
        "aws:PrincipalAccount": [account],
        "aws:PrincipalIsAWSService": ["false"],
        "aws:PrincipalOrgID": [settings.organization],
        "aws:PrincipalOrgPaths": [path],
        "aws:PrincipalType": ["AssumedRole"],
        # The Account API, AWS Organizations and IAM are in this Region, too.
        "aws:RequestedRegion": [settings.region],
        "aws:ResourceOrgID": [settings.organization],
        "aws:SecureTransport": ["true"],
        "aws:ViaAWSService": ["false"],
    }
