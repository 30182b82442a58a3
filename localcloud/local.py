"""`python -m localcloud.local`: runs an organization with Rollcall deployed on this machine, until Ctrl-C.

With --bare nothing is set up and nothing deployed, and no account has a contact: to follow docs/deploying.md.
Exits 0 after Ctrl-C, 2 when it cannot start: a port that is taken, another one running, a failed deployment.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent / "lambdas"))

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from localcloud.running import AlreadyRunningError, DirectoryClaim
from localcloud.story.cdk import CdkError
from localcloud.story.progress import Progress
from localcloud.story.seeds import find_ou_path, give_contacts, make_whole_organization
from localcloud.story.shell import CommandFailedError
from localcloud.story.stage import DemoStage
from localcloud.story.sweeps import SweepFailedError
from simulation.clock import SystemClock
from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulation.organization import SimulatedOrganization

PORT = 4588
_LAST_PORT = 65535
_LEAST_ACCOUNTS, _MOST_ACCOUNTS = 12, 5000
_HELP = """
[bold green]ready[/]: {accounts} accounts on {endpoint}, until Ctrl-C

In another terminal, as a member, as [bold]management[/] or as the [bold]hub[/] (without ACCOUNT):
  eval "$(make -s local-env ACCOUNT=222222222222)"
  aws account put-alternate-contact --alternate-contact-type SECURITY --name Mary --title Developer \\
    --email-address mary@example.net --phone-number "+1 206 555 0199"
  aws account get-alternate-contact --alternate-contact-type SECURITY
and as an operator of the hub:
  eval "$(make -s local-env ROLE=rollcall-operator)"
  .venv/bin/rollcall pause --reason "to try it" --config localcloud/config
The AWS CLI is also in .venv/bin/aws: version 1, whose `aws sqs` needs --endpoint-url "$AWS_ENDPOINT_URL".
Alerts are shown here, in full they and all outcomes are in
  {out}/alerts.jsonl
  {out}/slack.jsonl
  {out}/outcomes.jsonl
"""
_console = Console(highlight=False)
if not _console.is_terminal:
    _console.width = 120  # a log file has room


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, deploy, and stay."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.local", description=__doc__)
    parser.add_argument("--port", type=_parse_port, default=PORT, help="default: %(default)s, 0 for any")
    parser.add_argument("--out", type=Path, default=Path("out/local"), help="default: %(default)s")
    parser.add_argument("--assembly", type=Path, help="what cdk synth made of localcloud/config before")
    parser.add_argument(
        "--accounts",
        type=_parse_accounts,
        default=_LEAST_ACCOUNTS,
        help="default, and the least: %(default)s",
    )
    parser.add_argument("--bare", action="store_true", help="set nothing up and deploy nothing")
    options = parser.parse_args(arguments)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell may have made it ignore the first
        signal.signal(name, signal.default_int_handler)
    out = options.out.resolve()
    try:
        with DirectoryClaim(out) as claim:
            _run(claim, out, options)
    except KeyboardInterrupt:
        _console.print("stopped")
        return 0
    except (AlreadyRunningError, CdkError, CommandFailedError, OSError, SweepFailedError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = f"port {options.port} is taken: choose another with PORT=" if taken else error
        _console.print(f"cannot start: {reason}", style="red", markup=False)
        return 2
    return 0


def _parse_port(text: str) -> int:
    """The port number; raises argparse's error for anything else."""
    if not (text.isascii() and text.isdecimal() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: allowed are 0 to {_LAST_PORT}")
    return int(text)


def _parse_accounts(text: str) -> int:
    """The number of accounts; raises argparse's error for fewer than the organization has."""
    if not (text.isascii() and text.isdecimal() and _LEAST_ACCOUNTS <= int(text) <= _MOST_ACCOUNTS):
        raise argparse.ArgumentTypeError(f"{text!r}: allowed are {_LEAST_ACCOUNTS} to {_MOST_ACCOUNTS}")
    return int(text)


def _run(claim: DirectoryClaim, out: Path, options: argparse.Namespace) -> None:
    progress = Progress(_console.print)
    organization = make_whole_organization(SystemClock(), accounts=options.accounts)
    stage = DemoStage(
        out, progress.show, organization=organization, port=options.port, assembly=options.assembly
    )
    with stage.cloud as cloud:
        progress.show(f"the local cloud answers on {cloud.endpoint}")
        state: dict[str, Any] = {
            "endpoint": cloud.endpoint,
            "organization": organization.id,
            "management": organization.management,
            "hub": HUB,
        }
        claim.publish(**state, ready=False)
        if not options.bare:
            with progress:
                give_contacts(organization, stage.prepare())
                stage.approve(stage.deploy())
                # The first sweep ran before the role in management was there: `rollcall plan` reads this one.
                progress.show("a sweep, now that the role in the management account is deployed")
                stage.sweeps.run_schedule()
        _console.print(_build_table(organization))
        _console.print(_HELP.format(accounts=len(organization.accounts), endpoint=cloud.endpoint, out=out))
        claim.publish(**state, ready=True)
        _show_alerts(stage)


def _show_alerts(stage: DemoStage) -> None:
    """Show each alert as it is delivered, until Ctrl-C."""
    shown = 0
    while True:
        for alert in stage.cloud.mail.list_messages()[shown:]:
            shown += 1
            stage.show(f"[yellow]{escape(alert['subject'])}[/]")
        time.sleep(0.2)


def _build_table(organization: SimulatedOrganization) -> Table:
    table = Table("account", "name", "OU")
    names = {organization.management: " (management)", HUB: " (hub)"}
    for account in organization.accounts.values():
        table.add_row(
            account.id, account.name + names.get(account.id, ""), find_ou_path(organization, account.id)
        )
    return table


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
