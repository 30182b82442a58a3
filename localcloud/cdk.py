"""The real CDK command line, pointed at the local cloud and at nothing else."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.clients import REGION, Clients

ROOT = Path(__file__).parent.parent
CLI = ROOT / "node_modules" / ".bin" / "cdk"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
_TAIL_LINES = 30
_SECONDS = 300


class CdkError(Exception):
    """The CLI exited with an error; the text ends with the last lines it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdk:
    """Runs the CLI for one local cloud. `work` takes its home directories and `cdk.log`.

    Calls for different accounts may run at the same time.
    """

    clients: Clients
    work: Path

    def synth(self, *, config: str, assembly: Path) -> None:
        """Synthesize the project's app, with a configuration directory, once for all deployments."""
        app = f"{sys.executable} app.py"
        self._run(
            ["synth", "--quiet", "--app", app, "--context", f"config={config}", "--output", str(assembly)],
            ROOT,
        )

    def bootstrap(self, account: str) -> None:
        """Deploy the CDK's own stack (bucket and roles) into an account."""
        self._run(["bootstrap", f"aws://{account}/{REGION}"], self._home(account), account)

    def deploy(
        self, stack: str, account: str, *, assembly: Path, method: str = "change-set"
    ) -> dict[str, str]:
        """Deploy a synthesized stack with an account's credentials and return its outputs."""
        options = ["--app", str(assembly.resolve()), "--require-approval", "never", "--method", method]
        self._run(["deploy", stack, "--exclusively", *options], self._home(account), account)
        described = self.clients.client("cloudformation", account).describe_stacks(StackName=stack)
        return {o["OutputKey"]: o["OutputValue"] for o in described["Stacks"][0].get("Outputs", [])}

    def destroy(self, stack: str, account: str, *, assembly: Path) -> None:
        """Delete a stack from an account."""
        options = ["--app", str(assembly.resolve()), "--force"]
        self._run(["destroy", stack, "--exclusively", *options], self._home(account), account)

    def _home(self, account: str) -> Path:
        home = self.work / account
        home.mkdir(parents=True, exist_ok=True)
        return home

    def _run(self, arguments: list[str], directory: Path, account: str | None = None) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        keys = self.clients.credentials(account).environment() if account else {}
        finished = subprocess.run(  # noqa: S603 -- the pinned CLI with our own arguments
            [str(CLI), *arguments, "--no-color", "--no-notices", "--ci"],
            cwd=directory,
            env={**self._environment(self._home(account or "synth")), **keys},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        with (self.work / "cdk.log").open("a") as log:
            log.write(f"$ cdk {' '.join(arguments)}  # {account or ''}\n{finished.stdout}\n")
        if finished.returncode:
            tail = "\n".join(finished.stdout.splitlines()[-_TAIL_LINES:])
            raise CdkError(f"cdk {arguments[0]} exited with {finished.returncode}:\n{tail}")

    def _environment(self, home: Path) -> Mapping[str, str]:
        """All that the CLI sees: nothing of the user's AWS settings, and no address but the local cloud's."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home.resolve()),
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.clients.endpoint,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "NODE_NO_WARNINGS": "1",
            # Where jsii keeps the unpacked CDK library by default: unpacking it for each home costs 10 s.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(_CACHE / "aws" / "jsii" / "package-cache"),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        }
