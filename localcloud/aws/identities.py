"""Identities of callers: root users, GetCallerIdentity, and the sessions that AWS STS begins.

Whether a session may begin is asked as of every other call. The roles with which a person at the keyboard
works (OrganizationAccountAccessRole, Administrator and whatever `make local-env ROLE=` names) come to be when
they are first assumed with the local cloud's own keys, as administrators; nobody else can make one appear.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.core.responses import ActionResult
from moto.iam import models as iam_models
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse
from werkzeug import Response

from localcloud.access.keys import has_second_factor
from localcloud.access.resources import find_role
from localcloud.aws.presigned import answer_presigned
from localcloud.cloud.clients import ADMINISTRATOR, LOCAL_KEY
from localcloud.cloud.gateway import identify_key, parse_credential_scope, parse_root_key
from localcloud.cloud.sessions import Session, forget_sessions, keep_session

if TYPE_CHECKING:
    from werkzeug import Request

    from localcloud.cloud.interface import Cloud

_DEFAULT_SESSION_SECONDS = 3600
_ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
_READ_ONLY_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
_READER = "Reader"
_ROLE_ARN = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@-]{1,64}")


def install(cloud: Cloud) -> None:
    """Add root users with their keys, answer GetCallerIdentity for all callers, begin sessions."""
    plain = iam_models.get_account_id_from
    cloud.patch(iam_models, "get_account_id_from", lambda key: parse_root_key(key) or plain(key))
    cloud.on_stop(forget_sessions)

    def get_caller_identity(_self: Any, access_key_id: str, _region: str) -> tuple[str, str, str]:
        caller = identify_key(access_key_id)
        return str(caller.build_user_identity()["principalId"]), caller.arn, caller.account_id

    cloud.patch(STSBackend, "get_caller_identity", get_caller_identity)
    _begin_sessions(cloud)
    management = cloud.simulation.organization.management

    def handle(request: Request) -> Response | None:
        presigned = answer_presigned(request)
        if presigned is not None:
            return presigned
        form = {name: values[0] for name, values in parse_qs(request.get_data().decode()).items()}
        return _check_duration(form) if form.get("Action") == "AssumeRole" else None

    def prepare(request: Request, body: bytes) -> None:
        """Make a role that a person assumes, if nobody has made it."""
        key, _, service = parse_credential_scope(request)
        if service == "sts" and b"Action=AssumeRole" in body:
            arn = parse_qs(body.decode()).get("RoleArn", [""])[0]
            if key == LOCAL_KEY or arn.endswith(f":role/{ADMINISTRATOR}"):
                make_person_role(arn, management)

    cloud.gateway.guard(prepare)
    cloud.gateway.route("sts", handle)


def make_person_role(arn: str, management: str) -> None:
    """Make an administrator's role that trusts its account and management, if there is no such role."""
    if not _ROLE_ARN.fullmatch(arn) or find_role(arn):
        return
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    trusted = [f"arn:aws:iam::{one}:root" for one in sorted({account, management})]
    statement = {"Effect": "Allow", "Action": "sts:*", "Principal": {"AWS": trusted}}
    backend = iam_models.iam_backends[account]["aws"]
    backend.create_role(
        role_name=name,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="43200",
    )
    policy = _READ_ONLY_POLICY if name == _READER else _ADMINISTRATOR_POLICY
    backend.attach_role_policy(policy, name)


def _begin_sessions(cloud: Cloud) -> None:
    """Keep what moto forgets of a session, and give those of users and federated users keys of their own."""
    plain_assume = TokenResponse.assume_role

    def assume_role(self: Any) -> ActionResult:
        answer = plain_assume(self)
        role = answer.result["Credentials"]  # type: ignore[index]
        arns = tuple(one["arn"] for one in self._get_param("PolicyArns", []) or [])
        tags = {f"aws:PrincipalTag/{t['Key']}": [t["Value"]] for t in self._get_param("Tags", []) or []}
        shown = str(_has_second_factor(self)).lower()
        facts = {"aws:MultiFactorAuthPresent": [shown], **tags}
        if identity := self._get_param("SourceIdentity"):
            facts["aws:SourceIdentity"] = [identity]
        policy = self._get_param("Policy") or ""
        keep_session(
            role.access_key_id,
            Session(account=role.account_id, policy=policy, policy_arns=arns, facts=facts),
        )
        return answer

    def begin(self: Any, arn: str, user: str, **details: Any) -> dict[str, Any]:
        account = self.current_account
        key = iam_models.iam_backends[account]["aws"].create_temp_access_key()
        keep_session(key.access_key_id, Session(account=account, arn=arn, user=user, **details))
        token = self.backend.get_session_token(duration=self._get_int_param("DurationSeconds", 43200))
        return {
            "AccessKeyId": key.access_key_id,
            "SecretAccessKey": key.secret_access_key,
            "SessionToken": f"session-{key.access_key_id}",
            "Expiration": token.expiration,
        }

    def get_session_token(self: Any) -> ActionResult:
        caller = identify_key(self.get_access_key())
        facts = {"aws:MultiFactorAuthPresent": [str(_has_second_factor(self)).lower()]}
        user = caller.arn.rpartition("/")[2]
        return ActionResult({"Credentials": begin(self, caller.arn, user, facts=facts)})

    def get_federation_token(self: Any) -> ActionResult:
        caller, name = identify_key(self.get_access_key()), self._get_param("Name")
        arn = f"arn:aws:sts::{caller.account_id}:federated-user/{name}"
        arns = tuple(one["arn"] for one in self._get_param("PolicyArns", []) or [])
        policy, user = self._get_param("Policy") or "", caller.arn.rpartition("/")[2]
        keys = begin(self, arn, user, federated=True, policy=policy, policy_arns=arns)
        who = {"FederatedUserId": f"{caller.account_id}:{name}", "Arn": arn}
        return ActionResult({"Credentials": keys, "FederatedUser": who, "PackedPolicySize": 6})

    cloud.patch(TokenResponse, "assume_role", assume_role)
    cloud.patch(TokenResponse, "get_session_token", get_session_token)
    cloud.patch(TokenResponse, "get_federation_token", get_federation_token)


def _has_second_factor(response: Any) -> bool:
    names = ("SerialNumber", "TokenCode")
    return has_second_factor({name: response._get_param(name) for name in names})  # noqa: SLF001 - as moto does


def _check_duration(form: dict[str, str]) -> Response | None:
    role = find_role(form.get("RoleArn", ":::::"))
    longest = getattr(role, "max_session_duration", None) or _DEFAULT_SESSION_SECONDS
    if role is None or int(form.get("DurationSeconds", 0)) <= int(longest):
        return None
    text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    return Response(
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>ValidationError</Code><Message>{escape(text)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>",
        status=400,
        content_type="text/xml",
    )
