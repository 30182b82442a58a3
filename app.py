"""Entry point of the CDK: reads the configuration and composes the stacks."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "lambdas"))  # stacks share names with the functions
# cdk-nag's rule EVB1 reads a property of bus policies that the CDK deprecates, and the CDK then blames the
# application at every synth. A test says that nothing else is hidden by this.
os.environ.setdefault("JSII_DEPRECATED", "quiet")
# Where jsii unpacks the CDK, once: it refuses a home directory that is read-only or that a group may write.
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(ROOT / "build" / "jsii"))

from aws_cdk import Annotations, App, Stage, Validations  # noqa: E402  # after the path above
from cdk_nag import AwsSolutionsChecks, ServerlessChecks  # noqa: E402  # after the path above

from rollcall_config.configuration import Configuration, load  # noqa: E402  # after the path above
from rollcall_config.document import ConfigError  # noqa: E402  # after the path above
from stacks.asset import stage  # noqa: E402  # after the path above
from stacks.forwarder import ForwarderStack  # noqa: E402  # after the path above
from stacks.hub import HubStack  # noqa: E402  # after the path above
from stacks.management import ManagementStack  # noqa: E402  # after the path above


def build(*, config: str | None = None, outdir: Path | None = None) -> App:
    """Compose all stacks.

    `config` is a directory relative to the project, by default CDK context `config`, else `config`.
    Raises ConfigError with every fault of the configuration.
    """
    app = App(
        analytics_reporting=False,
        outdir=str(outdir) if outdir else None,
        # The CDK's command line hands these over by itself; tests have none.
        context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"],
    )
    configuration = load(ROOT, config or app.node.try_get_context("config") or "config")
    settings, roster = configuration.settings, configuration.roster
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    # A directory of its own for each synthesis, because two may run at once; the CDK copies it to its output.
    with tempfile.TemporaryDirectory(prefix="rollcall-") as work:
        asset = stage(candidate=roster, target=Path(work) / "asset")
        hub = HubStack(app, "RollcallHub", settings=settings, roster=roster, asset=asset)
    # In stages of their own, so that `cdk deploy` without a name deploys the hub.
    ManagementStack(Stage(app, "Management"), "RollcallManagement", settings=settings, roster=roster)
    ForwarderStack(Stage(app, "Forwarder"), "RollcallForwarder", settings=settings)
    _warn(hub, configuration)
    return app


def _warn(hub: HubStack, configuration: Configuration) -> None:
    """Tell each warning with its line, and the CDK that there are some: `cdk synth --strict` then fails."""
    for warning in configuration.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    if count := len(configuration.warnings):
        Annotations.of(hub).add_warning_v2(
            "rollcall:configuration",
            f"Warnings about the configuration: {count}, told above with their lines",
        )


if __name__ == "__main__":
    try:
        build().synth()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
