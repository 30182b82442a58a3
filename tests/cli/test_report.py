"""`rollcall report`: the last report, or another one, as page, JSON or CSV."""

from __future__ import annotations

import json
import webbrowser
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from rollcall.report.csv_file import write_csv
from rollcall.report.page import render
from tests.cli.desk import HUB
from tests.support.reports import sample_report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.world import World

BUCKET = "rollcall-reports"


@pytest.fixture
def sample(world: World) -> dict[str, Any]:
    """The report of a run, stored as the sweep stores it."""
    report = sample_report(12)
    client, run = world.client("s3", HUB), report["run"]["run"]
    client.create_bucket(Bucket=BUCKET)
    assert world.deployed.outputs is not None
    world.deployed.outputs["ReportsBucketName"] = BUCKET
    for key, text in (
        ("latest.json", json.dumps(report)),
        (f"{run}/report.json", json.dumps(report)),
        (f"{run}/report.csv", write_csv(report)),
        (f"{run}/report.html", render(report)),
    ):
        client.put_object(Bucket=BUCKET, Key=f"reports/{key}", Body=text.encode())
    return report


def test_the_page_is_written_under_the_name_of_its_run(
    world: World, sample: dict[str, Any], tmp_path: Path
) -> None:
    result = world.run("report")
    assert result.exit_code == 0, result.stderr
    path = tmp_path / f"rollcall-report-{sample['run']['run']}.html"
    assert result.stdout == f"Wrote {path}, the report of run {sample['run']['run']}.\n"
    assert path.read_text() == render(sample)


def test_json_and_csv_go_to_standard_output(world: World, sample: dict[str, Any]) -> None:
    assert json.loads(world.run("report", "--format", "json", "--out", "-").stdout) == sample
    assert (
        world.run("report", "--format", "csv", "--out", "-")
        .stdout.splitlines()[0]
        .startswith('"account_id",')
    )


@pytest.mark.parametrize("as_format", ["csv", "json", "html"])
def test_no_control_character_of_any_report_reaches_a_terminal(
    world: World, sample: dict[str, Any], as_format: str
) -> None:
    evil = "\x1b[2J\x7f\x9b31m\u202e\U000e0101"
    body = f"a,{evil}\r\nb\rc\n" if as_format != "json" else json.dumps({"a": evil}, ensure_ascii=False)
    key = f"reports/{sample['run']['run']}/report.{as_format}"
    world.client("s3", HUB).put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    shown = world.run("report", "--format", as_format, "--out", "-").stdout
    assert shown.replace("\n", "").isprintable()
    assert shown.isascii()
    if as_format == "json":
        assert json.loads(shown) == {"a": evil}
    else:
        assert shown.startswith(r"a,\u{1b}[2J\u{7f}")
        assert shown.endswith("\nb\\u{d}c\n")


def test_the_page_can_be_opened(
    world: World, sample: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    world.run("report", "--open", "--out", "last.html")
    assert opened == [(tmp_path / "last.html").as_uri()]
    assert sample["run"]["run"] in (tmp_path / "last.html").read_text()


@pytest.mark.usefixtures("sample")
def test_where_there_is_no_browser_the_file_is_there_all_the_same(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    result = world.run("report", "--open", "--out", "last.html")
    assert (result.exit_code, (tmp_path / "last.html").exists()) == (0, True)
    assert "No browser could be started" in result.stderr


@pytest.mark.usefixtures("sample")
def test_what_is_no_page_is_not_opened(world: World) -> None:
    result = world.run("report", "--open", "--format", "csv")
    assert result.exit_code == 1
    assert "--open needs the HTML format and a file" in result.stderr


@pytest.mark.usefixtures("sample")
def test_a_run_without_a_report_is_said(world: World) -> None:
    result = world.run("report", "--run", "20260101T000000Z-000000")
    assert result.exit_code == 1
    assert "there is no report reports/20260101T000000Z-000000/report.html" in result.stderr
    assert "reports.retention_days" in result.stderr


def test_before_the_first_sweep_there_is_none(world: World) -> None:
    world.client("s3", HUB).create_bucket(Bucket=BUCKET)
    assert world.deployed.outputs is not None
    world.deployed.outputs["ReportsBucketName"] = BUCKET
    result = world.run("report")
    assert result.exit_code == 1
    assert "no sweep has finished yet" in result.stderr
    assert "rollcall sweep" in result.stderr


class _CutOff:
    """A body whose connection breaks: the error of botocore is one of this machine, too."""

    def read(self) -> bytes:
        raise ReadTimeoutError(endpoint_url="x")


@pytest.mark.usefixtures("sample")
def test_a_report_that_is_cut_off_on_its_way_is_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client("s3", HUB)
    monkeypatch.setattr(client, "get_object", lambda **_: {"Body": _CutOff()})
    result = world.run("report")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: AWS did not answer completely: ReadTimeoutError\nfix: check")


@pytest.mark.usefixtures("sample")
def test_credentials_that_may_not_ask_for_the_stack_are_told(world: World) -> None:
    refused: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}}
    world.failures["cloudformation"] = [ClientError(refused, "DescribeStacks")]
    result = world.run("report")
    assert result.exit_code == 1
    assert (
        "error: the credentials are not allowed to call DescribeStacks\nfix: allow it for their role"
        in result.stderr
    )


@pytest.mark.usefixtures("sample")
def test_credentials_that_may_not_read_reports_are_told_which_may(world: World) -> None:
    refused: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}}
    world.failures["s3"] = [ClientError(refused, "GetObject")]
    result = world.run("report")
    assert result.exit_code == 1
    assert "assume the role rollcall-reader" in result.stderr


def test_a_stack_of_an_earlier_release_is_said(world: World) -> None:
    result = world.run("report")
    assert result.exit_code == 1
    assert "no output ReportsBucketName" in result.stderr


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("run", ["../../etc", "latest", "20261005T093000Z-1f2e3d/../x", ""])
def test_a_run_is_named_as_runs_are(world: World, run: str) -> None:
    result = world.run("report", "--run", run)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "a run ID looks like" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "latest",
    [b"", b"{", b"[]", b'{"run": "x"}', b'{"run": {"run": "../../../tmp/x"}}', b'{"run": {"run": 5}}'],
)
def test_a_last_report_that_is_none_is_not_taken_on_trust(
    world: World, sample: dict[str, Any], tmp_path: Path, latest: bytes
) -> None:
    world.client("s3", HUB).put_object(Bucket=BUCKET, Key="reports/latest.json", Body=latest)
    before = sorted(tmp_path.iterdir())
    result = world.run("report")
    assert result.exit_code == 1
    assert "reports/latest.json in the bucket of the reports is not a report of Rollcall" in result.stderr
    assert sorted(tmp_path.iterdir()) == before
    assert world.run("report", "--run", sample["run"]["run"]).exit_code == 0


@pytest.mark.usefixtures("sample")
def test_a_file_that_cannot_be_written_is_said(world: World, tmp_path: Path) -> None:
    result = world.run("report", "--out", "not/there.html")
    assert result.exit_code == 1
    assert f"{tmp_path / 'not' / 'there.html'} cannot be written: No such file" in result.stderr.replace(
        "\n", ""
    )
    assert "name another file with --out" in result.stderr


@pytest.mark.usefixtures("sample")
def test_the_file_is_for_the_person_who_fetched_it_alone(world: World, tmp_path: Path) -> None:
    world.run("report", "--out", "last.html")
    assert (tmp_path / "last.html").stat().st_mode & 0o077 == 0


def test_a_bucket_that_was_deleted_is_said(world: World) -> None:
    assert world.deployed.outputs is not None
    world.deployed.outputs["ReportsBucketName"] = BUCKET
    result = world.run("report")
    assert result.exit_code == 1
    assert f"the bucket of the reports, {BUCKET}, does not exist" in result.stderr
