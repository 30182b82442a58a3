"""Values inside Slack's markup, which Amazon Q hands on to the chat as well: shown, never obeyed.

https://docs.slack.dev/messaging/formatting-message-text: `&`, `<` and `>` open links and mentions and must be
escaped. The rest of the markup has no escapes; inside code nothing is looked for.
"""

from __future__ import annotations

import re

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
    """As `escaped`, for words of ours that hold code: what is cut within code still ends it."""
    shortened = escape(text, limit - 1)
    return shortened + "`" * (shortened.count("`") % 2)


def quote(value: str, limit: int) -> str:
    """A value that others may have chosen: as code where it holds markup, so that it means nothing."""
    if not _MARKUP.search(value):
        return escape(value, limit)
    return f"`{escape(value.replace('`', QUOTE), limit - 2)}`"


#: Stands for a backtick, which would end the code that a value is shown as.
QUOTE = "'"
