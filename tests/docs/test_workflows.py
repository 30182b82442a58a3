"""What GitHub and pre-commit run is what a contributor runs."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
FILES = [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def made(path):
    return re.findall(r"^(?:\s*- run: )?make ([a-z-]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_ci_runs_what_decides_whether_a_change_lands():
    assert made(WORKFLOW) == made(ROOT / ".ci" / "run")
    assert set(made(WORKFLOW)) <= TARGETS
    assert len(made(WORKFLOW)) >= 4


def test_ci_runs_on_each_supported_version():
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    assert job["strategy"]["matrix"] == {"python": ["3.11", "3.12", "3.13", "3.14"], "node": ["22", "24"]}


def test_actions_are_pinned_and_may_read_only():
    text = WORKFLOW.read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.*)", text)
    assert [one for one in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []
    assert len(uses) >= 3
    document = yaml.safe_load(text)
    assert document["permissions"] == {}
    assert [job["permissions"] for job in document["jobs"].values()] == [{"contents": "read"}]
    assert "secrets." not in text


def test_every_file_is_yaml():
    assert len(FILES) >= 6
    assert [
        file for file in FILES if not isinstance(yaml.safe_load(file.read_text(encoding="utf-8")), dict)
    ] == []


def test_pre_commit_downloads_no_tool():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert {hook["entry"].split()[0] for hook in hooks} == {".venv/bin/ruff", ".venv/bin/mypy"}
