"""Does an event match a rule of a template? Asked of the matcher that also delivers in the local cloud."""

from __future__ import annotations

import json
from typing import Any

from localcloud.events.patterns import compile_pattern


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether EventBridge takes the event; ValueError for a pattern that it refuses."""
    return compile_pattern(json.dumps(pattern))(event)
