"""The refusal of a call by the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.access.calls import ServiceCall

    Check = Callable[[ServiceCall, str], None]
    """Raises ServiceRefusalError for a call of an account's principal that the service refuses."""


class ServiceRefusalError(Exception):
    """The service's error code, its text and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.code, self.message, self.status = code, message, status


def require_between(name: str, value: Any, least: int, largest: int, code: str) -> None:
    """Raises ServiceRefusalError unless the value is a whole number in these bounds, or None."""
    if value is None:
        return
    text = str(value)
    if not text.lstrip("-").isdecimal() or not least <= int(text) <= largest:
        raise ServiceRefusalError(
            code, f"Invalid value for the parameter {name}. Must be between {least} and {largest}."
        )
