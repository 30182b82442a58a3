"""Who an edit is counted under: the same person or script has another ARN in each account."""

from __future__ import annotations

import hashlib
import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from rollcall.actor import UNKNOWN
from rollcall.bulk.limits import By

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
    if actor.principal == UNKNOWN:
        return None
    if actor.root:
        return "root"
    # arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
    *account, resource = actor.principal.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        role, _, session = rest.partition("/")
        sso = _SSO_ROLE.fullmatch(role)
        return _key(f"{kind}/{sso[1] if sso else role}/{_NUMBER.sub('N', session)}")
    return _key(resource if len(account) == _PARTS_BEFORE and resource else actor.principal)


def _key(name: str) -> str:
    """Fit for the key of an item, whatever an event holds."""
    if name.isascii() and len(name) <= _LONGEST:
        return name
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def address(source_ip: str) -> str | None:
    """The address in one spelling; None for a service's name, and for one that many machines have."""
    try:
        found = ip_address(source_ip)
    except ValueError:
        return None
    return None if any(found in network for network in _PRIVATE) else str(found)
