"""boto3 clients and credentials for any account, untouched by the user's own AWS settings."""

import os
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import create_loader

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "us-east-1"
ADMINISTRATOR = "OrganizationAccountAccessRole"
#: The access key ID of who works with the local cloud from another process.
LOCAL_KEY = "local"

#: One for all: each session would read the models of the services anew. moto must not: botocore changes them.
LOADER = create_loader()
# Profiles and files of the user must neither break nor redirect a client of the local cloud.
_ISOLATED: dict[str, tuple[Any, ...]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
_CONFIG = Config(
    retries={"total_max_attempts": 1},  # a retry would hide an error of the local cloud
    read_timeout=300,  # some stacks take long on a busy machine
    s3={"addressing_style": "path"},
    proxies={},
    parameter_validation=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Temporary keys of one role session; moto maps the access key to its account."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)

    def to_environment(self) -> dict[str, str]:
        """The environment variables with these credentials, for SDKs and the CDK CLI."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


def make_session() -> botocore.session.Session:
    """A new session of botocore without the user's profiles and files."""
    session = botocore.session.Session(session_vars=_ISOLATED)
    session.register_component("data_loader", LOADER)
    return session


def generate_key() -> str:
    """A new random access key id, in the form that moto accepts."""
    return f"LOCAL{uuid.uuid4().hex[:15].upper()}"


class AccountClients:
    """Hands out clients of one endpoint, each made once per service, account, role and Region.

    `key` signs AssumeRole: the local cloud's own may assume every role, whatever its trust policy.
    """

    def __init__(
        self, endpoint: str, *, key: str = LOCAL_KEY, prepare: "Callable[[str], object] | None" = None
    ) -> None:
        """`prepare` is called with the ARN of each role that somebody wants to work with by its name."""
        self.endpoint = endpoint
        self._prepare = prepare
        self.key = key
        self._session = boto3.Session(botocore_session=make_session())
        self._lock = threading.RLock()  # creating clients is not thread-safe in boto3, using them is
        self._credentials: dict[tuple[str, str, str], Credentials] = {}
        self._clients: dict[tuple[str, ...], Any] = {}

    def get_credentials(
        self, account: str, *, role: str = ADMINISTRATOR, session: str = "localcloud"
    ) -> Credentials:
        """Credentials of a session of a role (its name) in an account, by STS AssumeRole."""
        key = (account, role, session)
        with self._lock:
            if key not in self._credentials:
                arn = f"arn:aws:iam::{account}:role/{role}"
                if self._prepare:
                    self._prepare(arn)
                self._credentials[key] = self.assume(arn, session)
            return self._credentials[key]

    def assume(self, role_arn: str, session: str) -> Credentials:
        """Credentials of a new session of a role."""
        with self._lock:
            own = Credentials(access_key_id=self.key, secret_access_key="", session_token="")
            sts = self._make("sts", own, REGION)
        answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=session)["Credentials"]
        return Credentials(
            access_key_id=answer["AccessKeyId"],
            secret_access_key=answer["SecretAccessKey"],
            session_token=answer["SessionToken"],
        )

    def client(
        self,
        service: str,
        account: str,
        *,
        role: str = ADMINISTRATOR,
        session: str = "localcloud",
        region: str = REGION,
    ) -> Any:
        """A boto3 client that acts in an account. It does not retry."""
        key = (service, account, role, session, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(
                    service, self.get_credentials(account, role=role, session=session), region
                )
            return self._clients[key]

    def _make(self, service: str, credentials: Credentials, region: str) -> Any:
        make: Any = self._session.client  # its stubs want a literal service name
        return make(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=_CONFIG,
        )
