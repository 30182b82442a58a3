"""What takes too long for `make test`: cfn-lint's rules, and the CDK's own, over whole assemblies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localcloud.kept import ROOT
from tests.stacks.lint import find_rules
from tests.stacks.variants import EVERYTHING, synthesize_with, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.assembly import Assembly


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesize_with(tmp_path_factory.mktemp("everything"), options=EVERYTHING)


#: What cfn-lint says of the templates, informational and experimental rules included, and why it stays.
LINT_LEFT = {
    "W3005": "the CDK orders resources explicitly that GetAtt orders already",
    "I1022": "the CDK joins texts, and has no Fn::Sub for them",
    "I4010": "a description of the architecture, which no part of AWS reads: docs/architecture.md",
}


def test_of_what_lint_says_nothing_is_left_without_a_reason(everything: Assembly, tmp_path: Path) -> None:
    paths = [
        template.path
        for one in (synthesize_with(tmp_path), everything)
        for template in one.templates.values()
    ]
    assert find_rules(*paths) == set(LINT_LEFT)


def test_a_fresh_synthesis_makes_the_same_templates_and_the_cdk_has_no_more_to_say(
    everything: Assembly, tmp_path: Path
) -> None:
    context = json.dumps({"config": str(write(tmp_path, options=EVERYTHING))})
    out = tmp_path / "out"
    variables = {"CDK_CONTEXT_JSON": context, "CDK_OUTDIR": str(out), "JSII_DEPRECATED": "warn"}
    result = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, str(ROOT / "app.py")],
        cwd=ROOT,
        env=os.environ | variables | {"CDK_VALIDATION": "true"},
        capture_output=True,
        text=True,
        check=True,  # the CDK's own rules for CloudFormation, which it is told to hold the templates to
    )
    for template in everything.templates.values():
        again = out / template.path.relative_to(everything.directory)
        assert again.read_bytes() == template.path.read_bytes()
    # No deprecation is hidden but the one of cdk-nag.
    deprecated = [line for line in result.stderr.splitlines() if "is deprecated" in line]
    assert len(deprecated) == 1
    assert "aws_events.CfnEventBusPolicy#principal is deprecated" in deprecated[0]
