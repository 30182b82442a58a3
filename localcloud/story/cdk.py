"""The real CDK command line, pointed at the local cloud and at nothing else."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from localcloud.cloud.clients import REGION, AccountClients
from localcloud.kept import ROOT
from localcloud.story.shell import build_environment

__all__ = ["CLI", "ROOT", "Cdk", "CdkError"]

CLI = ROOT / "node_modules" / ".bin" / "cdk"
_ANYWHERE = "**/"  # before the name of a stack: at the top or in a stage
_TAIL_LINES = 30
_SECONDS = 900


class CdkError(Exception):
    """The CLI exited with an error; the text ends with the last lines it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdk:
    """Runs the CLI for one local cloud. `work` takes its home directories and `cdk.log`.

    Calls for different accounts may run at the same time.
    """

    clients: AccountClients
    work: Path

    def synth(self, *configs: Path, out: Path) -> None:
        """Synthesize the project's app with each configuration directory into `out`/name of each.

        In one process, and without the CLI: to start the CDK takes longer than to use it.
        """
        command = [sys.executable, "-m", "localcloud.story.synthesize", str(out), *map(str, configs)]
        self._execute(command, ROOT)

    def bootstrap(self, account: str) -> None:
        """Deploy the CDK's own stack (bucket and roles) into an account."""
        self._run(["bootstrap", f"aws://{account}/{REGION}"], self._make_home(account), account)

    def deploy(self, stack: str, account: str, *, assembly: Path, method: str = "direct") -> dict[str, str]:
        """Deploy a synthesized stack with an account's credentials and return its outputs."""
        options = ["--app", str(assembly.resolve()), "--require-approval", "never", "--method", method]
        self._run(["deploy", _ANYWHERE + stack, "--exclusively", *options], self._make_home(account), account)
        described = self.clients.client("cloudformation", account).describe_stacks(StackName=stack)
        return {o["OutputKey"]: o["OutputValue"] for o in described["Stacks"][0].get("Outputs", [])}

    def destroy(self, stack: str, account: str, *, assembly: Path) -> None:
        """Delete a stack from an account."""
        options = ["--app", str(assembly.resolve()), "--force"]
        self._run(
            ["destroy", _ANYWHERE + stack, "--exclusively", *options], self._make_home(account), account
        )

    def _make_home(self, account: str) -> Path:
        home = self.work / account
        home.mkdir(parents=True, exist_ok=True)
        return home

    def _run(self, arguments: list[str], directory: Path, account: str) -> None:
        self._execute([str(CLI), *arguments, "--no-color", "--no-notices", "--ci"], directory, account)

    def _execute(self, command: list[str], directory: Path, account: str | None = None) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        finished = subprocess.run(  # noqa: S603 -- the pinned CLI and this interpreter, with our own arguments
            command,
            cwd=directory,
            env=build_environment(self.clients, home=self._make_home(account or "synth"), account=account),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        with (self.work / "cdk.log").open("a") as log:
            log.write(f"$ {' '.join(command)}  # {account or ''}\n{finished.stdout}\n")
        if finished.returncode:
            tail = "\n".join(finished.stdout.splitlines()[-_TAIL_LINES:])
            raise CdkError(f"{' '.join(command)} exited with {finished.returncode}:\n{tail}")
