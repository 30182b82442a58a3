"""Identities of callers: root users, GetCallerIdentity, and AssumeRole held to trust policies.

Source: IAM user guide, "Cross-account policy evaluation logic": the caller's policies and the role's trust
policy must both allow. Roles that nobody made (an operator's, OrganizationAccountAccessRole) exist in every
account; they trust their own account and the management account.
"""

from __future__ import annotations

import io
import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.iam import models as iam_models
from moto.sts.models import STSBackend
from werkzeug import Response

from localcloud.aws.permissions import explain_refusal, find_role, is_trusted
from localcloud.aws.presigned import answer_presigned
from localcloud.cloud.gateway import identify_caller, identify_key, parse_credential_scope, parse_root_key
from rollcall_policies import AccessRequest

if TYPE_CHECKING:
    from typing import Any

    from werkzeug import Request

    from localcloud.cloud.interface import Cloud
    from simulation.caller import Caller
    from simulation.organization import SimulatedOrganization

_ACTION = "sts:AssumeRole"
_DEFAULT_SESSION_SECONDS = 3600
_ROLE_ARN = re.compile(r"arn:aws:iam::\d{12}:role/.+")


def install(cloud: Cloud) -> None:
    """Add root users with their keys, answer GetCallerIdentity for all callers, check AssumeRole."""
    plain = iam_models.get_account_id_from
    cloud.patch(iam_models, "get_account_id_from", lambda key: parse_root_key(key) or plain(key))

    def get_caller_identity(_self: Any, access_key_id: str, _region: str) -> tuple[str, str, str]:
        caller = identify_key(access_key_id)
        return str(caller.build_user_identity()["principalId"]), caller.arn, caller.account_id

    cloud.patch(STSBackend, "get_caller_identity", get_caller_identity)
    guard = AssumeRoleGuard(cloud.simulation.organization, exempt_key=cloud.clients.key)
    cloud.gateway.route("sts", guard.handle)


class AssumeRoleGuard:
    """Refuses AssumeRole where AWS would. moto answers allowed and all other requests.

    `exempt_key` is the local cloud's own: it starts functions and hands out sessions.
    """

    def __init__(self, organization: SimulatedOrganization, *, exempt_key: str) -> None:
        self._organization = organization
        self._exempt_key = exempt_key

    def handle(self, request: Request) -> Response | None:
        """The refusal or the answer to a presigned request, or None for one that moto shall answer."""
        presigned = answer_presigned(request)
        if presigned is not None:
            return presigned
        body = request.get_data()
        request.environ["wsgi.input"] = io.BytesIO(body)  # moto reads it again
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        role_arn = form.get("RoleArn", "")
        asks = form.get("Action") == "AssumeRole" and _ROLE_ARN.fullmatch(role_arn)
        if not asks or parse_credential_scope(request)[0] == self._exempt_key:
            return None
        caller, region = identify_caller(request), parse_credential_scope(request)[1]
        if not self._is_allowed(caller, role_arn, form, region):
            text = f"User: {caller.arn} is not authorized to perform: {_ACTION} on resource: {role_arn}"
            return _build_error("AccessDenied", text, 403)
        longest = getattr(find_role(role_arn), "max_session_duration", None) or _DEFAULT_SESSION_SECONDS
        if int(form.get("DurationSeconds", 0)) > longest:
            text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            return _build_error("ValidationError", text, 400)
        return None

    def _is_allowed(self, caller: Caller, role_arn: str, form: dict[str, str], region: str) -> bool:
        member = caller.account_id in self._organization.accounts
        context = {
            "aws:PrincipalArn": [caller.principal_arn],
            "aws:PrincipalAccount": [caller.account_id],
            "aws:PrincipalOrgID": [self._organization.id] if member else [],
            "sts:ExternalId": [form["ExternalId"]] if "ExternalId" in form else [],
            "aws:username": [caller.arn.rpartition("/")[2]] if ":user/" in caller.arn else [],
            "sts:RoleSessionName": [form.get("RoleSessionName", "")],
            "aws:MultiFactorAuthPresent": _read_second_factor(caller, form),
            "aws:RequestedRegion": [region],
        }
        request = AccessRequest(action=_ACTION, resource=role_arn, context=context)
        if caller.arn.endswith(":root") or explain_refusal(caller.arn, request):
            return False  # of root users AWS says that roles may not be assumed by root accounts
        role = find_role(role_arn)
        if role is None:
            return caller.account_id in {role_arn.split(":")[4], self._organization.management}
        return is_trusted(role, replace(request, principal=caller.principal_arn))


def _read_second_factor(caller: Caller, form: dict[str, str]) -> list[str]:
    """The values of aws:MultiFactorAuthPresent. There are no devices here: any six digits are a valid code.

    Source: IAM user guide, "AWS global condition context keys": absent with a user's own keys.
    """
    if form.get("SerialNumber") and re.fullmatch(r"\d{6}", form.get("TokenCode", "")):
        return ["true"]
    return ["false"] if ":assumed-role/" in caller.arn else []


def _build_error(code: str, text: str, status: int) -> Response:
    return Response(
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{escape(text)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>",
        status=status,
        content_type="text/xml",
    )
