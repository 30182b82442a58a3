"""Entry point of the CDK: reads the configuration and composes the stacks."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "lambdas"))  # stacks share names with the functions
# cdk-nag's rule EVB1 reads a property of bus policies that the CDK deprecates, and the CDK then blames the
# application at every synth. A test says that nothing else is hidden by this.
os.environ.setdefault("JSII_DEPRECATED", "quiet")
# Where jsii unpacks the CDK, once: it refuses a home directory that is read-only or that a group may write.
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(ROOT / "build" / "jsii"))


def describe_missing(error: ModuleNotFoundError) -> str | None:
    """Return error and fix if a package of requirements.txt is not installed, None for another cause."""
    module = str(error.name).partition(".")[0]
    own = [ROOT / place / f"{module}{end}" for place in ("", "lambdas") for end in ("", ".py")]
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    # Those with a condition are for other machines.
    wanted = re.findall(r"^([a-z0-9-]+)==\S+ \\$", locked, re.MULTILINE)
    installed = {re.sub(r"[-_.]+", "-", one.name.lower()) for one in metadata.distributions()}
    if any(path.exists() for path in own) or installed.issuperset(wanted):
        return None
    return (
        f"error: {sys.executable} has no module {module}, which requirements.txt installs\n"
        "fix: activate the virtual environment (. .venv/bin/activate), then pip install -r requirements.txt\n"
    )


try:
    from aws_cdk import Annotations, App, Stage, Validations
    from cdk_nag import AwsSolutionsChecks, ServerlessChecks

    from rollcall_config.configuration import VARIABLE, find_directory, load
    from rollcall_config.document import ConfigError
    from rollcall_config.settings import RUNBOOK
    from rollcall_config.sweep_events import describe_trail_events
    from stacks.asset import stage
    from stacks.example import WARNING, refuse_deployment
    from stacks.forwarder import ForwarderStack
    from stacks.hub import HubStack
    from stacks.management import ManagementStack
except ModuleNotFoundError as error:
    missing = describe_missing(error)
    if missing is None:
        raise
    sys.stderr.write(missing)
    sys.exit(1)


def build(*, config: str | None = None, outdir: Path | None = None) -> App:
    """Compose all stacks.

    `config` is a directory relative to the project. By default CDK context `config` names it, else the
    variable ROLLCALL_CONFIG; without both it is the user's own or, with a warning, the example.
    Raises ConfigError with every problem of the configuration.
    """
    app = App(
        analytics_reporting=False,
        outdir=str(outdir) if outdir else None,
        # The CDK's command line hands these over by itself; tests have none.
        context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"],
    )
    named = config or app.node.try_get_context("config") or os.environ.get(VARIABLE)
    directory = find_directory(ROOT, named)
    if not named:
        sys.stderr.write(
            f"Configuration: {directory.name} (-c config=DIRECTORY or {VARIABLE} names another)\n"
        )
    configuration = load(ROOT, directory.name)
    settings, roster = configuration.settings, configuration.roster
    sys.stderr.write(describe_trail_events(settings, roster))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    # A directory of its own for each synthesis, because two may run at once; the CDK copies it to its output.
    with tempfile.TemporaryDirectory(prefix="rollcall-") as work:
        asset = stage(
            candidate=roster,
            target=Path(work) / "asset",
            runbook=settings.channels.runbook == RUNBOOK,
        )
        hub = HubStack(app, "RollcallHub", settings=settings, roster=roster, asset=asset)
    # In stages of their own, so that `cdk deploy` without a name deploys the hub.
    stages = [Stage(app, name) for name in ("Management", "Forwarder")]
    management = ManagementStack(stages[0], "RollcallManagement", settings=settings, roster=roster)
    forwarder = ForwarderStack(stages[1], "RollcallForwarder", settings=settings, roster=roster)
    if directory.is_example:
        for stack in (hub, management, forwarder):
            refuse_deployment(stack)
    _warn(hub, [WARNING] * directory.is_example + [str(warning) for warning in configuration.warnings])
    return app


def _warn(hub: HubStack, warnings: list[str]) -> None:
    """Print each warning with its line. The CDK gets their number, so that `cdk synth --strict` fails."""
    sys.stderr.write("".join(f"warning: {warning}\n" for warning in warnings))
    if warnings:
        Annotations.of(hub).add_warning_v2(
            "rollcall:configuration",
            f"Warnings about the configuration: {len(warnings)}, printed above with their lines",
        )


if __name__ == "__main__":
    try:
        build().synth()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
