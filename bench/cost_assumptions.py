"""What no bench can measure: how much happens in an organization, and what AWS does behind the scenes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

HOURS_PER_MONTH = 730
DAYS_PER_MONTH = HOURS_PER_MONTH / 24


def _assume(value: float, words: str) -> float:
    assumed: float = field(default=value, metadata={"words": words})
    return assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Volumes are by month; those that grow with the organization are by account and month."""

    compliant: float = _assume(0.05, "signals of contacts that are right, by account and month")
    drifted: float = _assume(0.02, "contacts somebody changes and Rollcall restores, by account and month")
    new_accounts: float = _assume(0.01, "accounts that are created, by account and month")
    unannounced: float = _assume(0.002, "contacts that only a sweep finds changed, by account and month")
    other_events: float = _assume(
        1.0, "events of the watched services that forwarders send and the hub drops, by account and month"
    )
    sweeps: float = _assume(round(DAYS_PER_MONTH, 1), "sweeps a month (the setting is `rate(1 day)`)")
    follow_ups: float = _assume(
        HOURS_PER_MONTH * 4, "checks of the pause a month (the schedule is `rate(15 minutes)`)"
    )
    addresses: float = _assume(2, "mail addresses that get each alert")
    start_seconds: float = _assume(
        2.0,
        "seconds that a start of `reconcile`, `notify` or `control` is billed for: none is running",
    )
    # 0.7 s on the machine of the bench, a third of whose speed a function of 1 GB is taken to have.
    cpu_seconds: float = _assume(
        2.0, "seconds that a sweep computes beside its calls, by 1,000 accounts (gate and report; at 1 GB)"
    )
    pollers: float = _assume(5, "connections by which Lambda polls a queue that is empty")
    poll_seconds: float = _assume(20, "seconds that one such poll lasts")
    kms_requests: float = _assume(2, "requests of KMS for one alert")
    invocation_bytes: float = _assume(600, "bytes of log that Lambda itself writes for an invocation")
    transition_bytes: float = _assume(1_500, "bytes of log of a state machine for a transition")
    ledger_months: float = _assume(12, "months of ledger that are stored")
    log_months: float = _assume(3, "months of logs that are stored (the template says so)")

    @classmethod
    def of(cls, given: Namespace) -> Assumptions:
        """Those of a command line."""
        return cls(**{item.name: getattr(given, item.name) for item in fields(cls)})


def described() -> Iterator[tuple[str, float, str]]:
    """Name, default and words of each."""
    for item in fields(Assumptions):
        yield item.name, float(item.default), item.metadata["words"]  # type: ignore[arg-type]  # each has one


def add_arguments(parser: ArgumentParser) -> None:
    """An option for each."""
    for name, default, words in described():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(
            option, dest=name, type=float, default=default, metavar="N", help=f"{words} ({default:g})"
        )
