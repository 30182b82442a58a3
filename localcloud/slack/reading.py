"""A message as a person reads it in Slack: blocks as lines, marks and links resolved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.slack.channels import Posted

_LINK = re.compile(r"<(https?://[^|>]+)(?:\|([^>]*))?>")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")


def read(message: Posted) -> str:
    """All of it, or the text alone of a message without blocks."""
    return "\n".join(line for block in message.blocks for line in _lines(block)) or _plain(message.text)


def _lines(block: dict[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield _plain(block["text"]["text"])
            yield ""
        case "section":
            texts = [*([block["text"]] if "text" in block else []), *block.get("fields", [])]
            yield from (_plain(text["text"]) for text in texts)
            yield ""
        case "context":
            yield "  ".join(_plain(element.get("text", "")) for element in block["elements"])
        case "actions":
            buttons = block["elements"]
            yield "  ".join(f"[{button['text']['text']}] {button.get('url', '')}" for button in buttons)
        case _:
            yield "-" * 40


def _plain(text: str) -> str:
    shown = _BOLD.sub(r"\1", _LINK.sub(lambda link: f"{link[2]} ({link[1]})" if link[2] else link[1], text))
    for entity, character in (("`", ""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    return shown
