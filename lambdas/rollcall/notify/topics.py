"""A message as topics take it: plain text, which reads well as e-mail, and a notification for Amazon Q."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall.notify.block_kit import escape, escape_advice, quote
from rollcall.notify.message import Fact, Message, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


#: Not in the guide; in the OpenAPI schema beside it, as others read it.
TITLE_LENGTH: Final = 250
DESCRIPTION_LENGTH: Final = 8000
_LINE_LENGTH: Final = 1000
_MORE: Final = "\n... (cut: the rest is in the alert topic)"


def render_chat(message: Message) -> dict[str, Any]:
    """What is published to the topic of Amazon Q, as JSON. Messages of one incident share a thread.

    https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html. A body of any other shape is not
    delivered, without a word.
    """
    return {
        "version": "1.0",
        "source": "custom",
        "id": f"{message.incident_id}/{message.step}",
        "content": {
            "textType": "client-markdown",
            "title": quote(f"{message.severity.name}: {message.headline}", TITLE_LENGTH),
            "description": _render_description(message),
            "nextSteps": [escape_advice(step, _LINE_LENGTH) for step in message.next_steps],
            "keywords": [message.severity.name, message.attributes["cause"], message.incident_id],
        },
        "metadata": {
            "threadId": message.incident_id,
            "summary": quote(message.headline, TITLE_LENGTH),
            "eventType": message.attributes["cause"],
            "relatedResources": [message.attributes["account"]],
            "additionalContext": dict(message.attributes),
        },
    }


def _render_description(message: Message) -> str:
    text = ""
    for line in _render_markdown(message):
        if len(text) + len(line) + 1 > DESCRIPTION_LENGTH - len(_MORE):
            return text + _MORE
        text += ("\n" if text else "") + line
    return text


def _render_markdown(message: Message) -> Iterator[str]:
    yield from map(_render_fact, message.facts)
    for section in message.sections:
        yield from ("", f"*{escape(section.title, _LINE_LENGTH)}*", *map(_render_fact, section.facts))
        yield from (f"• {quote(item, _LINE_LENGTH)}" for item in section.items)
    yield ""
    yield from (f"{link.label}: {escape(link.target, _LINE_LENGTH)}" for link in message.links)
    yield from map(_render_fact, message.ids)


def _render_fact(fact: Fact) -> str:
    return f"*{fact.label}:* {quote(fact.value, _LINE_LENGTH)}"
