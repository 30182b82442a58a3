"""What service control policies deny on the way from the root to an account. Pure.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall_policies import Access, as_list, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollcall_cli.doctor.facts import AttachedPolicy
    from rollcall_policies import AccessDecision, AccessRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Where requests are denied: by a statement of a policy, or because nothing on a level allows them."""

    level: str
    #: None if no policy on this level allows the requests.
    policy: AttachedPolicy | None = None
    #: Its Sid, or its number; empty without a policy.
    statement: str = ""
    #: Whether the statement depends on the requested Region.
    regional: bool = False
    #: What cannot be evaluated; empty if the requests are denied for certain.
    reason: str = ""

    @property
    def place(self) -> str:
        """The policy, its statement and the level."""
        if self.policy is None:
            return f"no service control policy on {self.level}"
        return f"{self.policy.name} ({self.policy.id}) on {self.level}, statement {self.statement},"

    def __hash__(self) -> int:
        policy = self.policy and self.policy.id
        return hash((self.level, policy, self.statement, self.reason))


def find_obstacles(
    policies: Sequence[AttachedPolicy],
    levels: Sequence[str],
    requests: Iterable[tuple[str, AccessRequest]],
) -> Mapping[Obstacle, Mapping[str, list[str]]]:
    """Return where requests are denied, with the subjects of the denied requests by action.

    A request is denied if a statement on any level denies it, or if a level with policies has none that
    allows it. A level without policies is one on which AWS evaluates none.
    """
    attached = [(level, on) for level in levels if (on := [one for one in policies if level in one.targets])]
    found: dict[Obstacle, dict[str, list[str]]] = {}
    for subject, request in requests:
        for level, on in attached:
            for obstacle in _judge(level, on, request):
                found.setdefault(obstacle, {}).setdefault(request.action, []).append(subject)
    return found


def count_attached(policies: Sequence[AttachedPolicy], levels: Sequence[str]) -> int:
    """Return how many policies there are on these levels."""
    return sum(level in policy.targets for policy in policies for level in levels)


def _judge(level: str, policies: Sequence[AttachedPolicy], request: AccessRequest) -> list[Obstacle]:
    decisions = [(policy, decide([policy.document], request)) for policy in policies]
    denials = [
        _describe(level, policy, decision)
        for policy, decision in decisions
        if decision.access in {Access.DENIED, Access.UNKNOWN} and _get_effect(decision) == "Deny"
    ]
    if any(decision.access is Access.ALLOWED for _, decision in decisions) or denials:
        return denials
    unclear = [_describe(level, *one) for one in decisions if one[1].access is Access.UNKNOWN]
    return unclear or [Obstacle(level=level)]


def _describe(level: str, policy: AttachedPolicy, decision: AccessDecision) -> Obstacle:
    statement: Mapping[str, Any] = decision.statement or {}
    number = as_list(policy.document.get("Statement", [])).index(statement) + 1
    return Obstacle(
        level=level,
        policy=policy,
        statement=str(statement.get("Sid") or number),
        regional="aws:requestedregion" in str(statement.get("Condition", "")).lower(),
        reason=decision.reason,
    )


def _get_effect(decision: AccessDecision) -> str:
    return str((decision.statement or {}).get("Effect", ""))
