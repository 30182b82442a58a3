"""What refusals themselves tell: the same text means the same fault, whichever call met it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from rollcall.adapters.errors import Denial, find_denial
from rollcall_cli.doctor.facts import Seen, Unseen

if TYPE_CHECKING:
    from rollcall_cli.doctor.facts import Facts


def probed(facts: Facts) -> Denial | None:
    """Why the hub was denied a contact, None if it was not or nobody tried."""
    if isinstance(facts.probe, Seen) and facts.probe.value.code == "AccessDeniedException":
        return find_denial(facts.probe.value.message)
    return None


def probe_succeeded(facts: Facts) -> bool:
    """Whether the hub was shown a contact, or that there is none."""
    return isinstance(facts.probe, Seen) and not facts.probe.value.code


def denied_by_service_control_policy(facts: Facts) -> bool:
    """Whether a service control policy refused anything that was read."""
    messages = [
        found.message for item in fields(facts) if isinstance(found := getattr(facts, item.name), Unseen)
    ]
    return probed(facts) is Denial.SERVICE_CONTROL_POLICY or any(
        find_denial(message) is Denial.SERVICE_CONTROL_POLICY for message in messages
    )
