"""Routes requests: those for which a part has a handler, and all others to moto."""

from __future__ import annotations

import io
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from moto.iam import models as iam_models
from moto.sts.models import sts_backends
from werkzeug import Request, Response

from localcloud.cloud.sessions import find_session
from simulation.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    Handler = Callable[[Request], Response | None]
    Guard = Callable[[Request, bytes], Response | None]
    WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


#: The user whose keys are those that nobody handed out: the person at the keyboard.
ADMINISTRATOR_USER = "user/administrator"
_ROOT_KEY = re.compile(r"ASIAROOT(\d{12})")


class Gateway:
    """A WSGI application in front of moto's. It routes by the service that a request is signed for."""

    def __init__(self, inner: WsgiApp) -> None:
        self._inner = inner
        self._handlers: dict[str, Handler] = {}
        self._guards: list[Guard] = []

    def route(self, service: str, handler: Handler) -> None:
        """Send requests for `service` to `handler` first. If it returns None, moto answers."""
        self._handlers[service] = handler

    def guard(self, guard: Guard) -> None:
        """Ask `guard`, with each request and its body, before the handlers. What it returns is the answer."""
        self._guards.append(guard)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        body = Request(environ).get_data()

        def restore() -> Request:
            """The request as if nobody had read it yet: each of those who answer reads it anew."""
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            return Request(environ)

        handler = self._handlers.get(parse_credential_scope(restore())[2])
        answers = (guard(restore(), body) for guard in self._guards)
        response = next((answer for answer in answers if answer), None)
        if response is None and handler:
            response = handler(restore())
        restore()
        return (response or self._inner)(environ, start_response)


def parse_credential_scope(request: Request) -> tuple[str, str, str]:
    """Access key id, Region and service of a SigV4 signature, also of a presigned URL; empty without one."""
    _, _, scope = request.headers.get("Authorization", "").partition("Credential=")
    scope = scope or request.args.get("X-Amz-Credential", "")
    key, _, region, service = (*scope.split(",")[0].split("/"), "", "", "", "")[:4]
    return key, region, service


def make_root_key(account: str) -> str:
    """The access key id of an account's root user, as of a session in the console."""
    return f"ASIAROOT{account}"


def parse_root_key(key: str) -> str | None:
    """The account whose root user the key is of; None for any other key."""
    match = _ROOT_KEY.fullmatch(key)
    return match[1] if match else None


def identify_caller(request: Request) -> Caller:
    """The caller that signed the request."""
    return identify_key(
        parse_credential_scope(request)[0],
        source_ip=request.remote_addr or "127.0.0.1",
        user_agent=request.headers.get("User-Agent", ""),
    )


def identify_key(key: str, *, source_ip: str = "127.0.0.1", user_agent: str = "") -> Caller:
    """The caller with an access key: a root user, a session or user of moto's, or else an administrator."""
    account = iam_models.get_account_id_from(key)
    if parse_root_key(key):
        arn = f"arn:aws:iam::{account}:root"
        return Caller(
            account_id=account, arn=arn, access_key_id=key, source_ip=source_ip, user_agent=user_agent
        )
    session = sts_backends[account]["aws"].get_assumed_role_from_access_key(key)
    user = session or iam_models.iam_backends[account]["aws"].get_user_from_access_key_id(key)
    kept = find_session(key)
    arn = user.arn if user else f"arn:aws:iam::{account}:{ADMINISTRATOR_USER}"
    return Caller(
        account_id=account,
        arn=(kept.arn if kept else "") or arn,
        access_key_id=key,
        role_path=_find_path(account, session.role_arn) if session else "/",
        source_ip=source_ip,
        user_agent=user_agent,
        mfa=kept is not None and kept.facts.get("aws:MultiFactorAuthPresent") == ["true"],
    )


def _find_path(account: str, role_arn: str) -> str:
    """The path of a role. Its ARN has the path, the ARNs of its sessions do not."""
    name = role_arn.rpartition("/")[2]
    roles = iam_models.iam_backends[account]["aws"].roles.values()
    return next((str(role.path) for role in roles if role.name == name), "/")


def build_response(
    body: Any, *, status: int = 200, request_id: str = "", headers: dict[str, str] | None = None
) -> Response:
    """A JSON response in the shape that the AWS SDKs read; datetimes become epoch seconds."""
    return Response(
        json.dumps(body, default=_convert_to_epoch),
        status=status,
        headers={"x-amzn-RequestId": request_id or str(uuid.uuid4()), **(headers or {})},
        content_type="application/json",
    )


def build_refusal(code: str, message: str) -> Response:
    """The error of a service that speaks JSON."""
    return build_response({"__type": code, "message": message}, status=400)


def _convert_to_epoch(value: datetime) -> float:
    return value.timestamp()
