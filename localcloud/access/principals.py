"""Principals: who calls, and the policies that say what they may.

Source: IAM user guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from moto.iam.models import iam_backends
from moto.iam.utils import ACCOUNT_OFFSET

from localcloud.access.resources import find_role
from localcloud.cloud.gateway import ADMINISTRATOR_USER
from localcloud.cloud.sessions import Session, find_session
from simulation.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulation.organization import SimulatedOrganization

Documents = tuple[dict[str, Any], ...]
_EVERYTHING: Final[Documents] = ({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller with its policies. `boundary` and `session` are None where there is none to limit it.

    `tags` are those of the role or user, `session_facts` condition keys that only this session has.
    """

    caller: Caller
    identity: Documents = ()
    boundary: Documents | None = None
    session: Documents | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    session_facts: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What policies of resources may call it: the role or user, and its session."""
        return (self.caller.principal_arn, self.caller.arn)

    @property
    def is_session_of_role(self) -> bool:
        """Whether a role was assumed."""
        return ":assumed-role/" in self.caller.arn


def find_principal(caller: Caller) -> Principal:
    """The principal that made a request. One that IAM does not have (any more) may do nothing."""
    account, backend = caller.account_id, iam_backends[caller.account_id]["aws"]
    nobody = (
        caller.arn.endswith(f":{ADMINISTRATOR_USER}")
        and ADMINISTRATOR_USER.rpartition("/")[2] not in backend.users
    )
    if nobody or caller.arn.endswith(":root"):
        return Principal(caller=caller, identity=_EVERYTHING)
    session = find_session(caller.access_key_id)
    holders: list[Any]
    if ":assumed-role/" in caller.arn:
        entity = find_role(caller.principal_arn)
        holders = [entity]
    else:
        # Of a federated user the user who asked for the session.
        entity = backend.users.get(
            session.user if session and session.user else caller.arn.rpartition("/")[2]
        )
        holders = [entity, *(backend.get_groups_for_user(entity.name) if entity else [])]
    return Principal(
        caller=caller,
        identity=_read_policies(holder for holder in holders if holder),
        boundary=_read_boundary(account, getattr(entity, "permissions_boundary_arn", None)),
        session=_read_session(account, session),
        tags={tag["Key"]: tag["Value"] for tag in (getattr(entity, "tags", None) or [])},
        session_facts=session.facts if session else {},
    )


def is_revoked(key: str, organization: SimulatedOrganization) -> bool:
    """Whether moto made the access key ID for an account, and it is deleted or inactive by now.

    Others that nobody handed out are those of the person at the keyboard.
    """
    if not key.startswith("AKIA"):
        return False
    try:
        number = int.from_bytes(base64.b32decode(key[4:12]), "big") - ACCOUNT_OFFSET
    except ValueError:
        return False
    made = next(
        (one for one in (f"{2 * number:012d}", f"{2 * number + 1:012d}") if organization.find_account(one)),
        None,
    )
    if made is None:
        return False
    users = iam_backends[made]["aws"].users.values()
    return all(
        one.access_key_id != key or one.status != "Active" for user in users for one in user.access_keys
    )


def find_service_session(service: str, role_arn: str) -> Principal:
    """A session in which a service acts as a role."""
    account, _, name = role_arn.split(":", 5)[4], *role_arn.rpartition(":role")[1:]
    path, _, role = name.rpartition("/")
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/{service.partition('.')[0]}"
    return find_principal(Caller(account_id=account, arn=arn, access_key_id="", role_path=f"{path}/"))


def _read_policies(holders: Iterable[Any]) -> Documents:
    """Inline and managed policies of a role, or of a user and its groups."""
    texts: list[str] = []
    for holder in holders:
        texts += holder.policies.values()
        texts += [_read_managed(policy) for policy in holder.managed_policies.values()]
    return tuple(map(parse_document, texts))


def _read_managed(policy: Any) -> str:
    default = next(v for v in policy.versions if v.version_id == policy.default_version_id)
    return str(default.document)


def _read_boundary(account: str, arn: str | None) -> Documents | None:
    return (_find_managed(account, arn),) if arn else None


def _find_managed(account: str, arn: str) -> dict[str, Any]:
    policy = iam_backends[account]["aws"].managed_policies.get(arn)
    # Without its boundary an identity may do nothing, as in AWS.
    return parse_document(_read_managed(policy)) if policy else {}


def _read_session(account: str, session: Session | None) -> Documents | None:
    """The policies that were given when the session began; none of them limits nothing."""
    if session is None or not (session.policy or session.policy_arns):
        # A federated user without any has no rights.
        return () if session and session.federated else None
    texts = (parse_document(session.policy),) if session.policy else ()
    return (*texts, *(_find_managed(account, arn) for arn in session.policy_arns))


@lru_cache(maxsize=4096)
def parse_document(text: str) -> dict[str, Any]:
    """A policy document from its JSON text. Nobody may change what is returned."""
    document: dict[str, Any] = json.loads(text) if text else {}
    return document
