"""Entry point of the CDK: reads the configuration and composes the stacks."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "lambdas"))  # stacks share names with the functions

from aws_cdk import App, Validations  # noqa: E402  # after the path above
from cdk_nag import AwsSolutionsChecks, ServerlessChecks  # noqa: E402  # after the path above

from stacks.asset import stage  # noqa: E402  # after the path above
from stacks.configuration import load  # noqa: E402  # after the path above
from stacks.faults import ConfigError  # noqa: E402  # after the path above
from stacks.forwarder import ForwarderStack  # noqa: E402  # after the path above
from stacks.hub import HubStack  # noqa: E402  # after the path above
from stacks.management import ManagementStack  # noqa: E402  # after the path above


def build(
    *, config: str | None = None, asset: Path = ROOT / "build" / "asset", outdir: Path | None = None
) -> App:
    """Compose all stacks.

    `config` is a directory relative to the project, by default CDK context `config`, else `config`.
    Raises ConfigError with every fault of the configuration.
    """
    app = App(
        analytics_reporting=False,
        outdir=str(outdir) if outdir else None,
        # Statements of one role merge, so that a policy reads as what the role may do.
        context={"@aws-cdk/aws-iam:minimizePolicies": True},
    )
    configuration = load(ROOT, config or app.node.try_get_context("config") or "config")
    settings, roster = configuration.settings, configuration.roster
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    HubStack(
        app, "RollcallHub", settings=settings, roster=roster, asset=stage(candidate=roster, target=asset)
    )
    ManagementStack(app, "RollcallManagement", settings=settings)
    ForwarderStack(app, "RollcallForwarder", settings=settings)
    return app


if __name__ == "__main__":
    try:
        build().synth()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
