"""What `make demo` leaves behind and answers, on a stage where nothing is deployed: that costs no time."""

from __future__ import annotations

import json
from contextlib import nullcontext
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from localcloud import demo
from localcloud.story.progress import Progress
from localcloud.story.shell import CommandFailedError
from tests.cloud.tools import PATIENCE_SECONDS

if TYPE_CHECKING:
    from pathlib import Path


class Empty:
    """A stage that only notes what is done on it."""

    def __init__(self, out: Path, *, strays: int = 0) -> None:
        self.out, self.did = out, list[str]()
        self.fault: Exception | None = None
        out.mkdir()
        bridge = SimpleNamespace(lost=[])
        mail = SimpleNamespace(list_messages=lambda: [{}] * strays, path=out / "alerts.jsonl")
        slack = SimpleNamespace(list_messages=list)
        self.cloud = nullcontext(SimpleNamespace(endpoint="here", bridge=bridge, mail=mail, slack=slack))

    def prepare(self, *variants: Path) -> dict[str, Any]:
        assert [one.name for one in variants] == ["wrong-mailbox", "right-mailbox"]
        self.did.append("prepare")
        return {}

    def deploy(self) -> dict[str, Any]:
        self.did.append("deploy")
        return {}

    def fetch_report(self) -> Path:
        self.did.append("report")
        if self.fault is not None:
            raise self.fault
        page = self.out / "report.html"
        page.write_text("<!doctype html>")
        return page


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Plays a demo of two steps; its stage is the attribute `stage`."""
    # They read all of moto, which takes seconds.
    from localcloud.story import play as story  # noqa: PLC0415
    from localcloud.story.scene import DemoStep  # noqa: PLC0415

    def play(*, ok: bool = True, strays: int = 0, fault: Exception | None = None) -> Any:
        stage = Empty(tmp_path / "out", strays=strays)
        stage.fault = fault

        def steps(_scene: object, _first: object) -> Any:
            for name in ("one", "two"):
                stage.did.append(name)
                yield DemoStep(name=name, expected="e", observed="e", seconds=0.1, ok=ok, alerts=())

        monkeypatch.setattr(story, "DemoStage", lambda *_, **__: stage)
        monkeypatch.setattr(story, "Scene", lambda *_: None)
        monkeypatch.setattr(story, "give_contacts", lambda *_: None)
        monkeypatch.setattr(story, "chapters", SimpleNamespace(play=steps))
        return SimpleNamespace(status=demo.main(["--out", str(stage.out)]), stage=stage)

    return play


def test_the_demo_leaves_the_summary_and_the_report_of_its_last_sweep(played: Any) -> None:
    done = played()
    assert done.status == 0
    assert done.stage.did == ["prepare", "deploy", "one", "two", "report"]
    assert [step["name"] for step in json.loads((done.stage.out / "summary.json").read_text())["steps"]] == [
        "one",
        "two",
    ]
    assert (done.stage.out / "report.html").exists()


def test_a_step_that_differs_is_an_error_and_the_report_is_there_all_the_same(played: Any) -> None:
    done = played(ok=False)
    assert done.status == 1
    assert (done.stage.out / "report.html").exists()


def test_an_alert_that_no_step_expected_is_an_error(played: Any) -> None:
    assert played(strays=1).status == 1


def test_a_report_that_cannot_be_fetched_is_an_error_of_the_stage(played: Any) -> None:
    assert played(fault=CommandFailedError("rollcall report exited with 1")).status == 2


def test_the_demo_repeats_what_it_does_while_that_takes_long(
    played: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeated = Event()

    def write(text: str) -> None:
        if text.endswith("the local cloud answers on here: 0 s so far"):
            repeated.set()

    monkeypatch.setattr(demo, "Progress", lambda _: Progress(write, repeat_seconds=0.01))
    monkeypatch.setattr(Empty, "prepare", lambda *_: {"waited": repeated.wait(PATIENCE_SECONDS)})
    assert played().status == 0
    assert repeated.is_set()
