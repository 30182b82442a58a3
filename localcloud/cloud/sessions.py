"""What moto does not keep of temporary credentials: policies of the session, who asked, the second factor.

Source: AWS STS API reference, AssumeRole, GetSessionToken and GetFederationToken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that AWS STS began. `user`: whose credentials asked for it, if no role was assumed.

    `arn` is empty for a role's, which moto knows. `facts` are condition keys of all its requests.
    """

    account: str
    arn: str = ""
    user: str = ""
    federated: bool = False
    policy: str = ""
    policy_arns: tuple[str, ...] = ()
    facts: Mapping[str, list[str]] = field(default_factory=dict)


_sessions: dict[str, Session] = {}


def keep_session(key: str, session: Session) -> None:
    """Remember what the credentials with this access key ID are of."""
    _sessions[key] = session


def find_session(key: str) -> Session | None:
    """The session of an access key ID, None if none is known."""
    return _sessions.get(key)


def forget_sessions() -> None:
    """Forget all."""
    _sessions.clear()
