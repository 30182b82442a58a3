"""Finds event buses in moto."""

from __future__ import annotations

from typing import Any

from moto.events.models import events_backends


def find_bus(arn: str) -> Any:
    """The bus with this ARN in moto, or None."""
    region, account, name = arn.split(":", 5)[3:6]
    return events_backends[account][region].event_buses.get(name.removeprefix("event-bus/"))
