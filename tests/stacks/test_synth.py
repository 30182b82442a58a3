"""Synth: offline, deterministic, and kind to people whose configuration is wrong."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
import yaml

from localcloud.kept import ROOT
from rollcall.model.roster import Mode, Roster, compute_digest
from stacks.asset import stage
from tests.stacks.assembly import Assembly, synthesize
from tests.stacks.template import arn

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.template import Template


def test_it_looks_nothing_up(assembly: Assembly) -> None:
    # The fixture synthesized without sockets and credentials; a look-up would be left as missing context.
    for manifest in assembly.manifests:
        assert "missing" not in manifest
        assert not any("docker" in json.dumps(one).lower() for one in manifest["artifacts"].values())


def test_cdk_nag_is_clean_and_each_exception_says_why(assembly: Assembly) -> None:
    report = json.loads((assembly.directory / "validation-report.json").read_text(encoding="utf-8"))
    packs = {one["pluginName"]: one for one in report["pluginReports"]}
    for pack in (packs["AwsSolutions"], packs["Serverless"]):
        assert pack["conclusion"] == "success"
        assert pack["violations"] == []
        for accepted in pack["suppressedViolations"]:
            assert len(accepted["reason"]) > 40, accepted["ruleName"]


@pytest.mark.parametrize("stack", ["RollcallManagement", "RollcallForwarder"])
def test_forwarders_need_no_bootstrap_and_no_assets(assembly: Assembly, stack: str) -> None:
    template = assembly.templates[stack]
    assert "Parameters" not in template.body
    assert "Rules" not in template.body
    assert "assumeRoleArn" not in assembly.stacks[stack]["properties"]
    # What a service-managed StackSet takes in its template body.
    assert len(template.path.read_bytes()) < 51_200


def test_a_deployment_without_a_name_is_one_of_the_hub(assembly: Assembly) -> None:
    names = {name: one.get("displayName", name) for name, one in assembly.stacks.items()}
    assert names == {
        "RollcallHub": "RollcallHub",
        "RollcallManagement": "Management/RollcallManagement",
        "RollcallForwarder": "Forwarder/RollcallForwarder",
    }


def test_a_bootstrap_without_an_environment_is_one_of_the_hub(assembly: Assembly) -> None:
    """It takes every account that a stack names: another one would need other credentials."""
    assert {name: one["environment"] for name, one in assembly.stacks.items()} == {
        "RollcallHub": "aws://333333333333/us-east-1",
        "RollcallManagement": "aws://unknown-account/us-east-1",
        "RollcallForwarder": "aws://unknown-account/unknown-region",
    }


def test_the_management_stack_is_refused_in_every_other_account(assembly: Assembly) -> None:
    """CloudFormation refuses a template that looks up what its mapping does not have."""
    template = assembly.templates["RollcallManagement"]
    assert template.body["Mappings"] == {"HubOf": {"111111111111": {"Account": "333333333333"}}}
    _, rule = template.one("AWS::Events::Rule", "Forwarder")
    assert arn(rule["Targets"][0]["Arn"]) == (
        "arn:{AWS::Partition}:events:us-east-1:{HubOf.{AWS::AccountId}.Account}:event-bus/rollcall-intake"
    )


def test_no_template_names_a_partition(assembly: Assembly) -> None:
    for template in assembly.templates.values():
        assert "arn:aws" not in json.dumps(template.body)


def test_the_asset_holds_the_functions_and_the_candidate(assembly: Assembly, hub: Template) -> None:
    names = {path.name for path in assembly.asset.iterdir()}
    assert names == {
        "rollcall",
        "reconcile",
        "sweep",
        "apply",
        "control",
        "notify",
        "jinja2",
        "markupsafe",
        "candidate.json",
        "runbook.json",  # its settings name no address
    }
    assert not list(assembly.asset.rglob("__pycache__"))
    # What was compiled here runs on this machine only, and whose code it is stands beside it.
    assert not list(assembly.asset.rglob("*.so"))
    assert len(list(assembly.asset.rglob("LICENSE.txt"))) == 2
    candidate = json.loads((assembly.asset / "candidate.json").read_text(encoding="utf-8"))
    roster = Roster.from_document(candidate)
    assert roster.mode is Mode.ENFORCE
    assert roster.digest == compute_digest(candidate) == hub.body["Outputs"]["CandidateDigest"]["Value"]


def test_staging_refuses_a_directory_that_somebody_else_uses(tmp_path: Path) -> None:
    stage(candidate={"version": 1}, target=tmp_path / "asset")
    with pytest.raises(FileExistsError):
        stage(candidate={"version": 2}, target=tmp_path / "asset")
    assert json.loads((tmp_path / "asset" / "candidate.json").read_text(encoding="utf-8")) == {"version": 1}


def test_each_synthesis_stages_in_a_directory_of_its_own_and_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged: list[Path] = []

    def recording(*, candidate: dict[str, Any], target: Path, runbook: bool) -> Path:
        staged.append(target)
        return stage(candidate=candidate, target=target, runbook=runbook)

    import app  # noqa: PLC0415  # it starts Node, which takes seconds

    class StagedError(Exception):
        """That is all that this is about."""

    monkeypatch.setattr(app, "stage", recording)
    monkeypatch.setattr(app, "HubStack", Mock(side_effect=StagedError))
    for name in ("one", "two"):
        with pytest.raises(StagedError):
            app.build(config="config/example", outdir=tmp_path / name)
    one, two = staged
    assert one.parent != two.parent
    assert not one.parent.exists()
    assert not two.parent.exists()


def test_the_shipped_configuration_synthesizes_and_only_audits() -> None:
    shipped = synthesize("config/example")
    candidate = json.loads((shipped.asset / "candidate.json").read_text(encoding="utf-8"))
    assert Roster.from_document(candidate).mode is Mode.AUDIT


@pytest.mark.parametrize("name", ["config/example", "localcloud/config"])
def test_shipped_contacts_are_examples(name: str) -> None:
    roster = yaml.safe_load((ROOT / name / "contacts.yaml").read_text(encoding="utf-8"))
    people = [contact for contact in roster["contacts"].values() if "email" in contact]
    assert len(people) >= 3
    assert all(contact["email"].endswith("@example.com") for contact in people)
    # Numbers for fiction: https://en.wikipedia.org/wiki/555_(telephone_number)
    assert all(" 555 01" in contact["phone"] for contact in people)


def test_warnings_are_told_and_synth_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import app  # noqa: PLC0415  # it starts Node, which takes seconds

    app.build(config="localcloud/config", outdir=tmp_path).synth()
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    fields = [line.split(": ")[2] for line in told]
    contacts = ("soc", "platform", "finops", "pci-soc")
    assert sorted(fields) == sorted(
        [
            "organization",
            "contacts.soc.email",
            *(f"contacts.{name}.phone" for name in contacts),
            "contacts.office.AddressLine1",
            "overrides[1].accounts[0]",
        ]
    )
    assert (
        "warning: localcloud/config/contacts.yaml:6: contacts.soc.phone:"
        " looks like a placeholder, not like a phone number" in told
    )
    # `cdk synth --strict` fails on it.
    annotations = (tmp_path / "RollcallHub.metadata.json").read_text(encoding="utf-8")
    assert "Warnings about the configuration: 8, printed above with their lines" in annotations


def test_every_feature_flag_of_the_cdk_is_decided(assembly: Assembly) -> None:
    """Else the CDK counts them at every synth. `cdk flags --unstable=flags` lists them."""
    flags = assembly.manifests[0]["artifacts"]["aws-cdk-lib/feature-flag-report"]["properties"]["flags"]
    undecided = [
        name
        for name, flag in flags.items()
        if "userValue" not in flag
        and flag.get("unconfiguredBehavesLike", {}).get("v2", False) != flag["recommendedValue"]
    ]
    assert undecided == []


def test_errors_are_shown_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCALL_CONFIG", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{tmp_path}: has neither organization.yaml nor contacts.yaml: ")


def run_app(where: Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of app.py as the CDK does, with a Python that has nothing installed."""
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, where / name)
    # Isolated from variables and site-packages: a virtual environment that nobody activated.
    return subprocess.run(
        [sys.executable, "-E", "-S", "app.py"], cwd=where, capture_output=True, text=True, check=False
    )


def test_without_an_active_environment_synth_names_the_fix(tmp_path: Path) -> None:
    ended = run_app(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"error: {sys.executable} has no module aws_cdk, which requirements.txt installs",
        "fix: activate the virtual environment (. .venv/bin/activate), then pip install -r requirements.txt",
    ]


def test_a_module_that_the_project_itself_lacks_keeps_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "aws_cdk.py").write_text("import stacks.nowhere")
    (tmp_path / "stacks").mkdir()
    ended = run_app(tmp_path)
    assert ended.returncode == 1
    assert "ModuleNotFoundError: No module named 'stacks.nowhere'" in ended.stderr
    assert "fix: " not in ended.stderr
