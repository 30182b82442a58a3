"""The proof of who gives a command: a presigned sts:GetCallerIdentity, bound to that command.

The caller signs, and only AWS STS can verify the signature. The signed header `x-rollcall-command` is a
hash of the command and of its execution, so that a proof serves nothing else. Amazon EKS and HashiCorp Vault
identify callers in the same way; what was found wrong there (CVE-2020-16250, CVE-2022-2385) is why nothing of
the request is taken from the caller but four checked values, and why only one form of the answer is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote

from rollcall.control.commands import GIVE_AGAIN, ProvenCaller, RefusedError
from rollcall.model.errors import THROTTLED, RetryableError
from rollcall.model.well_known import OPERATOR_ROLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The header that binds a signature to a command. Nothing else is signed, besides `host`.
HEADER: Final = "x-rollcall-command"
#: As AWS STS takes presigned requests.
LONGEST_AGE: Final = timedelta(minutes=15)
#: How far ahead the caller's clock may be, as AWS tolerates it.
_CLOCK_SKEW: Final = timedelta(minutes=5)
#: An answer of AWS STS has some 400 bytes.
MOST_BYTES: Final = 16_384
#: An ARN of a session has at most about 200 characters, one of a user with a path about 600.
_LONGEST_NAME: Final = 1024
_SUFFIXES: Final = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}
#: Not part of the command: the proof itself, and what the machine adds.
_BESIDE: Final = frozenset({"proof", "execution", "started"})
_EXECUTION: Final = re.compile(
    r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:execution:[\w-]{1,80}:[\w-]{1,80}", re.ASCII
)
_DATE: Final = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/=_.%-]{0,8192}", re.ASCII)
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z]{1,64}", re.ASCII)
_REFUSALS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN)
_ASSUME: Final = f"assume the role {OPERATOR_ROLE_NAME} of the hub (docs/cli.md)"


class UnprovenError(RefusedError):
    """It is not proven who gives the command, or that person is no operator."""

    def __init__(self, reason: str, *, caller: ProvenCaller | None = None, fix: str = GIVE_AGAIN) -> None:
        super().__init__(reason, fix=fix)
        self.caller = caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the hub is: its account, and the Region whose AWS STS is asked."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the Region."""
        return next((name for name in ("aws-cn", "aws-us-gov") if self.region.startswith(name[4:])), "aws")

    @property
    def sts_host(self) -> str:
        """The host of AWS STS in this Region."""
        return f"sts.{self.region}.{_SUFFIXES[self.partition]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedQuery:
    """The query of a presigned GetCallerIdentity but for its signature, each parameter once.

    `credential` is the access key ID with its scope, `date` as SigV4 writes it, `token` empty without one.
    """

    credential: str
    date: str
    token: str

    def encode(self) -> str:
        """Return it in SigV4's canonical form: sorted, and all but unreserved characters encoded."""
        values = {
            "Action": "GetCallerIdentity",
            "Version": "2011-06-15",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": self.credential,
            "X-Amz-Date": self.date,
            "X-Amz-Expires": str(LONGEST_AGE // timedelta(seconds=1)),
            "X-Amz-SignedHeaders": f"host;{HEADER}",
        } | ({"X-Amz-Security-Token": self.token} if self.token else {})
        return "&".join(f"{name}={quote(values[name], safe='-_.~')}" for name in sorted(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRequest:
    """A GET of `https://HOST/?QUERY` with the header HEADER: `command`, and no other signed one."""

    host: str
    query: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityAnswer:
    """What AWS STS answered; of the body at most MOST_BYTES + 1."""

    status: int
    content_type: str
    body: bytes


class IdentityService(Protocol):
    """AWS STS."""

    def ask(self, request: IdentityRequest) -> IdentityAnswer:
        """Send exactly this request and follow no redirect; RetryableError if it is not answered."""


def hash_command(document: Mapping[str, Any], execution_arn: str) -> str:
    """SHA-256 (hex) of all of a command and of the ARN of its execution, which names the machine, too."""
    command = {name: value for name, value in document.items() if name not in _BESIDE}
    text = json.dumps([execution_arn, command], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def build_request(document: Mapping[str, Any], place: Place, now: datetime) -> IdentityRequest:
    """Build the request that shows who signed the command; UnprovenError if its proof cannot be right."""
    execution, proof = document.get("execution"), document.get("proof")
    if not isinstance(execution, str) or not _EXECUTION.fullmatch(execution):
        raise UnprovenError("the command did not come through its state machine")
    if not isinstance(proof, dict):
        raise UnprovenError("the command has no proof of its caller")
    if proof.keys() != {"credential", "date", "token", "signature"}:
        raise UnprovenError("a proof has exactly a credential, a date, a token and a signature")
    date = _read(proof, "date", _DATE)
    _check_age(date, now)
    scope = rf"[A-Z0-9]{{16,128}}/{date[:8]}/{place.region}/sts/aws4_request"
    query = SignedQuery(
        credential=_read(proof, "credential", re.compile(scope, re.ASCII)),
        date=date,
        token=_read(proof, "token", _TOKEN),
    )
    signature = _read(proof, "signature", _SIGNATURE)
    try:
        command = hash_command(document, execution)
    except (TypeError, ValueError, RecursionError):
        raise UnprovenError("the command cannot be written as JSON") from None
    return IdentityRequest(
        host=place.sts_host, query=f"{query.encode()}&X-Amz-Signature={signature}", command=command
    )


def read_answer(answer: IdentityAnswer) -> ProvenCaller:
    """Read who signed; UnprovenError if AWS STS refused the signature, RetryableError if it says neither."""
    if len(answer.body) > MOST_BYTES or answer.content_type.partition(";")[0].strip() != "application/json":
        raise RetryableError(f"AWS STS answered {answer.status} in another form than JSON")
    try:
        document = json.loads(answer.body, object_pairs_hook=_reject_repetitions)
        if answer.status == HTTPStatus.OK:
            return _read_caller(document)
        refusal = _make_refusal(document) if answer.status in _REFUSALS else None
    except (LookupError, TypeError, ValueError, RecursionError):
        refusal = None
    raise refusal or RetryableError(f"AWS STS answered {answer.status}, and not who signed")


def check_operator(caller: ProvenCaller, operators: Iterable[str], place: Place) -> None:
    """UnprovenError unless this is a session of the operator's role or of a role that `operators` names.

    The roles are the hub's. An ARN of a session has no path: the last parts of both names are compared, and a
    pattern whose last part consists of wildcards names no role.
    """
    prefix = f"arn:{place.partition}:sts::{place.account}:assumed-role/"
    role, _, session = caller.arn.removeprefix(prefix).partition("/")
    if not caller.arn.startswith(prefix) or not session:
        reason = "the caller is not a role session of the hub account"
        raise UnprovenError(reason, caller=caller, fix=_ASSUME)
    roles = f"arn:{place.partition}:iam::{place.account}:role/"
    names = [one.rpartition("/")[2] for one in operators if one.startswith(roles)]
    if role != OPERATOR_ROLE_NAME and not any(_fits(role, name) for name in names):
        reason = f"the caller's role is neither {OPERATOR_ROLE_NAME} nor one of `operators`"
        fix = f"{_ASSUME}, or add the role to `operators` in organization.yaml and deploy the hub"
        raise UnprovenError(reason, caller=caller, fix=fix)


def _fits(role: str, pattern: str) -> bool:
    if not pattern.strip("*?"):
        return False
    parts = ({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in pattern)
    return re.fullmatch("".join(parts), role, re.DOTALL) is not None


def _read(proof: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = proof[name]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise UnprovenError(f"the proof's {name} is not valid for AWS STS in this Region")
    return value


def _check_age(date: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise UnprovenError("the proof's date is not valid") from None
    if not -_CLOCK_SKEW <= now - signed_at <= LONGEST_AGE:
        raise UnprovenError(
            "the proof is older than 15 minutes, or the caller's clock is ahead",
            fix="set the clock of the caller's machine, then give the command again",
        )


def _reject_repetitions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _make_refusal(document: Mapping[str, Any]) -> UnprovenError | None:
    code = str(document["Error"]["Code"])
    if code in THROTTLED or not _CODE.fullmatch(code):
        return None
    fix = "log in again (`aws sso login` or `aws login`), then give the command again"
    return UnprovenError(f"AWS STS refused the proof: {code}", fix=fix)


def _read_caller(document: Mapping[str, Any]) -> ProvenCaller:
    ((name, response),) = document.items()
    result = response["GetCallerIdentityResult"]
    arn, user_id, account = (result[key] for key in ("Arn", "UserId", "Account"))
    texts = all(
        isinstance(one, str) and one.isprintable() and 0 < len(one) <= _LONGEST_NAME
        for one in (arn, user_id, account)
    )
    if name != "GetCallerIdentityResponse" or not texts or arn.split(":")[4] != account:
        raise ValueError("no answer to GetCallerIdentity")
    return ProvenCaller(arn=arn, user_id=user_id)
