"""What a simulated API answers when it does not refuse."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A successful answer: `body` in API spelling (timestamps are datetime) and the request's id."""

    body: dict[str, Any]
    request_id: str
