"""Who calls, as CloudTrail writes them down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

_MFA: Final = {"mfaAuthenticated": "true", "creationDate": "2026-10-05T00:00:00Z"}


@dataclass(frozen=True, slots=True)
class Identity:
    """A principal. `role` is the role's name, None for a root user; `session` is the session's name."""

    account: str
    role: str | None = None
    session: str = ""
    source_ip: str = "10.1.2.3"
    user_agent: str = "aws-cli/2.31.0"

    @property
    def arn(self) -> str:
        """The principal as CloudTrail names it."""
        if self.role is None:
            return f"arn:aws:iam::{self.account}:root"
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role}/{self.session}"

    @property
    def role_arn(self) -> str | None:
        """The role behind the session."""
        return None if self.role is None else f"arn:aws:iam::{self.account}:role/{self.role}"

    def describe(self) -> dict[str, Any]:
        """CloudTrail's `userIdentity`."""
        known: dict[str, Any] = {"arn": self.arn, "accountId": self.account}
        if self.role is None:
            return {
                "type": "Root",
                "principalId": self.account,
                **known,
                "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "sessionContext": {"attributes": _MFA},
            }
        issuer = {
            "type": "Role",
            "principalId": "AROA1234567890EXAMPLE",
            "arn": self.role_arn,
            "accountId": self.account,
            "userName": self.role,
        }
        return {
            "type": "AssumedRole",
            "principalId": f"AROA1234567890EXAMPLE:{self.session}",
            **known,
            "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "sessionContext": {"sessionIssuer": issuer, "attributes": _MFA},
        }
