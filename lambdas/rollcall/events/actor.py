"""Who did it: CloudTrail's `userIdentity`, in any of its forms, as far as it goes.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rollcall.model.codec import Serializable
from rollcall.model.contact import mask_access_key

UNKNOWN: Final = "unknown"
#: What comes from outside must fit the items that it is kept in. CloudTrail cuts user agents before this.
_LONGEST: Final = 2048
ROOT_USER: Final = "root user"
_KINDS: Final = {
    "Root": ROOT_USER,
    "IAMUser": "IAM user",
    "AssumedRole": "assumed role",
    "Role": "role",
    "FederatedUser": "federated user",
    "SAMLUser": "SAML user",
    "WebIdentityUser": "web identity user",
    "IdentityCenterUser": "IAM Identity Center user",
    "AWSAccount": "another AWS account",
    "AWSService": "AWS service",
    "Directory": "directory user",
    "Unknown": UNKNOWN,
}
#: Tools name sessions after the time or the account: botocore-session-1728119000, audit-222222222222.
_NUMBER: Final = re.compile(r"\d{9,}", re.ASCII)
#: Beginnings of user agents: of browsers and of the console's own back ends, and of programs.
_CONSOLE_AGENTS: Final = ("mozilla/", "console.", "signin.", "s3console/", "aws console")
_API_AGENTS: Final = (
    "aws-cli/",
    "aws-sdk",
    "boto",
    "terraform",
    "hashicorp",
    "apn/",
    "python",
    "curl/",
    "go-",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor(Serializable):
    """The caller behind an event. What the event does not say is `unknown` or None, never a guess.

    `session` is the name of a role's or federated user's session, `via` the AWS service that made the call
    for the principal, `console` whether it came from the console, `access_key` the masked access key id.
    """

    principal: str
    kind: str
    account_id: str
    role_arn: str | None
    mfa: bool | None
    source_ip: str
    user_agent: str
    session: str | None = None
    via: str | None = None
    console: bool | None = None
    access_key: str | None = None

    @property
    def root(self) -> bool:
        """Whether this was the root user of an account."""
        return self.kind == ROOT_USER

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Read the actor of a CloudTrail record; never raises, whatever the record holds."""
        identity = _read_mapping(detail.get("userIdentity"))
        session = _read_mapping(identity.get("sessionContext"))
        service = read_text(identity.get("invokedBy"))
        # Service events have no type, only who invoked them.
        kind = read_text(identity.get("type")) or ("AWSService" if service else "Unknown")
        key = read_text(identity.get("accessKeyId"))
        return cls(
            principal=_read_principal(identity, service),
            kind=_KINDS.get(kind, kind),
            account_id=read_text(identity.get("accountId")) or UNKNOWN,
            role_arn=read_text(_read_mapping(session.get("sessionIssuer")).get("arn")),
            mfa=_read_flag(_read_mapping(session.get("attributes")).get("mfaAuthenticated")),
            source_ip=read_text(detail.get("sourceIPAddress")) or UNKNOWN,
            user_agent=read_text(detail.get("userAgent")) or UNKNOWN,
            session=_read_session(kind, identity),
            via=service if kind != "AWSService" else None,
            console=_is_console(detail),
            access_key=mask_access_key(key) if key else None,
        )


def normalise_session(name: str) -> str:
    """The session's name without the numbers that differ between sessions of one person or tool."""
    return _NUMBER.sub("N", name)


def _read_principal(identity: Mapping[str, Any], service: str | None) -> str:
    """The ARN, or else the most specific of the names that this form of identity has."""
    behalf = _read_mapping(identity.get("onBehalfOf"))
    names = (read_text(identity.get("identityProvider")), read_text(identity.get("userName")))
    return (
        read_text(identity.get("arn"))
        or (service if read_text(identity.get("type")) in (None, "AWSService") else None)
        or "/".join(
            filter(None, (read_text(behalf.get("identityStoreArn")), read_text(behalf.get("userId"))))
        )
        or "/".join(filter(None, names))
        or read_text(identity.get("principalId"))
        or service
        or UNKNOWN
    )


def _read_session(kind: str, identity: Mapping[str, Any]) -> str | None:
    """The last part of `.../assumed-role/ROLE/SESSION` or `.../federated-user/NAME`, else of `ID:SESSION`."""
    if kind not in {"AssumedRole", "FederatedUser"}:
        return None
    arn, principal_id = read_text(identity.get("arn")) or "", read_text(identity.get("principalId")) or ""
    name = arn.rpartition("/")[2] if "/" in arn else principal_id.partition(":")[2]
    return name or None


def _is_console(detail: Mapping[str, Any]) -> bool | None:
    """CloudTrail says so of sessions that began in the console; else the user agent may say so."""
    if _read_flag(detail.get("sessionCredentialFromConsole")):
        return True
    agent = (read_text(detail.get("userAgent")) or "").lstrip("[").lower()
    if agent.startswith(_CONSOLE_AGENTS):
        return True
    return False if agent.startswith(_API_AGENTS) else None


def _read_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def read_text(value: object, *, longest: int = _LONGEST) -> str | None:
    """The value, if it is text and not empty: at most so many characters, and such as can be encoded."""
    if not isinstance(value, str) or not value:
        return None
    # JSON may hold halves of pairs of UTF-16, which no table and no topic takes.
    return value[:longest].encode("utf-8", "replace").decode("utf-8")


def make_key_text(value: str, *, longest: int = 256) -> str:
    """Text that identifies one thing, fit for the key of an item whatever an event holds."""
    if value.isascii() and len(value) <= longest:
        return value
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def flatten_leaves(value: object) -> dict[str, object]:
    """Leaves of nested objects by lower-cased name; of two equal names the outer, then the first wins."""

    def flatten(part: object) -> Iterator[tuple[str, object]]:
        if isinstance(part, Mapping):
            for item in reversed(list(part.values())):  # what comes later overwrites: the first of two stays
                yield from flatten(item)
            own = [(str(key).lower(), item) for key, item in part.items() if not isinstance(item, Mapping)]
            yield from reversed(own)

    return dict(flatten(value))


def _read_flag(value: object) -> bool | None:
    """CloudTrail writes this boolean as a string."""
    return {"true": True, "false": False}.get(str(value).lower())
