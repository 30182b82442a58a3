"""Plain CloudFormation for other tools than the CDK: `python -m stacks.templates --out out/templates`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "lambdas"))  # as app.py does: this is an entry point, too

from aws_cdk import App  # noqa: E402  # after the path above

from rollcall_config.configuration import (  # noqa: E402  # after the path above
    VARIABLE,
    Configuration,
    find_directory,
    load,
)
from rollcall_config.document import ConfigError  # noqa: E402  # after the path above
from stacks.example import WARNING  # noqa: E402  # after the path above
from stacks.forwarder import ForwarderStack  # noqa: E402  # after the path above
from stacks.management import ManagementStack  # noqa: E402  # after the path above
from stacks.members import strip_template  # noqa: E402  # after the path above


def templates(configuration: Configuration) -> dict[str, str]:
    """The text of each template by the name of its file."""
    settings, roster = configuration.settings, configuration.roster
    context = json.loads((_ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    with tempfile.TemporaryDirectory() as directory:
        app = App(analytics_reporting=False, outdir=directory, context=context)
        stacks = {
            # The hub has its own rule: where a tool deploys everywhere, the template leaves it out by itself.
            "rollcall-forwarder.json": ForwarderStack(
                app,
                "RollcallForwarder",
                settings=settings,
                roster=roster,
                excluded=(settings.hub, *settings.members_exclude),
            ),
            "rollcall-management.json": ManagementStack(
                app, "RollcallManagement", settings=settings, roster=roster
            ),
        }
        assembly = Path(app.synth().directory)
        bodies = {
            name: json.loads((assembly / stack.template_file).read_text(encoding="utf-8"))
            for name, stack in stacks.items()
        }
    return {name: json.dumps(strip_template(body), indent=2) + "\n" for name, body in bodies.items()}


def main() -> int:
    """Write the templates of the configuration; return 1 and print its errors on stderr if it has any."""
    parser = argparse.ArgumentParser(prog="python -m stacks.templates", description=templates.__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/templates"), help="directory to write to")
    parser.add_argument(
        "--config",
        default=os.environ.get(VARIABLE),
        help=f"directory with organization.yaml and contacts.yaml; default: {VARIABLE}, or config",
    )
    arguments = parser.parse_args()
    directory = find_directory(_ROOT, arguments.config)
    if directory.is_example:
        sys.stderr.write(f"{WARNING}\n")
        return 1
    try:
        written = templates(load(_ROOT, directory.name))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (arguments.out / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{arguments.out / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
