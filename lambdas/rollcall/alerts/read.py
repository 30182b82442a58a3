"""From an event of the outcome bus to a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rollcall.alerts.incidents import incident_message
from rollcall.alerts.notices import notice_message
from rollcall.errors import MalformedEventError

if TYPE_CHECKING:
    from rollcall.alerts.links import Links
    from rollcall.alerts.message import Message


def read(event: object, links: Links) -> Message:
    """The message of an incident or a notice; MalformedEventError if the event is neither."""
    found = event.get("detail") if isinstance(event, Mapping) else None
    document = found if isinstance(found, Mapping) else {}
    try:
        return (notice_message if "notice" in document else incident_message)(document, links)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        # `from None`: the text of such an error may hold a piece of the message.
        raise MalformedEventError("no incident document of version 1, and no notice either") from None
