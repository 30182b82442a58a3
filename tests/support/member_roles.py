"""Roles in members, as AWS STS and the Account API answer for them: each can be made to fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.member_roles import MemberRoleReader
from rollcall.model.well_known import MEMBER_ROLE_NAME, SWEEP_ROLE_NAME
from rollcall.ports import Pool
from rollcall.sweep.ports import MemberRoles
from rollcall.timing import ASSUME_ROLE
from simulation.caller import Caller
from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.ports import Clock, Pool
    from rollcall.timing import Paces
    from simulation.cloud import SimulatedCloud

ROLE_ARN = f"arn:aws:iam::*:role/{MEMBER_ROLE_NAME}"


def make_error(code: str, operation: str, status: int = 403) -> ClientError:
    """What boto3 raises."""
    answer: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)


class MemberSts:
    """STS for the sweep. `assume` is called with each account before it answers, and may wait or raise.

    `wrap` is given the account and the client of a session, and returns what is to be called in its place.
    A session is held to the operations that its policy names.
    """

    def __init__(self, cloud: SimulatedCloud, clock: Clock) -> None:
        self._cloud = cloud
        self._clock = clock
        self.sessions: list[Mapping[str, Any]] = []
        self.assume: Callable[[str], object] = lambda _: None
        self.wrap: Callable[[str, Any], Any] = lambda _, client: client
        self.answered_account: Callable[[str], str] = lambda account: account

    def assume_role(self, **parameters: Any) -> dict[str, Any]:
        """The session of a role; its key is the account and the operations that it may call."""
        account = parameters["RoleArn"].split(":")[4]
        self.sessions.append(parameters)
        self.assume(account)
        (statement,) = json.loads(parameters["Policy"])["Statement"]
        assert statement["Resource"] == f"arn:aws:account::{account}:account"
        name = f"{MEMBER_ROLE_NAME}/{SWEEP_ROLE_NAME}"
        arn = f"arn:aws:sts::{self.answered_account(account)}:assumed-role/{name}"
        return {
            "AssumedRoleUser": {"Arn": arn},
            "Credentials": {"AccessKeyId": account, "SecretAccessKey": " ".join(statement["Action"])},
        }

    def make_client(self, credentials: Mapping[str, str]) -> Any:
        """The Account API in a session."""
        account = credentials["AccessKeyId"]
        caller = Caller.role(account, MEMBER_ROLE_NAME, SWEEP_ROLE_NAME)
        client = self.wrap(account, self._cloud.client("account", caller))
        return _Session(client, credentials["SecretAccessKey"])

    def make_roles(self, paces: Paces, pool: Pool) -> MemberRoles:
        """The port of the sweep."""
        reader = MemberRoleReader(
            sts=self,
            role_arn=ROLE_ARN,
            account_client=self.make_client,
            clock=self._clock,
            pace=paces.by_operation[ASSUME_ROLE],
        )
        return MemberRoles(reader=reader, pool=pool, hub=HUB)


class _Session:
    def __init__(self, client: Any, actions: str) -> None:
        self._client = client
        self._actions = actions

    def __getattr__(self, name: str) -> Any:
        operation = "".join(word.capitalize() for word in name.split("_"))
        if f"account:{operation}" not in self._actions.split():
            raise make_error("AccessDeniedException", operation)
        return getattr(self._client, name)
