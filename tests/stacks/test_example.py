"""The example is used where nothing else is there, says so, and reaches no AWS account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localcloud.kept import ROOT
from rollcall_config.configuration import EXAMPLE, OWN, find_directory
from rollcall_config.document import ConfigError
from tests.stacks.assembly import STACKS, Assembly, synthesize

if TYPE_CHECKING:
    from pathlib import Path


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize("own", ["organization.yaml", "contacts.yaml"])
def test_the_users_own_wins_even_if_it_is_half_written(tmp_path: Path, own: str) -> None:
    put(tmp_path, f"{EXAMPLE}/organization.yaml", f"{EXAMPLE}/contacts.yaml")
    found = find_directory(tmp_path, None)
    assert (found.name, found.is_example) == (EXAMPLE, True)
    put(tmp_path, f"{OWN}/{own}")
    found = find_directory(tmp_path, None)
    assert (found.name, found.is_example) == (OWN, False)


@pytest.mark.parametrize("named", [EXAMPLE, f"{EXAMPLE}/", f"./{EXAMPLE}", "{root}/config/example"])
def test_the_example_is_the_example_however_it_is_named(tmp_path: Path, named: str) -> None:
    put(tmp_path, f"{EXAMPLE}/contacts.yaml", f"{OWN}/contacts.yaml", "other/contacts.yaml")
    assert find_directory(tmp_path, named.format(root=tmp_path)).is_example
    assert not find_directory(tmp_path, "other").is_example


def test_cloudformation_refuses_each_stack_of_the_example() -> None:
    for template in synthesize(EXAMPLE).templates.values():
        (assertion,) = template.body["Rules"]["ExampleConfiguration"]["Assertions"]
        one, other = assertion["Assert"]["Fn::Equals"]
        assert one != other
        assert "`rollcall init`" in assertion["AssertDescription"]


def test_it_refuses_no_other(assembly: Assembly) -> None:
    for name in STACKS:
        assert "ExampleConfiguration" not in assembly.templates[name].body.get("Rules", {})


@pytest.mark.parametrize(
    ("endpoint", "refused"),
    [("http://127.0.0.1:4588", False), ("http://localhost:4588", False), ("https://vpce.example.com", True)],
)
def test_the_local_cloud_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str, refused: bool
) -> None:
    from aws_cdk import App, Stack  # noqa: PLC0415  # it starts Node, which takes seconds

    from stacks.example import refuse_deployment  # noqa: PLC0415  # same

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    stack = Stack(app, "Any")
    refuse_deployment(stack)
    app.synth()
    template = json.loads((tmp_path / stack.template_file).read_text(encoding="utf-8"))
    assert ("ExampleConfiguration" in template["Rules"]) is refused


def test_other_tools_get_no_templates_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from stacks import templates  # noqa: PLC0415  # it starts Node, which takes seconds

    monkeypatch.setattr("sys.argv", ["templates", "--out", str(tmp_path / "out"), "--config", EXAMPLE])
    assert templates.main() == 1
    assert "which AWS refuses to deploy" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_synth_says_which_directory_it_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import app  # noqa: PLC0415  # it starts Node, which takes seconds

    monkeypatch.setattr(app, "ROOT", tmp_path)
    put(tmp_path, "config/contacts.yaml", "elsewhere/contacts.yaml")
    (tmp_path / "cdk.json").write_text((ROOT / "cdk.json").read_text(encoding="utf-8"), encoding="utf-8")
    for variable, said in (("", "config"), ("elsewhere", "elsewhere")):
        monkeypatch.setenv("ROLLCALL_CONFIG", variable)
        with pytest.raises(ConfigError, match=f"^{said}/contacts.yaml"):
            app.build(outdir=tmp_path / "out")
        assert ("Configuration: config (" in capsys.readouterr().err) is (said == "config")
