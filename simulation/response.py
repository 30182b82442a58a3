"""The successful response of a simulated API."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A successful answer: `body` in API spelling (timestamps are datetime) and the request's id."""

    body: dict[str, Any]
    request_id: str
