"""Whatever command an alert or the runbook names is there, and takes what is named with it."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from rollcall.events.monitored import MONITORED_EVENTS
from rollcall.notify import words
from rollcall.outcomes import notice_kinds
from rollcall_cli.app import app

GROUP: Any = typer.main.get_command(app)
COMMANDS = GROUP.commands
PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
TEXTS = [
    PAGE.read_text(encoding="utf-8"),
    *(one.do for one in notice_kinds.NOTICES.values()),
    *(one.next_step for one in (*words.WORDS.values(), *words.CLOSING.values(), words.AUTHORISED)),
    *(one.next_step for one in MONITORED_EVENTS.values()),
]
NAMED = sorted({named for text in TEXTS for named in re.findall(r"`rollcall ([^`]+)`", text)})


@pytest.mark.parametrize("named", NAMED)
def test_a_command_that_people_are_told_to_type_is_there(named):
    name, *rest = re.findall(r'"[^"]*"|\S+', named)
    command = COMMANDS[name]
    options = {option for parameter in command.params for option in parameter.opts}
    needed = {
        option
        for parameter in command.params
        if parameter.required and parameter.param_type_name == "option"
        for option in parameter.opts
    }
    flags = {option for one in command.params if getattr(one, "is_flag", False) for option in one.opts}
    given = {word for word in rest if word.startswith("--")}
    if not rest:
        return  # the command by its name, in a sentence
    assert given <= options
    assert needed <= given
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    values = [word for word in rest if not word.startswith("--")]
    positional = len(values) - len(given - flags)
    assert positional <= len(arguments)
    assert positional >= len([one for one in arguments if one.required])
