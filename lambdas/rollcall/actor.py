"""Who did it: CloudTrail's `userIdentity`, in any of its forms, as far as it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

UNKNOWN = "unknown"

_KINDS = {
    "Root": "root user",
    "IAMUser": "IAM user",
    "AssumedRole": "assumed role",
    "FederatedUser": "federated user",
    "SAMLUser": "SAML user",
    "WebIdentityUser": "web identity user",
    "IdentityCenterUser": "IAM Identity Center user",
    "AWSAccount": "another AWS account",
    "AWSService": "AWS service",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller behind an event. What the event does not tell is `unknown`, never a guess."""

    principal: str
    kind: str
    account_id: str
    role_arn: str | None
    mfa: bool | None
    source_ip: str
    user_agent: str

    @property
    def root(self) -> bool:
        """Whether this was the root user of an account."""
        return self.kind == _KINDS["Root"]

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Read the actor of a CloudTrail record; never raises, whatever the record holds."""
        identity = _mapping(detail.get("userIdentity"))
        session = _mapping(identity.get("sessionContext"))
        issuer = _mapping(session.get("sessionIssuer"))
        kind = _text(identity.get("type"))
        service = _text(identity.get("invokedBy"))
        if kind is None and service is not None:
            kind = "AWSService"
        return cls(
            principal=_text(identity.get("arn")) or service or _text(identity.get("principalId")) or UNKNOWN,
            kind=_KINDS.get(kind, kind) if kind else UNKNOWN,
            account_id=_text(identity.get("accountId")) or UNKNOWN,
            role_arn=_text(issuer.get("arn")),
            mfa=_flag(_mapping(session.get("attributes")).get("mfaAuthenticated")),
            source_ip=_text(detail.get("sourceIPAddress")) or UNKNOWN,
            user_agent=_text(detail.get("userAgent")) or UNKNOWN,
        )

    def as_document(self) -> dict[str, Any]:
        """Plain JSON for outcomes and intents."""
        return {
            "principal": self.principal,
            "kind": self.kind,
            "account_id": self.account_id,
            "role_arn": self.role_arn,
            "mfa": self.mfa,
            "source_ip": self.source_ip,
            "user_agent": self.user_agent,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote; TypeError if it is something else."""
        return cls(**document)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: object) -> bool | None:
    """CloudTrail writes this boolean as a string."""
    return {"true": True, "false": False}.get(str(value).lower())
