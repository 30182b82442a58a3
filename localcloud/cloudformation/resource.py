"""A resource of a stack as it is deployed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def now() -> dt.datetime:
    """The present time in UTC, as CloudFormation stamps events."""
    return dt.datetime.now(tz=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeResource:
    """A resource that exists: its physical id (what Ref gives) and its attributes (what GetAtt gives)."""

    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of a stack as it is deployed. `properties` are resolved."""

    logical_id: str
    type: str
    made: MadeResource
    properties: dict[str, Any]
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"
    at: dt.datetime = field(default_factory=now)
