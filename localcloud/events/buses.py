"""Finds event buses in moto and evaluates their policies."""

from __future__ import annotations

from typing import Any

from moto.events.models import events_backends

from localcloud.aws.permissions import evaluate
from rollcall_policies import Access, AccessRequest


def find_bus(arn: str) -> Any:
    """The bus with this ARN in moto, or None."""
    region, account, name = arn.split(":", 5)[3:6]
    return events_backends[account][region].event_buses.get(name.removeprefix("event-bus/"))


def is_admitted(request: AccessRequest, account: str) -> bool:
    """Whether the bus (the request's resource) accepts events from a principal of the account.

    The bus's own account needs no policy.
    """
    arn = str(request.resource)
    access = evaluate([getattr(find_bus(arn), "policy", None) or {}], request)
    return access is Access.ALLOWED or (access is Access.NOT_ALLOWED and arn.split(":")[4] == account)
