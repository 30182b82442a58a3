"""Runs programs (the CDK, `rollcall`, a shell) against the local cloud and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.cloud.clients import ADMINISTRATOR, REGION
from localcloud.kept import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.cloud.clients import AccountClients

#: Where jsii unpacks the CDK's library, once: for each home of its own it would take 10 s.
JSII_CACHE = Path(os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT") or ROOT / "build" / "jsii")
_SECONDS = 300
_COMMAND = "from rollcall_cli.main import main; main()"  # what `pip install .` makes a script of


class CommandFailedError(Exception):
    """The command exited with an error; the text ends with what it wrote."""


def build_environment(
    clients: AccountClients, *, home: Path, account: str | None = None, role: str = ADMINISTRATOR
) -> dict[str, str]:
    """The environment of a program: none of the user's AWS settings, and the local cloud as its endpoint.

    With an `account`, the credentials of an administrator there, or of another role. `home` need not exist.
    """
    keys = clients.get_credentials(account, role=role).to_environment() if account else {}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home.resolve()),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": clients.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,  # version 1 of the AWS CLI knows no other
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_VALIDATION": "false",  # half of the time of a synthesis: tests hold templates to its rules
        "NODE_COMPILE_CACHE": str(ROOT / "build" / "node"),  # of the CDK's command line, from Node 22 on
        "NODE_NO_WARNINGS": "1",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(JSII_CACHE),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        **keys,
    }


def run_rollcall(
    clients: AccountClients,
    account: str,
    *arguments: str,
    work: Path,
    role: str = ADMINISTRATOR,
    answer: str = "",
    statuses: Collection[int] = (0,),
) -> str:
    """What `rollcall` prints, run as a command of this checkout; `answer` is what a person types.

    Raises CommandFailedError for an exit status that is not one of these.
    """
    finished = subprocess.run(  # noqa: S603 -- this interpreter with our own arguments
        [sys.executable, "-c", _COMMAND, *arguments],
        cwd=ROOT,
        env={
            **build_environment(clients, home=work / account, account=account, role=role),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'lambdas'}",
        },
        input=answer,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if finished.returncode not in statuses:
        raise CommandFailedError(
            f"rollcall {arguments[0]} exited with {finished.returncode}:\n{finished.stdout}"
        )
    return finished.stdout
