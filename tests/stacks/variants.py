"""The demo's roster in an organization without options, with every option on, and in other partitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.kept import ROOT
from tests.stacks.assembly import Assembly, synthesize

if TYPE_CHECKING:
    from pathlib import Path

ROSTER = ROOT / "localcloud" / "config" / "contacts.yaml"
PLAIN = """
version: 1
organization: o-exampleorgid
management: "111111111111"
hub: "333333333333"
alerts: {addresses: [aws-alerts@example.com], access_portal: "https://d-1234567890.awsapps.com/start"}
"""
EVERYTHING = """
members: {deploy: stackset, targets: [r-a1b2, ou-a1b2-11111111], exclude: ["444455556666"], reader: true}
guardrail: {targets: [r-a1b2], break_glass: "arn:aws:iam::*:role/BreakGlass*"}
operators: ["arn:aws:iam::333333333333:user/oncall/*"]
readers: ["arn:aws:iam::333333333333:role/Security*", "arn:aws:iam::444455556666:role/ci"]
channels:
  runbook: https://wiki.example.com/rollcall
  sns: {min_severity: LOW}
  chat: {workspace: T0123ABCDEF, channel: C0123ABCDEF, min_severity: MEDIUM}
  teams:
    tenant: 01234567-89ab-cdef-0123-456789abcdef
    team: 76543210-89ab-cdef-0123-456789abcdef
    channel: 19%3a0a1b2c3d%40thread.tacv2
    min_severity: HIGH
  slack:
    secret: arn:aws:secretsmanager:us-east-1:333333333333:secret:rollcall/slack-a1B2c3
    channel: C0123ABCDEF
    mention: S0123ABCDEF
dashboard: true
limit_to_ous: [o-exampleorgid/r-a1b2/ou-a1b2-11111111/*]
private_link:
  vpc: vpc-0a1b2c3d4e5f60718
  subnets: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
  security_groups: [sg-0a1b2c3d4e5f60718]
"""


def write(
    where: Path, *, options: str = "", contacts: tuple[str, str] = ("", ""), primary: bool = False
) -> Path:
    """A configuration below `where`: the plain one with these options, and one replacement in the roster.

    `primary` leaves the primary contacts in the roster.
    """
    config = where / "config"
    config.mkdir()
    (config / "organization.yaml").write_text(PLAIN + options, encoding="utf-8")
    lines = ROSTER.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if "{tag:" not in line)  # a roster with tags needs more permissions
    if not primary:
        text = re.sub(r", primary: office|.*primary: payer.*\n|(?s:  office:.*?(?=limits:))", "", text)
    assert contacts[0] in text
    text = text.replace(*contacts)
    (config / "contacts.yaml").write_text(text, encoding="utf-8")
    return config


def synthesize_with(
    where: Path, *, options: str = "", contacts: tuple[str, str] = ("", ""), primary: bool = False
) -> Assembly:
    """Synthesize the configuration that `write` makes below `where`."""
    return synthesize(str(write(where, options=options, contacts=contacts, primary=primary)))
