"""The contacts of members, read with a role in each: AssumeRole, then standalone calls in its session."""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.credentials import Credentials

from rollcall.adapters.account_api import OneModeAccountApi, call_paced
from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.model.contact import ContactKind, has_form
from rollcall.model.desired import Observation, Present, Unreadable
from rollcall.model.errors import RetryableError, RoleReadError
from rollcall.model.well_known import SWEEP_ROLE_NAME
from rollcall.timing import FollowingPace, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall.ports import Clock

#: The shortest that AWS STS gives.
SESSION_SECONDS: Final = 900
_ACCOUNT: Final = "*"
#: Of the session in which this thread calls.
_CREDENTIALS: ContextVar[Credentials | None] = ContextVar("credentials", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRoleReader:
    """The port `MemberReader`. `role_arn` has `*` for the account; `pace` is that of AssumeRole.

    A session may do what its role and its policy both allow: the policy names the reads that are made, so
    that a role that somebody in the member widened gives no more. `account_client` makes a client of the
    Account API for credentials as AWS STS gives them.
    """

    sts: Any
    role_arn: str
    account_client: Callable[[Mapping[str, str]], Any]
    clock: Clock
    pace: Pace

    def read(self, account_id: str, kinds: Sequence[ContactKind]) -> Mapping[ContactKind, Observation]:
        """What is there now, present or absent; RoleReadError if it cannot be read through the role."""
        client = self.account_client(self._begin_session(account_id, kinds))
        following = FollowingPace(first=self.pace)
        buckets = {"GetAlternateContact": following, "GetContactInformation": following}
        api = OneModeAccountApi(client=client, clock=self.clock, buckets=buckets, standalone=True)
        return {kind: _read(api, account_id, kind) for kind in kinds}

    def _begin_session(self, account_id: str, kinds: Sequence[ContactKind]) -> Mapping[str, str]:
        arn = self.role_arn.replace(_ACCOUNT, account_id)
        session = {
            "RoleArn": arn,
            "RoleSessionName": SWEEP_ROLE_NAME,
            "DurationSeconds": SESSION_SECONDS,
            "Policy": make_session_policy(arn, kinds),
        }
        try:
            answer = call_paced(self.sts.assume_role, session, pace=self.pace, clock=self.clock)
        except AWS_ERRORS as error:
            raise RoleReadError(f"the role was not assumed: {get_code(error)}") from None
        if answer["AssumedRoleUser"]["Arn"].split(":")[4] != account_id:
            raise RoleReadError("the session is of another account")
        credentials: Mapping[str, str] = answer["Credentials"]
        return credentials


def make_session_policy(role_arn: str, kinds: Sequence[ContactKind]) -> str:
    """The policy of a session that reads these kinds in the account of the role, and nothing else."""
    partition, account_id = role_arn.split(":")[1], role_arn.split(":")[4]
    alternate = any(kind is not ContactKind.PRIMARY for kind in kinds)
    actions = ["account:GetAlternateContact"] * alternate
    actions += ["account:GetContactInformation"] * (ContactKind.PRIMARY in kinds)
    resource = f"arn:{partition}:account::{account_id}:account"
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def _read(api: OneModeAccountApi, account_id: str, kind: ContactKind) -> Observation:
    try:
        found = api.get(account_id, kind)
    except RetryableError as error:
        raise RoleReadError(str(error)) from None
    if isinstance(found, Unreadable):
        raise RoleReadError("access was denied to the role" if found.denied else found.reason)
    if isinstance(found, Present) and not has_form(found.contact, kind):
        raise RoleReadError("a required part of the contact is missing in the answer")
    return found


class SessionClients:
    """Clients for many sessions over one client: its connections are kept, and it is made once.

    If a call is ever signed without a session, AWS denies it: the role of `sweep` may read no contact in
    this mode.
    """

    def __init__(self, client: Any) -> None:
        client.meta.events.register("before-sign.account", _sign_in_session)
        self._client = client

    def __call__(self, credentials: Mapping[str, str]) -> Any:
        """The client with these credentials, as AWS STS gives them."""
        return _SessionClient(
            self._client,
            Credentials(
                credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
            ),
        )


class _SessionClient:
    def __init__(self, client: Any, credentials: Credentials) -> None:
        self._client = client
        self._credentials = credentials

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**parameters: Any) -> Any:
            token = _CREDENTIALS.set(self._credentials)
            try:
                return method(**parameters)
            finally:
                _CREDENTIALS.reset(token)

        return call


def _sign_in_session(request: Any, **_: object) -> None:
    """Sign with the session's credentials, as botocore does for directory buckets of S3."""
    if (credentials := _CREDENTIALS.get()) is not None:
        request.context.setdefault("signing", {})["request_credentials"] = credentials
