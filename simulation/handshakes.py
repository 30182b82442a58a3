"""Invitations: the Handshake structure and its life."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulation.organization import SimulatedOrganization

LIFETIME = timedelta(days=15)  # documented


@dataclass(slots=True, kw_only=True)
class Handshake:
    """One invitation of an account; mutable because it is accepted or expires."""

    id: str
    account_id: str
    target: dict[str, str]
    notes: str | None
    requested_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    accepted: bool = False
    ended: str = ""

    def state(self, now: datetime) -> str:
        """OPEN, ACCEPTED, CANCELED, DECLINED or EXPIRED."""
        if self.accepted or self.ended:
            return self.ended or "ACCEPTED"
        return "OPEN" if now < self.requested_at + LIFETIME else "EXPIRED"

    def render(self, organization: SimulatedOrganization) -> dict[str, Any]:
        """The Handshake structure, as both sides see it."""
        management = organization.accounts[organization.management]
        inviter = [
            {"Type": "MASTER_EMAIL", "Value": management.email},
            {"Type": "MASTER_NAME", "Value": management.name},
            {"Type": "ORGANIZATION_FEATURE_SET", "Value": organization.feature_set},
        ]
        resources: list[dict[str, Any]] = [
            {"Type": "ORGANIZATION", "Value": organization.id, "Resources": inviter},
            {"Type": self.target["Type"], "Value": self.target["Id"]},
        ]
        if self.notes:
            resources.append({"Type": "NOTES", "Value": self.notes})
        return {
            "Id": self.id,
            "Arn": f"{organization.build_arn('handshake')}/invite/{self.id}",
            "Parties": [{"Id": organization.id, "Type": "ORGANIZATION"}, dict(self.target)],
            "State": self.state(organization.clock.now()),
            "RequestedTimestamp": self.requested_at,
            "ExpirationTimestamp": self.requested_at + LIFETIME,
            "Action": "INVITE",
            "Resources": resources,
        }
