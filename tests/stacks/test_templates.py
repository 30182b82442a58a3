"""`python -m stacks.templates`: what any tool can deploy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localcloud.kept import ROOT
from tests.stacks.lint import find_errors
from tests.stacks.variants import EVERYTHING, write

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly

NAMES = {"rollcall-forwarder.json", "rollcall-management.json"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stacks.templates", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # our own command


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("templates")
    result = run("--out", str(where / "out"), "--config", str(write(where, options=EVERYTHING)))
    assert result.returncode == 0, result.stderr
    assert {Path(line).name for line in result.stdout.splitlines()} == NAMES
    return where / "out"


def test_they_are_plain_cloudformation(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == NAMES
    for path in written.iterdir():
        body = json.loads(path.read_text(encoding="utf-8"))
        assert set(body) <= {"AWSTemplateFormatVersion", "Description", "Mappings", "Conditions", "Resources"}
        text = json.dumps(body)
        assert not [word for word in ("cdk", "Token[", "AssetParameters", "Metadata") if word in text]
    assert find_errors(*written.iterdir()) == []


def test_they_are_what_the_cdk_deploys(written: Path, everything: Assembly) -> None:
    for name, stack in (
        ("rollcall-forwarder.json", "RollcallForwarder"),
        ("rollcall-management.json", "RollcallManagement"),
    ):
        body = json.loads((written / name).read_text(encoding="utf-8"))
        resources = body["Resources"]
        assert body.get("Mappings") == everything.templates[stack].body.get("Mappings")
        for logical_id, resource in everything.templates[stack].resources.items():
            assert resources[logical_id]["Properties"] == resource["Properties"]


def test_the_forwarder_leaves_out_the_hub_wherever_it_is_deployed(written: Path) -> None:
    body = (written / "rollcall-forwarder.json").read_text(encoding="utf-8")
    assert "333333333333" in json.dumps(json.loads(body)["Conditions"])
    assert "444455556666" in json.dumps(json.loads(body)["Conditions"])


def test_a_template_with_assets_is_refused() -> None:
    from stacks.members import strip_template  # noqa: PLC0415  # it starts Node, which takes seconds

    with pytest.raises(ValueError, match="bootstrap"):
        strip_template({"Parameters": {"BootstrapVersion": {}}, "Resources": {}})


def test_faults_are_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from stacks.templates import main  # noqa: PLC0415  # it starts Node, which takes seconds

    monkeypatch.setattr(sys, "argv", ["templates", "--config", str(tmp_path)])
    assert main() == 1
    assert "has neither organization.yaml nor contacts.yaml" in capsys.readouterr().err
