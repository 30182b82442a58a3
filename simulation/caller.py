"""Callers of an API, and their userIdentity in CloudTrail."""

import hashlib
from base64 import b32encode
from dataclasses import dataclass, replace
from typing import Any


def _make_unique_id(prefix: str, seed: str) -> str:
    """An IAM unique id (AROA..., AIDA...) that is always the same for the same principal."""
    return prefix + b32encode(hashlib.sha256(seed.encode()).digest()).decode()[:17]


_FORMS = {"assumed-role", "federated-user", "root", "user"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A principal, distinct by `arn`: a session of a role or of a federated user, an IAM user, a root user.

    An AWS service that calls by itself has no `arn` and no account, but is `invoked_by` its name.
    """

    account_id: str
    arn: str
    access_key_id: str = "ASIAEXAMPLEEXAMPLEEX"
    source_ip: str = "192.0.2.10"
    user_agent: str = "aws-cli/2.31.0"
    mfa: bool = False
    session_started: str = "2026-10-05T08:30:00Z"
    role_path: str = "/"  # an assumed-role ARN leaves out the path that the role's own ARN has
    invoked_by: str = ""

    def __post_init__(self) -> None:
        # Refused here and not when the record is written: by then the change has been made.
        if not self.invoked_by and self._split_resource()[0] not in _FORMS:
            raise ValueError(f"no userIdentity form for {self.arn}")

    @classmethod
    def role(cls, account_id: str, role: str, session: str) -> "Caller":
        """A session of an assumed role."""
        return cls(account_id=account_id, arn=f"arn:aws:sts::{account_id}:assumed-role/{role}/{session}")

    @classmethod
    def user(cls, account_id: str, name: str) -> "Caller":
        """An IAM user with a long-lived access key."""
        arn = f"arn:aws:iam::{account_id}:user/{name}"
        return cls(account_id=account_id, arn=arn, access_key_id="AKIAEXAMPLEEXAMPLEEX")

    @classmethod
    def root(cls, account_id: str) -> "Caller":
        """The root user, signed in to the console."""
        return cls(account_id=account_id, arn=f"arn:aws:iam::{account_id}:root")

    @classmethod
    def federated(cls, account_id: str, name: str) -> "Caller":
        """A session that an IAM user began for somebody else, by GetFederationToken."""
        return cls(account_id=account_id, arn=f"arn:aws:sts::{account_id}:federated-user/{name}")

    @classmethod
    def service(cls, account_id: str, principal: str) -> "Caller":
        """A service that calls by itself, on a resource of that account."""
        return cls(
            account_id=account_id, arn="", invoked_by=principal, source_ip=principal, user_agent=principal
        )

    def naming(self, product: str) -> "Caller":
        """The same caller with a product more in its user agent."""
        return replace(self, user_agent=f"{self.user_agent} {product}".strip())

    @property
    def kind(self) -> str:
        """The form of the ARN: assumed-role, federated-user, root or user; "service" without one."""
        return self._split_resource()[0]

    @property
    def principal_arn(self) -> str:
        """aws:PrincipalArn: the role's ARN for a session, otherwise the caller's own."""
        kind, rest = self._split_resource()
        if kind != "assumed-role":
            return self.arn
        role = rest.rpartition("/")[0]
        return f"arn:{self.arn.split(':')[1]}:iam::{self.account_id}:role{self.role_path}{role}"

    def build_user_identity(self) -> dict[str, Any]:
        """The userIdentity element of a CloudTrail record.

        Source: CloudTrail user guide, "CloudTrail userIdentity element".
        """
        if self.invoked_by:
            return {"type": "AWSService", "invokedBy": self.invoked_by}
        kind, rest = self._split_resource()
        known: dict[str, Any] = {
            "arn": self.arn,
            "accountId": self.account_id,
            "accessKeyId": self.access_key_id,
        }
        attributes = {"mfaAuthenticated": str(self.mfa).lower(), "creationDate": self.session_started}
        if kind == "user":
            principal, name = _make_unique_id("AIDA", self.arn), rest.rpartition("/")[2]
            return {"type": "IAMUser", "principalId": principal, **known, "userName": name}
        if kind == "root":
            identity = {"type": "Root", "principalId": self.account_id, **known}
            # A console session of root has attributes but no sessionIssuer; a root access key has neither.
            if self.access_key_id.startswith("ASIA"):
                identity["sessionContext"] = {"attributes": attributes}
            return identity
        if kind == "federated-user":
            user = f"arn:{self.arn.split(':')[1]}:iam::{self.account_id}:user/federation"
            issuer = {"type": "IAMUser", "principalId": _make_unique_id("AIDA", user), "arn": user}
            context = {"sessionIssuer": issuer | {"accountId": self.account_id}, "attributes": attributes}
            principal = f"{self.account_id}:{rest}"
            return {"type": "FederatedUser", "principalId": principal, **known, "sessionContext": context}
        role, _, session = rest.rpartition("/")
        role_arn = self.principal_arn
        role_id = _make_unique_id("AROA", role_arn)
        issuer = {"type": "Role", "principalId": role_id, "arn": role_arn}
        issuer |= {"accountId": self.account_id, "userName": role}
        context = {"sessionIssuer": issuer, "webIdFederationData": {}, "attributes": attributes}
        return {
            "type": "AssumedRole",
            "principalId": f"{role_id}:{session}",
            **known,
            "sessionContext": context,
        }

    def _split_resource(self) -> tuple[str, str]:
        if self.invoked_by:
            return "service", self.invoked_by
        kind, _, rest = self.arn.split(":", 5)[5].partition("/")
        return kind, rest
