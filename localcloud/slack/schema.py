"""Checks the payload of a message and its blocks as Slack does; each error names its place.

Sources: docs.slack.dev, "Reference: Blocks", "Text object", "Button element", "chat.postMessage" and
"Truncating really long messages". That all blocks together are limited, too, only the error
`msg_blocks_too_long` says; 9,597 characters were taken and 11,341 were not (slackapi/bolt-js issue 2867).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Check = Callable[[Any, str], Iterator[str]]

TEXT_CHARACTERS = 40_000
BLOCKS = 50
BLOCKS_CHARACTERS = 9_597


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackError:
    """Slack's error code, and what is wrong in detail."""

    code: str
    messages: tuple[str, ...] = ()


def find_error(payload: Any, *, keys: frozenset[str]) -> SlackError | None:
    """The error that Slack would answer, None for a valid payload. `keys` are the keys it may have."""
    if not isinstance(payload, dict) or payload.keys() - keys:
        return SlackError(code="invalid_payload", messages=(f"known are {sorted(keys)}",))
    text = payload.get("text")
    if not isinstance(text, str) or not text.strip():
        # Slack takes blocks without a text, and then shows nothing in notifications and to screen readers.
        return SlackError(code="no_text")
    return (
        SlackError(code="msg_too_long")
        if len(text) > TEXT_CHARACTERS
        else _find_block_error(payload.get("blocks", []))
    )


def _find_block_error(blocks: Any) -> SlackError | None:
    if not isinstance(blocks, list):
        return SlackError(code="invalid_blocks_format")
    if mistakes := tuple(_check_blocks(blocks)):
        return SlackError(code="invalid_blocks", messages=mistakes)
    too_long = sum(map(len, find_texts(blocks))) > BLOCKS_CHARACTERS
    return SlackError(code="msg_blocks_too_long") if too_long else None


def find_texts(value: Any) -> Iterator[str]:
    """Every text that a person sees in blocks, in order."""
    if isinstance(value, list):
        for item in value:
            yield from find_texts(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from find_texts(inner)


def _check_blocks(blocks: list[Any]) -> Iterator[str]:
    if len(blocks) > BLOCKS:
        yield f"no more than {BLOCKS} items allowed [json-pointer:/blocks]"
    seen = set()
    for number, block in enumerate(blocks):
        yield from _make_one_of(_BLOCKS)(block, f"/blocks/{number}")
        identity = block.get("block_id") if isinstance(block, dict) else None
        if identity in seen:
            yield f"block_id already exists [json-pointer:/blocks/{number}]"
        seen |= {identity} - {None}


def _make_one_of(kinds: Mapping[str, Check]) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        kind = str(value.get("type")) if isinstance(value, dict) else "none"
        if kind not in kinds:
            yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        else:
            yield from kinds[kind](value, at)

    return check


def _make_object(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        known = {**required, **optional}
        for key in value.keys() - known.keys() - {"type"}:
            yield f"no more properties allowed: {key} [json-pointer:{at}]"
        for key in required.keys() - value.keys():
            yield f"missing required field: {key} [json-pointer:{at}]"
        for key in known.keys() & value.keys():
            yield from known[key](value[key], f"{at}/{key}")

    return check


def _make_string(longest: int) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str) or not value:
            yield f"must be more than 0 characters [json-pointer:{at}]"
        elif len(value) > longest:
            yield f"must be less than {longest + 1} characters [json-pointer:{at}]"

    return check


def _make_items(most: int, check_item: Check) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            yield f"1 to {most} items are expected [json-pointer:{at}]"
        else:
            for number, item in enumerate(value):
                yield from check_item(item, f"{at}/{number}")

    return check


def _make_choice(*allowed: Any) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in allowed:
            yield f"must be one of {allowed} [json-pointer:{at}]"

    return check


def _check_section(value: Any, at: str) -> Iterator[str]:
    yield from _make_object(
        {}, {"text": _make_text(3000), "fields": _make_items(10, _make_text(2000)), **_ANY, **_ACCESSORY}
    )(value, at)
    if not value.keys() & {"text", "fields"}:
        yield f"missing required field: text or fields [json-pointer:{at}]"


def _make_text(longest: int) -> Check:
    return _make_one_of(
        {
            "plain_text": _make_object({"text": _make_string(longest)}, {"emoji": _make_choice(True, False)}),
            "mrkdwn": _make_object({"text": _make_string(longest)}, {"verbatim": _make_choice(True, False)}),
        }
    )


def _make_plain(longest: int) -> Check:
    return _make_one_of(
        {"plain_text": _make_object({"text": _make_string(longest)}, {"emoji": _make_choice(True, False)})}
    )


_ANY = {"block_id": _make_string(255)}
_IMAGE = _make_object({"image_url": _make_string(3000), "alt_text": _make_string(2000)}, {})
_BUTTON = _make_object(
    {"text": _make_plain(75)},
    {
        "action_id": _make_string(255),
        "url": _make_string(3000),
        "value": _make_string(2000),
        "style": _make_choice("primary", "danger"),
        "accessibility_label": _make_string(75),
    },
)
_ACCESSORY = {"accessory": _make_one_of({"button": _BUTTON, "image": _IMAGE})}
_CONTEXT_ELEMENT = _make_one_of(
    {
        "image": _IMAGE,
        "mrkdwn": _make_object({"text": _make_string(3000)}, {"verbatim": _make_choice(True, False)}),
        "plain_text": _make_object({"text": _make_string(3000)}, {"emoji": _make_choice(True, False)}),
    }
)
_BLOCKS: Mapping[str, Check] = {
    "header": _make_object({"text": _make_plain(150)}, _ANY),
    "section": _check_section,
    "divider": _make_object({}, _ANY),
    "context": _make_object({"elements": _make_items(10, _CONTEXT_ELEMENT)}, _ANY),
    "actions": _make_object({"elements": _make_items(25, _make_one_of({"button": _BUTTON}))}, _ANY),
}
