"""Service control policies and what they are attached to."""

import json
from dataclasses import dataclass, field
from typing import Any

POLICY_TYPE = "SERVICE_CONTROL_POLICY"
FULL_ACCESS = "p-FullAWSAccess"
_ALLOW_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@dataclass(slots=True, kw_only=True)
class Policy:
    """One policy (mutable: UpdatePolicy); `content` is the JSON text exactly as it was sent."""

    id: str
    name: str
    description: str
    content: str
    aws_managed: bool = False
    tags: dict[str, str] = field(default_factory=dict)


class PolicyStore:
    """Policies by id and attachments by root, OU or account id; FullAWSAccess is on everything at first.

    While the policy type is not `enabled` nothing is attached and nothing is enforced.
    """

    def __init__(self) -> None:
        self.enabled = False
        self.policies = {
            FULL_ACCESS: Policy(
                id=FULL_ACCESS,
                name="FullAWSAccess",
                description="Allows access to every operation",
                content=_ALLOW_ALL,
                aws_managed=True,
            )
        }
        self._attached: dict[str, tuple[str, ...]] = {}

    def enable(self, *, on: bool) -> None:
        """Turn the policy type on, with FullAWSAccess everywhere, or off, which detaches everything."""
        self.enabled = on
        self._attached.clear()

    def list_attached(self, target_id: str) -> tuple[str, ...]:
        """Ids of the policies on a root, OU or account, in the order of their attachment."""
        return self._attached.get(target_id, (FULL_ACCESS,)) if self.enabled else ()

    def attach(self, policy_id: str, target_id: str) -> None:
        """Attach a policy; the caller has checked that it may be."""
        self._attached[target_id] = (*self.list_attached(target_id), policy_id)

    def detach(self, policy_id: str, target_id: str) -> None:
        """Detach a policy; the caller has checked that it may be."""
        self._attached[target_id] = tuple(item for item in self.list_attached(target_id) if item != policy_id)

    def forget(self, target_id: str) -> None:
        """Drop the attachments of a target that left the organization."""
        self._attached.pop(target_id, None)

    def list_documents(self, target_id: str) -> list[dict[str, Any]]:
        """The parsed policies on one target."""
        return [json.loads(self.policies[policy_id].content) for policy_id in self.list_attached(target_id)]
