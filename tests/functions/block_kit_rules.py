"""What Slack and Amazon Q take, as far as they document it. The local cloud's checker knows Block Kit."""

from __future__ import annotations

import json
import re
from typing import Any

from localcloud.slack.schema import find_error
from rollcall.notify.block_kit import BLOCKS, HEADER_LENGTH, SECTION_LENGTH, TOTAL_LENGTH
from rollcall.notify.topics import DESCRIPTION_LENGTH, TITLE_LENGTH

_KINDS = {"header", "section", "context", "actions"}
#: What opens something in Slack's markup, once our own mention is taken out.
_OPENING = re.compile(r"<|>|&(?!(?:amp|lt|gt);)")
_MENTION = re.compile(r"<!(?:channel|here|subteam\^S[A-Z0-9]+)>")
_CODE = re.compile(r"`[^`\n]+`")
_LABEL = re.compile(r"^(?:• |&gt; )?(?:Follows incident )?\*[^*\n]+\*", re.MULTILINE)


def assert_block_kit(payload: dict[str, Any]) -> None:
    """The payload is one that Slack takes, and nothing in it means more than we meant."""
    assert set(payload) == {"text", "mrkdwn", "blocks"}
    error = find_error(payload, keys=frozenset(payload))
    # How much all blocks may hold together is documented nowhere: the receiver's limit is the lowest known.
    assert error is None or error.code == "msg_blocks_too_long", error
    assert 1 <= len(payload["text"]) <= 2 * HEADER_LENGTH
    assert not _OPENING.search(payload["text"])
    blocks = payload["blocks"]
    assert 1 <= len(blocks) <= BLOCKS == 50
    assert len(json.dumps(blocks, ensure_ascii=False)) <= TOTAL_LENGTH + 1_000
    for block in blocks:
        assert block["type"] in _KINDS
        for text in texts_of(block):
            assert 1 <= len(text["text"]) <= SECTION_LENGTH == 3000
            assert all(line.isprintable() for line in text["text"].split("\n"))
            if text["type"] == "mrkdwn":
                assert_inert(text["text"])
    assert len(blocks[0]["text"]["text"]) <= HEADER_LENGTH == 150


def texts_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "actions":
        assert all(button["url"].startswith("https://") for button in block["elements"])
        return [button["text"] for button in block["elements"]]
    return block["elements"] if block["type"] == "context" else [block["text"]]


def assert_inert(text: str) -> None:
    """No markup but labels, code and our own mention, so that no value is a link, a mention or bold."""
    unmentioned = "" if _MENTION.fullmatch(text) else text
    assert not _OPENING.search(unmentioned), text
    rest = _LABEL.sub("", _CODE.sub("", unmentioned))
    assert not re.search(r"[*_~`]", rest), text


def assert_notification(document: dict[str, Any]) -> None:
    """The document is one that Amazon Q takes."""
    assert (document["version"], document["source"]) == ("1.0", "custom")
    assert set(document) == {"version", "source", "id", "content", "metadata"}
    content, metadata = document["content"], document["metadata"]
    assert set(content) == {"textType", "title", "description", "nextSteps", "keywords"}
    assert content["textType"] == "client-markdown"
    assert 1 <= len(content["title"]) <= TITLE_LENGTH == 250
    assert 1 <= len(content["description"]) <= DESCRIPTION_LENGTH == 8000
    assert set(metadata) == {"threadId", "summary", "eventType", "relatedResources", "additionalContext"}
    lists = (content["nextSteps"], content["keywords"], metadata["relatedResources"])
    assert all(isinstance(value, str) and value for values in lists for value in values)
    assert all(isinstance(value, str) and value for value in metadata["additionalContext"].values())
    assert all(line.isprintable() for line in content["description"].split("\n"))
    for line in content["description"].split("\n"):
        if not line.startswith(("Runbook: ", "CloudTrail (", "Account: ")):
            assert_inert(line)
    assert len(json.dumps(document).encode()) < 100_000  # of the 256 KiB that SNS takes
