"""Text of others on our terminal."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text without anything that a terminal obeys: a contact's name may hold escape sequences."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
