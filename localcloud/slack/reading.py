"""Renders a message as plain text: blocks as lines, markup and links resolved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.slack.channels import PostedMessage

_LINK = re.compile(r"<(https?://[^|>]+)(?:\|([^>]*))?>")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")


def render_message(message: PostedMessage) -> str:
    """The blocks as text, or the message's text if it has none."""
    return "\n".join(line for block in message.blocks for line in _render_lines(block)) or _render_text(
        message.text
    )


def _render_lines(block: dict[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield _render_text(block["text"]["text"])
            yield ""
        case "section":
            texts = [*([block["text"]] if "text" in block else []), *block.get("fields", [])]
            yield from (_render_text(text["text"]) for text in texts)
            yield ""
        case "context":
            yield "  ".join(_render_text(element.get("text", "")) for element in block["elements"])
        case "actions":
            buttons = block["elements"]
            yield "  ".join(f"[{button['text']['text']}] {button.get('url', '')}" for button in buttons)
        case _:
            yield "-" * 40


def _render_text(text: str) -> str:
    shown = _BOLD.sub(r"\1", _LINK.sub(lambda link: f"{link[2]} ({link[1]})" if link[2] else link[1], text))
    for entity, character in (("`", ""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    return shown
