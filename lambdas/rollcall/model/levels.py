"""The five severities."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """In order, so that the loudest of several is their maximum."""

    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5
