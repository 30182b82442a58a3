"""The demo's configuration with every option on, and in other partitions."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import app
from tests.stacks.assembly import Assembly, synthesize

if TYPE_CHECKING:
    from pathlib import Path

DEMO = app.ROOT / "config" / "examples" / "demo"
EVERYTHING = """
members: {deploy: stackset, targets: [r-a1b2, ou-a1b2-11111111], exclude: ["444455556666"]}
guardrail: {targets: [r-a1b2], break_glass: "arn:aws:iam::*:role/BreakGlass*"}
limit_to_ous: [o-exampleorgid/r-a1b2/ou-a1b2-11111111/*]
private_link:
  vpc: vpc-0a1b2c3d4e5f60718
  subnets: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
  security_groups: [sg-0a1b2c3d4e5f60718]
"""


def write(where: Path, *, options: str = "", contacts: tuple[str, str] = ("", "")) -> Path:
    """The demo's configuration below `where`, with these options and one replacement in the roster."""
    config = where / "config"
    shutil.copytree(DEMO, config)
    organization, roster = config / "organization.yaml", config / "contacts.yaml"
    organization.write_text(organization.read_text(encoding="utf-8") + options, encoding="utf-8")
    text = roster.read_text(encoding="utf-8")
    assert contacts[0] in text
    roster.write_text(text.replace(*contacts), encoding="utf-8")
    return config


def synthesize_with(where: Path, *, options: str = "", contacts: tuple[str, str] = ("", "")) -> Assembly:
    """Synthesize the demo's configuration with these options below `where`."""
    return synthesize(where, config=str(write(where, options=options, contacts=contacts)))
