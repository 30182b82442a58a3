"""A message for Slack, in Block Kit, within Slack's limits whatever the values are.

https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.model.levels import Severity
from rollcall.notify.markup import advice, escaped, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rollcall.notify.message import Fact, Message, Section

BLOCKS: Final = 50
HEADER_LENGTH: Final = 150
SECTION_LENGTH: Final = 3000
#: Slack documents no limit for all blocks together, and refuses some 13,000 characters as too long:
#: https://github.com/slackapi/bolt-js/issues/2509
TOTAL_LENGTH: Final = 12_000
_SECTIONS_LENGTH: Final = 5000
_LINE_LENGTH: Final = 450
_ITEM_LENGTH: Final = 350
_TITLE_LENGTH: Final = 200
_MOST_LINES: Final = 6  # of one section, which then stays below 3,000 characters
_OTHER_BLOCKS: Final = 12  # header, facts, next steps, links, ids
_SIGNS: Final = {
    Severity.CRITICAL: "\N{LARGE RED CIRCLE}",
    Severity.HIGH: "\N{LARGE ORANGE CIRCLE}",
    Severity.MEDIUM: "\N{LARGE YELLOW CIRCLE}",
    Severity.LOW: "\N{LARGE BLUE CIRCLE}",
    Severity.INFO: "\N{MEDIUM WHITE CIRCLE}",
}


def block_kit(message: Message, *, quotes: bool) -> dict[str, Any]:
    """Text for the notification, and blocks.

    `quotes`: the message begins with the id of its incident, for want of a thread to stand in.
    """
    title = f"{_SIGNS[message.severity]} {message.severity.name}: {message.headline}"
    return {
        # What a phone shows on its locked screen; `mrkdwn` off, so that no name is bold in it.
        "text": escaped(title, HEADER_LENGTH * 2),
        "mrkdwn": False,
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": escaped(title, HEADER_LENGTH), "emoji": False},
            },
            *([_markup([f"&gt; Incident *{message.incident_id}*, told before"])] if quotes else []),
            *_chunks([_line(fact) for fact in message.facts]),
            *_sections(message.sections),
            *_chunks(["*What to do next*", *map(_step, message.next_steps)]),
            *map(_context, filter(None, (_links(message), [_line(fact) for fact in message.ids]))),
        ],
    }


def _sections(sections: Iterable[Section]) -> Iterator[dict[str, Any]]:
    """Sections one after the other, as long as there is room; the last then says how many are missing."""
    ordered = list(sections)
    room, blocks = _SECTIONS_LENGTH, BLOCKS - _OTHER_BLOCKS
    for number, section in enumerate(ordered):
        lines = [_line(fact) for fact in section.facts]
        lines += [f"• {quoted(item, _ITEM_LENGTH)}" for item in section.items]
        chunks = list(_chunks([f"*{escaped(section.title, _TITLE_LENGTH)}*", *lines]))
        room -= sum(map(len, lines))
        blocks -= len(chunks)
        if room < 0 or blocks < 0:
            yield _context([f"{len(ordered) - number} more parts are left out here"])
            return
        yield from chunks


def _chunks(lines: list[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(lines), _MOST_LINES):
        yield _markup(lines[start : start + _MOST_LINES])


def _links(message: Message) -> list[str]:
    return [
        f"<{link.target}|{link.label}>"
        if link.target.startswith("https://")
        else f"{link.label}: {quoted(link.target, _LINE_LENGTH)}"
        for link in message.links
    ]


def _step(step: str) -> str:
    return f"• {advice(step, _LINE_LENGTH)}"


def _line(fact: Fact) -> str:
    return f"*{fact.label}:* {quoted(fact.value, _LINE_LENGTH)}"


def _markup(lines: list[str]) -> dict[str, Any]:
    # verbatim: addresses and names of channels in it stay what they are.
    return {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}}


def _context(texts: list[str]) -> dict[str, Any]:
    elements = [{"type": "mrkdwn", "text": text, "verbatim": True} for text in texts]
    return {"type": "context", "elements": elements}
