"""Who an edit is counted under: the same person or script has another ARN in each account."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from rollcall.actor import UNKNOWN
from rollcall.bulk.limits import By
from rollcall.fields import key_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.actor import Actor

#: IAM Identity Center gives the role of one permission set another random suffix in each account:
#: https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_SSO_ROLE: Final = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}", re.ASCII)
#: Tools name sessions after the time or the account: botocore-session-1728119000, audit-222222222222.
_NUMBER: Final = re.compile(r"\d{9,}", re.ASCII)
#: An ARN has five parts before its resource.
_PARTS_BEFORE: Final = 5
_LONGEST: Final = 512
#: Bits that all addresses of one link have in common: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.1
_LINK: Final = 64
#: Through a VPC endpoint CloudTrail shows the address inside the VPC: many machines have it.
_PRIVATE: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
)


def names_of(actor: Actor) -> Sequence[tuple[By, str]]:
    """What an edit is counted under, the narrowest first. What the event does not tell counts for nothing."""
    known = ((By.ACTOR, actor_name(actor)), (By.ADDRESS, address(actor.source_ip)))
    return [*((by, name) for by, name in known if name is not None), (By.ORGANIZATION, "all")]


def actor_name(actor: Actor) -> str | None:
    """Who it was, without the account: role and session, user, root; None if nobody knows."""
    if actor.root:
        return "root"  # of whatever account, and also where the event has no ARN
    if actor.principal == UNKNOWN:
        return None
    # arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
    *account, resource = actor.principal.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        role, _, session = rest.partition("/")
        sso = _SSO_ROLE.fullmatch(role)
        return _key(f"{kind}/{sso[1] if sso else role}/{_NUMBER.sub('N', session)}")
    return _key(resource if len(account) == _PARTS_BEFORE and resource else actor.principal)


def _key(name: str) -> str:
    return key_text(name, longest=_LONGEST)


def address(source_ip: str) -> str | None:
    """The address in one spelling; None for a service's name, and for one that many machines have.

    Of IPv6 the network of one link: whoever has that has all of its addresses to choose from.
    """
    try:
        found = ip_address(source_ip)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if any(found in network for network in _PRIVATE):
        return None
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _LINK), strict=False))
    return str(found)
