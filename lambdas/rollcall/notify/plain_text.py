"""A message as plain text with a subject, as the alert topic takes it: it reads well as e-mail."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.notify.message import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall.notify.message import Fact, Message
    from rollcall.outcomes.outcome import Stage

#: SNS takes printable ASCII only, and says "less than 100 characters".
#: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_LENGTH = 99
#: Our own sentences are wrapped to fit a phone; values stay in one piece, to be copied.
_WIDTH = 45
_SECTIONS_LENGTH = 50_000  # characters, of up to four bytes
_NOT_IN_SUBJECTS = re.compile("[^ -~]")
_COMMAND = re.compile(r"`[^`]*`")
_NO_BREAK = "\N{NO-BREAK SPACE}"  # none is left in a message: it cannot be printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Subject (printable ASCII, at most 99 characters), plain text, and the message's own attributes."""

    incident_id: str
    stage: Stage
    subject: str
    text: str
    attributes: Mapping[str, str]


def render_plain_text(message: Message) -> Alert:
    """The message as an alert of the topic."""
    return Alert(
        incident_id=message.incident_id,
        stage=message.stage,
        subject=_write_subject(message),
        text="\n".join(_render_lines(message)) + "\n",
        attributes=message.attributes,
    )


def _write_subject(message: Message) -> str:
    text = f"[{message.severity.name}] {message.headline}"
    return shorten(_NOT_IN_SUBJECTS.sub("?", text), SUBJECT_LENGTH)


def _render_lines(message: Message) -> Iterator[str]:
    yield from (f"[{message.severity.name}] {message.headline}", "", *map(_render_line, message.facts))
    yield from _render_sections(message)
    if message.next_steps:
        yield from ("", "WHAT TO DO")
        for step in message.next_steps:
            yield from _wrap_step(step)
    yield ""
    yield from (f"{link.label}: {link.target}" for link in message.links)
    yield from map(_render_line, message.ids)


def _render_sections(message: Message) -> Iterator[str]:
    """As many as there is room for: SNS takes 256 KiB, and what comes after them is what to do."""
    room = _SECTIONS_LENGTH
    for number, section in enumerate(message.sections):
        lines = [
            "",
            section.title.upper(),
            *map(_render_line, section.facts),
            *(f"- {item}" for item in section.items),
        ]
        room -= sum(map(len, lines))
        if room < 0:
            yield from ("", f"{len(message.sections) - number} more parts are left out here")
            return
        yield from lines


def _wrap_step(step: str) -> list[str]:
    """The step in lines; a command in backticks stays on one, to be copied."""
    whole = _COMMAND.sub(lambda command: command[0].replace(" ", _NO_BREAK), step)
    lines = textwrap.wrap(
        whole,
        width=_WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]


def _render_line(one: Fact) -> str:
    return f"{one.label}: {one.value}"
