"""A message for Slack, in Block Kit, within Slack's limits, and the escaping that all chats need."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from rollcall.model.levels import Severity
from rollcall.notify.message import BACKTICK, Fact, Message, Section, Status, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: Bold, italics, strikes, code, links of Markdown, and names between colons, which become pictures:
#: many a workspace has one called `aws`.
_MARKUP = re.compile(r"[*_~`\[\]|]|:[^\s:]+:")
_CUT = "..."


def escape(text: str, limit: int) -> str:
    """The text with what Slack would obey as entities, at most `limit` characters long, no entity cut."""
    parts = [_ENTITIES.get(character, character) for character in text]
    if sum(map(len, parts)) <= limit:
        return "".join(parts)
    kept, room = [], limit - len(_CUT)
    for part in parts:
        room -= len(part)
        if room < 0:
            break
        kept.append(part)
    return "".join(kept) + _CUT


def escape_advice(text: str, limit: int) -> str:
    """As `escape`, for our own words with code in backticks: code that is cut is still closed."""
    shortened = escape(text, limit - 1)
    return shortened + "`" * (shortened.count("`") % 2)


def quote(value: str, limit: int) -> str:
    """A value that others may have chosen: as code where it holds markup, so that it means nothing."""
    if not _MARKUP.search(value):
        return escape(value, limit)
    return f"`{escape(value.replace('`', BACKTICK), limit - 2)}`"


BLOCKS: Final = 50
HEADER_LENGTH: Final = 150
SECTION_LENGTH: Final = 3000
#: Slack documents no limit for all blocks together, and refuses some 13,000 characters as too long:
#: https://github.com/slackapi/bolt-js/issues/2509
TOTAL_LENGTH: Final = 12_000
_SECTIONS_LENGTH: Final = 5000
_LINE_LENGTH: Final = 450
#: A group of changes with all of its values, which have 63 characters at most.
_ITEM_LENGTH: Final = 900
_TITLE_LENGTH: Final = 200
_MOST_LINES: Final = 6
_CHUNK_LENGTH: Final = SECTION_LENGTH - _MOST_LINES  # and the ends of lines
_OTHER_BLOCKS: Final = 12  # header, mention, facts, next steps, links, ids
_SIGNS: Final = {
    Severity.CRITICAL: "\N{LARGE RED CIRCLE}",
    Severity.HIGH: "\N{LARGE ORANGE CIRCLE}",
    Severity.MEDIUM: "\N{LARGE YELLOW CIRCLE}",
    Severity.LOW: "\N{LARGE BLUE CIRCLE}",
    Severity.INFO: "\N{MEDIUM WHITE CIRCLE}",
}
_RESOLVED_SIGN: Final = "\N{LARGE GREEN CIRCLE}"
#: Of a button: https://docs.slack.dev/reference/block-kit/block-elements/button-element
_LABEL_LENGTH: Final = 75
#: People of a channel; anything else is the ID of a user group.
_MENTIONS: Final = ("channel", "here")


def render_block_kit(message: Message, *, quotes: bool, mention: str | None = None) -> dict[str, Any]:
    """Text for the notification, and blocks.

    `quotes`: the message begins with the id of its incident, for want of a thread to stand in. `mention` is
    who is notified: `channel`, `here` or the ID of a user group.
    """
    sign = _RESOLVED_SIGN if message.status is Status.RESOLVED else _SIGNS[message.severity]
    title = f"{sign} {message.severity.name}: {message.headline}"
    who = f"<!{mention}>" if mention in _MENTIONS else f"<!subteam^{mention}>"
    return {
        # What a phone shows on its locked screen; `mrkdwn` off, so that no name is bold in it.
        "text": escape(title, HEADER_LENGTH * 2),
        "mrkdwn": False,
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": escape(title, HEADER_LENGTH), "emoji": False},
            },
            *([_render_markup([who])] if mention else []),
            *([_render_markup([f"&gt; Follows incident *{message.incident_id}*"])] if quotes else []),
            *_split_chunks([_render_line(fact) for fact in message.facts]),
            *_render_sections(message.sections),
            *_render_steps(message),
            *_render_links(message),
            _render_context([_render_line(fact) for fact in message.ids]),
        ],
    }


def _render_sections(sections: Iterable[Section]) -> Iterator[dict[str, Any]]:
    """Sections one after the other, as long as there is room; the last then says how many are missing."""
    ordered = list(sections)
    room, blocks = _SECTIONS_LENGTH, BLOCKS - _OTHER_BLOCKS
    for number, section in enumerate(ordered):
        lines = [_render_line(fact) for fact in section.facts]
        lines += [f"• {quote(item, _ITEM_LENGTH)}" for item in section.items]
        kept = sum(1 for length in accumulate(map(len, lines)) if length <= room)
        chunks = list(_split_chunks([f"*{escape(section.title, _TITLE_LENGTH)}*", *lines[:kept]]))
        room -= sum(map(len, lines))
        blocks -= len(chunks)
        if blocks < 0 or not kept:
            yield _render_context([f"{len(ordered) - number} more parts are left out here"])
            return
        yield from chunks
        if kept < len(lines):
            yield _render_context([f"{len(lines) - kept} more lines are left out here"])


def _split_chunks(lines: list[str]) -> Iterator[dict[str, Any]]:
    """Blocks of a few lines each, none of them longer than Slack takes."""
    chunk: list[str] = []
    for line in lines:
        if chunk and (len(chunk) == _MOST_LINES or sum(map(len, chunk)) + len(line) > _CHUNK_LENGTH):
            yield _render_markup(chunk)
            chunk = []
        chunk.append(line)
    if chunk:
        yield _render_markup(chunk)


def _render_steps(message: Message) -> Iterator[dict[str, Any]]:
    """What to do; a part that goes on with lines has none."""
    if message.next_steps:
        yield from _split_chunks(["*What to do*", *map(_render_step, message.next_steps)])


def _render_links(message: Message) -> Iterator[dict[str, Any]]:
    """A button for each link; a path of the repository is none."""
    buttons = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": shorten(link.label, _LABEL_LENGTH), "emoji": False},
            "url": link.target,
            "action_id": f"link-{number}",
        }
        for number, link in enumerate(message.links)
        if link.target.startswith("https://")
    ]
    if buttons:
        yield {"type": "actions", "elements": buttons}
    paths = [link for link in message.links if not link.target.startswith("https://")]
    if paths:
        yield _render_context([f"{link.label}: {quote(link.target, _LINE_LENGTH)}" for link in paths])


def _render_step(step: str) -> str:
    return f"• {escape_advice(step, _LINE_LENGTH)}"


def _render_line(fact: Fact) -> str:
    return f"*{fact.label}:* {quote(fact.value, _LINE_LENGTH)}"


def _render_markup(lines: list[str]) -> dict[str, Any]:
    # verbatim: addresses and names of channels in it stay what they are.
    return {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}}


def _render_context(texts: list[str]) -> dict[str, Any]:
    elements = [{"type": "mrkdwn", "text": text, "verbatim": True} for text in texts]
    return {"type": "context", "elements": elements}
