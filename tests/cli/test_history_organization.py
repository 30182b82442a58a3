"""`rollcall history` of the organization: who changed what, for how long, what is open, and one incident."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from rollcall.events.signal import Cause
from rollcall.grouping.model import Line
from rollcall.model.contact import ContactKind
from rollcall.model.levels import Severity
from rollcall.outcomes.outcome import make_incident_id, name_incident
from rollcall.sweep.apply_account import SWEEP
from rollcall_cli.history.reading import THREADS, HistoryReader
from tests.cli.desk import HUB, PAYMENTS, PLAYGROUND, SHOP, assert_golden
from tests.cli.scenes import operated
from tests.support import samples
from tests.support.ledger_books import BUCKET, OPENED, Books
from tests.support.record_samples import make_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.contact.record import KnownEdit
    from rollcall.decide.intent import Intent
    from tests.cli.world import World

ROOT = "arn:aws:iam::666677778888:root"
GROUPED = "RC-00112233aabb"


@pytest.fixture
def books(make_world: Callable[..., World]) -> Books:
    found = Books(make_world(operated))
    found.world.clock._now = OPENED + timedelta(hours=2)
    return found


def show(books: Books, *arguments: str) -> dict[str, Any]:
    result = books.world.run("history", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def find_id(intent: Intent) -> str:
    return make_incident_id(event=intent.signal.event, signal=intent.signal)


def left(at: int = 10, **more: Any) -> KnownEdit:
    """An edit by a root user that audit mode left in place."""
    when = OPENED + timedelta(minutes=at)
    known: dict[str, Any] = {
        "at": when,
        "principal": ROOT,
        "root": True,
        "published": "would-set",
        "published_at": when,
    }
    return make_edit(**known | more)


def fill(books: Books) -> None:
    books.write(1)
    books.write(2, account=SHOP, kind=ContactKind.BILLING, cause=Cause.ACCOUNT_MOVED)
    for number in range(3):
        books.write(20 + number, account=SHOP, cause=Cause.SWEPT, actor=SWEEP)
    books.edit(PLAYGROUND, left(), left(12, key="e2", published="set-by-others"), left=True)


def test_the_organization_is_a_table_that_a_pipe_keeps_whole(books: Books) -> None:
    fill(books)
    result = books.world.run("history")
    assert result.exit_code == 0
    assert_golden("history-organization.txt", result.stdout)


def test_an_edit_that_was_not_restored_is_there_although_the_ledger_has_none(books: Books) -> None:
    books.edit(PLAYGROUND, left(), left=True)
    document = show(books)
    assert document["writes"] == []
    assert document["edits"] == [
        {
            "incident_id": name_incident("edit-1", PLAYGROUND),
            "account_id": PLAYGROUND,
            "kind": "SECURITY",
            "at": (OPENED + timedelta(minutes=10)).isoformat(),
            "principal": ROOT,
            "root": True,
            "verdict": "would-set",
            "open": True,
            "wrong_seconds": 110 * 60,
        }
    ]
    assert [one["reason"] for one in document["open"]] == ["left changed"]
    text = books.world.run("history", PLAYGROUND, "security").stdout
    assert "security  NOT restored, open\n" in text
    assert "wrong for 110 min so far" in text


def test_an_edit_and_its_write_are_one_line(books: Books) -> None:
    intent = books.write(1)
    edit = make_edit(key=intent.signal.event.key, at=OPENED + timedelta(minutes=1), published="set")
    books.edit(PAYMENTS, edit, left=False)
    shown = books.world.run("history").stdout
    assert shown.count(find_id(intent)) == 1
    assert "restored  1 s        " in shown


def test_only_what_happened_since_is_shown(books: Books) -> None:
    old, new = books.write(1), books.write(100)
    assert [one["id"] for one in show(books)["writes"]] == [old.id, new.id]
    assert [one["id"] for one in show(books, "--since", "1h")["writes"]] == [new.id]
    assert [one["id"] for one in show(books, PAYMENTS, "--since", "1h")["writes"]] == [new.id]
    books.world.clock.sleep(8 * 86400)
    assert show(books)["writes"] == []
    assert len(show(books, PAYMENTS)["writes"]) == 2


@pytest.mark.parametrize("days", [40, 400])
def test_months_and_years_back_are_read_across_their_ends(books: Books, days: int) -> None:
    minutes = -days * 24 * 60
    old, _ = books.write(minutes), books.write(minutes - 24 * 60)
    new = books.write(1)
    assert [one["id"] for one in show(books, "--since", f"{days}d")["writes"]] == [new.id]
    assert [one["id"] for one in show(books, "--since", f"{days + 1}d")["writes"]] == [old.id, new.id]


def test_what_is_open_is_shown_without_the_rest(books: Books) -> None:
    fill(books)
    result = books.world.run("history", "--open")
    assert_golden("history-open.txt", result.stdout)
    assert "ListObjectVersions" not in str(books.world.calls)


def test_a_write_in_progress_is_open(books: Books) -> None:
    intent = books.write(1, outcome=False)
    record = books.state.load(PAYMENTS, intent.kind)
    assert books.state.save(replace(record, intent=intent.lock), at=OPENED)
    assert [one["reason"] for one in show(books, "--open")["open"]] == ["write in progress"]
    assert "write in progress, open" in books.world.run("history", "--open").stdout


def test_nothing_open_is_said(books: Books) -> None:
    books.write(1)
    assert books.world.run("history", "--open").stdout == "No edit is known; nothing is open.\n"


def test_an_incident_is_found_with_its_writes(books: Books) -> None:
    books.write(1)
    intent = books.write(2, account=SHOP)
    document = show(books, "--incident", find_id(intent))
    assert [one["id"] for one in document["writes"]] == [intent.id]
    text = books.world.run("history", "--incident", find_id(intent)).stdout
    assert "from      192.0.2.10" in text
    assert f"account   {SHOP}" in text


def test_an_incident_that_left_no_record_is_said(books: Books) -> None:
    books.write(1)
    result = books.world.run("history", "--incident", GROUPED)
    assert result.stdout == f"Nothing is recorded of {GROUPED}: see its alert.\n"


def line(incident_id: str, account_id: str, **more: Any) -> Line:
    known: dict[str, Any] = {
        "incident_id": incident_id,
        "account_id": account_id,
        "account": {"id": account_id, "name": "x", "ou": ""},
        "kinds": ("SECURITY",),
        "cause": "contact-edited",
        "event": "PutAlternateContact",
        "verdict": "denied",
        "severity": Severity.LOW,
        "actor": {"principal": "arn:aws:iam::444455556666:user/\x1b[31mmallory"},
        "at": OPENED + timedelta(minutes=10),
        "judged_at": OPENED + timedelta(minutes=10),
    }
    return Line(**known | more)


def test_a_grouped_incident_shows_the_lines_of_its_messages_and_their_outcomes(books: Books) -> None:
    intent, _ = books.write(2, account=SHOP), books.write(3, account=PAYMENTS)
    refused = line("RC-0123456789ab", PLAYGROUND)
    left = line("RC-0123456789ad", HUB, verdict="exempt", left=True)
    policy = line("RC-0123456789ae", "", kinds=(), verdict="notified", event="DetachPolicy")
    books.ledger.record_lines(GROUPED, 0, [line(find_id(intent), SHOP, verdict="set"), left])
    books.ledger.record_lines(GROUPED, 1, [refused, left, policy])
    document = show(books, "--incident", GROUPED)
    assert [one["id"] for one in document["writes"]] == [intent.id]
    ids = [one["incident_id"] for one in document["lines"]]
    assert ids == [find_id(intent), left.incident_id, refused.incident_id, policy.incident_id]
    text = books.world.run("history", "--incident", GROUPED).stdout
    assert "\x1b" not in text
    assert text.count(find_id(intent)) == 2  # a line of the table, and its block
    assert "666677778888 Playground        security  PutAlternateContact refused" in text
    assert "not restored (exempt), left changed" in text
    assert "DetachPolicy" in text


@pytest.mark.parametrize("lines", [{"lines": "x"}, {"lines": [{"at": 5}]}, {"lines": [[]]}, {}])
def test_lines_that_cannot_be_read_are_an_error(books: Books, lines: dict[str, Any]) -> None:
    key = f"ledger/alerts/{GROUPED}/000001-0123456789ab.json"
    books.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(lines).encode())
    result = books.world.run("history", "--incident", GROUPED)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the lines of the incident cannot be read" in result.stderr


def test_all_accounts_are_verified(books: Books) -> None:
    books.write(1)
    lost, gone = books.write(2, account=SHOP), books.write(3, account=PLAYGROUND)
    books.purge(books.key(lost, "outcome"))
    for record in ("intent", "outcome"):
        books.purge(books.key(gone, record))
    # The table knows of the write, though the ledger has no folder of its account any more.
    books.edit(PLAYGROUND, left(), left=True)
    books.later(hours=14)
    result = books.world.run("history", "--verify")
    assert result.exit_code == 2
    assert f"{SHOP} {lost.id}: the intent has no outcome" in result.stdout
    assert f"{PLAYGROUND} {gone.id}: all records were deleted" in result.stdout
    assert result.stdout.endswith("3 writes, 2 with errors, 0 not known, 0 in progress.\n")


def test_what_is_no_account_of_the_ledger_is_left_alone(books: Books) -> None:
    intent = books.write(1)
    for key in ("ledger/commands/x/command.json", "ledger/alerts/RC-1/1.json", "ledger/odd.txt"):
        books.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    assert [one["id"] for one in show(books, "--verify")["writes"]] == [intent.id]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--since", "7"], "30m, 12h or 7d"),
        (["--incident", "RC-../x"], "looks like RC-"),
        ([PAYMENTS, "--open"], "they do not go together"),
        (["--verify", "--since", "7d"], "they do not go together"),
        (["--open", "--incident", GROUPED], "they do not go together"),
    ],
)
def test_a_slip_is_an_error(books: Books, arguments: list[str], text: str) -> None:
    result = books.world.run("history", *arguments)
    assert result.exit_code == 1
    assert text in " ".join(result.stderr.replace("│", " ").split())


def test_minutes_are_a_time(books: Books) -> None:
    books.write(1)
    assert len(show(books, "--since", "130m")["writes"]) == 1
    assert show(books, "--since", "90m")["writes"] == []


def test_reads_run_side_by_side_and_show_how_far_they_are(books: Books) -> None:
    for minute in range(12):
        books.write(minute + 1)
    books.world.terminal = True
    result = books.world.run("history")
    assert result.exit_code == 0
    assert "reading records" in result.stderr


class Meeting:
    """S3 whose reads each wait for another one."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._met = threading.Barrier(2, timeout=20)

    def list_object_versions(self, **parameters: Any) -> Any:
        return self._client.list_object_versions(**parameters)

    def get_object(self, **parameters: Any) -> Any:
        self._met.wait()
        return self._client.get_object(**parameters)


def make_reader(books: Books, s3: Any) -> HistoryReader:
    return HistoryReader(
        s3=s3,
        bucket=BUCKET,
        contacts=books.state,
        clock=books.world.clock,
        console=Console(stderr=True),
        retention=timedelta(days=365),
        region="us-east-1",
    )


def test_objects_are_read_at_the_same_time(books: Books) -> None:
    for minute in range(4):
        books.write(minute + 1)
    found = make_reader(books, Meeting(books.s3)).read_organization(since=None, verify=False)
    assert len(found.writes) == 4


def test_an_interruption_ends_the_reading(books: Books) -> None:
    for minute in range(30):
        books.write(minute + 1)
    asked = []

    class Interrupted(Meeting):
        def get_object(self, **parameters: Any) -> Any:
            asked.append(parameters)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_reader(books, Interrupted(books.s3)).read_organization(since=None, verify=False)
    assert len(asked) <= THREADS


def test_a_name_that_holds_control_characters_is_shown_as_text(books: Books) -> None:
    actor = replace(samples.INTENT.signal.actor, principal="arn:aws:iam::1:user/\x1b[2Jx")
    books.write(1, actor=actor)
    assert "\x1b" not in books.world.run("history").stdout
    assert books.world.client("s3", HUB)


def test_commands_of_operators_are_lines_with_how_they_ended(books: Books) -> None:
    whose = {"by": "arn:aws:sts::111111111111:assumed-role/rollcall-operator/alice", "user_id": "A:alice"}
    books.ledger.record_command("one", "command", {"operation": "pause", "reason": "freeze", **whose})
    books.ledger.record_command("one", "result", {"done": True, "paused": True})
    books.ledger.record_command("two", "refusal", {"operation": "approve", "by": None, "refused": "forged"})
    books.ledger.record_command(
        "three", "command", {"operation": "release", "account": SHOP, "kind": "BILLING"} | whose
    )
    books.s3.put_object(Bucket=BUCKET, Key="ledger/commands/four/command.json", Body=b"no JSON")
    found = {one["execution"]: one for one in show(books, "--since", "9999d")["commands"]}
    assert (found["one"]["operation"], found["one"]["done"], found["one"]["reason"]) == (
        "pause",
        True,
        "freeze",
    )
    assert (found["two"]["by"], found["two"]["refused"]) == (None, "forged")
    lines = books.world.run("history", "--since", "9999d").stdout.splitlines()
    texts = {" ".join(line.split()[2:]) for line in lines}
    assert {
        f"pause: done {whose['by']}",
        "approve: refused unknown",
        "unreadable command unknown",
    } <= texts
    (line,) = [line for line in lines if "release: not finished" in line]
    assert f"  {SHOP} " in line
    assert "  billing  " in line
    books.write(1)
    assert show(books, PAYMENTS)["commands"] == []
