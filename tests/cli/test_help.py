"""`--help` reads well, and says the same as the golden files."""

from __future__ import annotations

import pytest

from tests.cli.desk import assert_golden

COMMANDS = [
    "init",
    "validate",
    "plan",
    "explain",
    "status",
    "sweep",
    "approve",
    "pause",
    "unpause",
    "release",
]
COMMANDS += ["release", "history", "report", "setup", "doctor", "drill"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_as_reviewed(desk, command):
    result = desk.run(*command.split(), "--help")
    assert result.exit_code == 0
    assert_golden(f"help-{command or 'rollcall'}.txt", result.stdout)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_h_is_short_for_help(desk, command):
    assert desk.run(*command.split(), "-h").stdout == desk.run(*command.split(), "--help").stdout


def test_shells_complete_commands_and_options(desk, monkeypatch):
    for typed, offered in (("rollcall expl", "explain"), ("rollcall sweep --fol", "--follow")):
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
        monkeypatch.setenv("_ROLLCALL_COMPLETE", "complete_bash")
        assert desk.run().stdout.split() == [offered]


def test_without_a_command_the_help_is_shown(desk):
    assert "Commands" in desk.run().stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["explain"], "Missing argument 'ACCOUNT'"),
        (["explain", "1234"], "an account ID has 12 digits"),
        (["explain", "\uff11" * 12], "an account ID has 12 digits"),
        (["explain", "1111-2222-3333"], "an account ID has 12 digits: write 111122223333"),
        (["explain", "222222222222", "--nope"], "No such option"),
        (["expalin", "222222222222"], "Did you mean 'explain'"),
        (["--nope"], "No such option"),
        (["explain", "222222222222", "--ou", "Sandbox"], "use them with --offline only"),
        (["explain", "222222222222", "--offline", "--tag", "scope"], "key=value"),
    ],
)
def test_a_slip_of_the_keyboard_is_an_error_and_never_looks_like_a_difference(desk, arguments, text):
    result = desk.run(*arguments)
    assert result.exit_code == 1
    assert text in " ".join(result.stderr.replace("│", " ").split())
    assert not desk.calls


def test_the_version_is_that_of_the_package(desk, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", {"rollcall": "1.2.3"}.__getitem__)
    assert desk.run("--version").stdout == "rollcall 1.2.3\n"
