"""`python -m localcloud.local_env`: the variables that point any AWS client at the running local cloud.

For `eval` in a shell. Only export and unset lines go to the standard output; exits 1 while there is
nothing to point at, 2 for an account that does not exist.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloud.clients import REGION, AccountClients, Credentials
from localcloud.cloud.gateway import make_root_key
from localcloud.running import NotReadyError, RunningCloud, find_running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT_USER = "root"
# What would outweigh the exported variables, or send requests elsewhere.
_IN_THE_WAY = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CA_BUNDLE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
)


class NoSuchAccountError(Exception):
    """The argument names no account of the organization."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines for one account."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.local_env", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/local"), help="default: %(default)s")
    parser.add_argument(
        "--account", default="hub", help="hub, management or 12 digits (default: %(default)s)"
    )
    parser.add_argument(
        "--role",
        default="Administrator",
        help=f"a role, or {ROOT_USER}: the root user (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        state = find_running(options.out)
    except NotReadyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        account = _find_account(state, options.account)
        lines = list(_build_lines(state, _get_credentials(state, account, options.role)))
    except NoSuchAccountError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"the local cloud at {state.endpoint} does not give credentials: {error}\n")
        return 1
    print("\n".join(lines))
    return 0


def _find_account(state: RunningCloud, asked: str) -> str:
    account = {"hub": state.hub, "management": state.management}.get(asked, asked)
    if not re.fullmatch(r"\d{12}", account):
        raise NoSuchAccountError(f"ACCOUNT is hub, management or 12 digits, not {asked!r}")
    organizations = AccountClients(state.endpoint).client("organizations", state.management)
    try:
        organizations.describe_account(AccountId=account)
    except organizations.exceptions.AccountNotFoundException:
        if _is_outside(state, account):
            return account
        listed = organizations.get_paginator("list_accounts").paginate()
        known = ", ".join(f"{a['Id']} ({a['Name']})" for page in listed for a in page["Accounts"])
        raise NoSuchAccountError(f"account {account} is not in the organization: {known}") from None
    return account


def _is_outside(state: RunningCloud, account: str) -> bool:
    """Whether the account exists outside the organization: it may be invited, or has left."""
    alone = AccountClients(state.endpoint).client("account", account)
    try:
        alone.get_account_information()
    except ClientError:
        return False
    return True


def _get_credentials(state: RunningCloud, account: str, role: str) -> Credentials:
    if role == ROOT_USER:
        key = make_root_key(account)
        return Credentials(access_key_id=key, secret_access_key=key, session_token=key)
    return AccountClients(state.endpoint).get_credentials(
        account, role=role, session=os.environ.get("USER") or "you"
    )


def _build_lines(state: RunningCloud, credentials: Credentials) -> Iterator[str]:
    elsewhere = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_"))
    yield f"unset {' '.join([*_IN_THE_WAY, *elsewhere])}"
    direct = ",".join(filter(None, ["127.0.0.1", os.environ.get("NO_PROXY") or os.environ.get("no_proxy")]))
    variables = {
        "AWS_ENDPOINT_URL": state.endpoint,
        **credentials.to_environment(),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }
    for name, value in variables.items():
        yield f"export {name}={shlex.quote(value)}"


if __name__ == "__main__":
    sys.exit(main())
