"""A message as a custom notification of Amazon Q Developer in chat applications.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html. A body of any other shape is not
delivered, without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.notify.block_kit import escape, escape_advice, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.notify.message import Fact, Message

# Not in the guide; in the OpenAPI schema beside it, as others read it.
TITLE_LENGTH: Final = 250
DESCRIPTION_LENGTH: Final = 8000
_LINE_LENGTH: Final = 1000
_MORE: Final = "\n... (cut: the rest is in the alert topic)"


def render_chat(message: Message) -> dict[str, Any]:
    """What is published to the chat topic, as JSON. Messages of one incident share a thread."""
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
    for line in _render_lines(message):
        if len(text) + len(line) + 1 > DESCRIPTION_LENGTH - len(_MORE):
            return text + _MORE
        text += ("\n" if text else "") + line
    return text


def _render_lines(message: Message) -> Iterator[str]:
    yield from map(_render_line, message.facts)
    for section in message.sections:
        yield from ("", f"*{escape(section.title, _LINE_LENGTH)}*", *map(_render_line, section.facts))
        yield from (f"• {quote(item, _LINE_LENGTH)}" for item in section.items)
    yield ""
    yield from (f"{link.label}: {escape(link.target, _LINE_LENGTH)}" for link in message.links)
    yield from map(_render_line, message.ids)


def _render_line(fact: Fact) -> str:
    return f"*{fact.label}:* {quote(fact.value, _LINE_LENGTH)}"
