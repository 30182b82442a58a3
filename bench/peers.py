"""What others do, in the same simulation: their published loops, written afresh, over one organization.

Three loops: one call after the other with a pause of 0.2 s (the script of AWS's launch blog); a blind Put of
everything, once a week (AWS SRA, contacts-manager); all accounts at once with the SDK's retries
(contact-sync). None reads before it writes, and none knows that some accounts are meant to differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from bench.rows import row
from simulation.caller import Caller
from simulation.cloud import SimulatedCloud
from simulation.concurrency import ConcurrentClock, ConcurrentPool
from simulation.latency import Latency
from simulation.organization import ACCOUNT_PRINCIPAL, AlternateContact, SimulatedOrganization

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNTS = 1_000
#: Accounts that have, as they should, another security contact than the rest.
DIFFERENT = 100
KINDS = ("SECURITY", "OPERATIONS", "BILLING")
_HUB = "333333333333"
_PAUSE_SECONDS = 0.2
_WIDTH = 50  # functions that a fan-out runs at once
_ATTEMPTS = 3  # of the SDK's standard mode
_LONGEST_WAIT = 20.0
_WEEKLY = timedelta(days=7)
_USUAL = {"name": "Cloud Team", "title": "On call", "email": "cloud@example.com", "phone": "+1 206 555 0100"}
_OTHER = {"name": "Store Team", "title": "On call", "email": "store@example.com", "phone": "+1 206 555 0101"}


@dataclass(frozen=True, slots=True)
class Peer:
    """One loop. `hours` is how long a tampered contact stays wrong on average; None: until somebody acts."""

    name: str
    run: Callable[[LoopRun], None]
    hours: float | None


class LoopRun:
    """One organization, and the client that a loop uses, with the retries of an SDK."""

    def __init__(self) -> None:
        self.clock = ConcurrentClock()
        organization = SimulatedOrganization(
            organization_id="o-bench", management="111111111111", clock=self.clock
        )
        organization.add_account(account_id=_HUB, name="Hub", email="aws+hub@example.com")
        organization.trusted_access.add(ACCOUNT_PRINCIPAL)
        organization.delegate(_HUB)
        self.accounts = [str(400_000_000_000 + number) for number in range(ACCOUNTS)]
        for number, account_id in enumerate(self.accounts):
            account = organization.add_account(
                account_id=account_id, name=f"team-{number}", email=f"aws+{number}@example.com"
            )
            for kind in KINDS:
                account.contacts[kind] = AlternateContact(**_USUAL)
            if number < DIFFERENT:
                account.contacts["SECURITY"] = AlternateContact(**_OTHER)
        self.organization = organization
        self.cloud = SimulatedCloud(organization, self.clock, latency=Latency(seed=11))
        self.client = self.cloud.client("account", Caller.role(_HUB, "Sync", "run"))
        self.random = Random(11)  # noqa: S311  # jitter of retries
        self.given_up = 0

    def put(self, account_id: str, kind: str) -> None:
        """One Put as an SDK makes it: up to three attempts, with growing random waits."""
        values = {
            "Name": _USUAL["name"],
            "Title": _USUAL["title"],
            "EmailAddress": _USUAL["email"],
            "PhoneNumber": _USUAL["phone"],
        }
        for attempt in range(_ATTEMPTS):
            try:
                self.client.put_alternate_contact(AccountId=account_id, AlternateContactType=kind, **values)
            except ClientError:
                if attempt + 1 < _ATTEMPTS:
                    self.clock.sleep(min(_LONGEST_WAIT, self.random.random() * 2**attempt))
            else:
                return
        self.given_up += 1


def _serial(run: LoopRun) -> None:
    for account_id in run.accounts:
        for kind in KINDS:
            run.put(account_id, kind)
            run.clock.sleep(_PAUSE_SECONDS)


def _blind(run: LoopRun) -> None:
    for account_id in run.accounts:
        for kind in KINDS:
            run.put(account_id, kind)


def _fan_out(run: LoopRun) -> None:
    def account(account_id: str) -> None:
        for kind in KINDS:
            run.put(account_id, kind)

    pool = ConcurrentPool(run.clock, _WIDTH)
    pool.map_each(account, run.accounts, go_on=lambda: True)


PEERS = (
    Peer("serial_with_pause", _serial, None),
    Peer("blind_weekly", _blind, _WEEKLY.total_seconds() / 2 / 3600),
    Peer("unpaced_fan_out", _fan_out, None),
)


def measure() -> list[dict[str, Any]]:
    """Rows for each peer over 1,000 accounts of which nothing needs a change."""
    return [item for peer in PEERS for item in _rows(peer)]


def _rows(peer: Peer) -> list[dict[str, Any]]:
    run = LoopRun()
    start = run.clock.now()
    peer.run(run)
    seconds = (run.clock.now() - start).total_seconds()
    overwritten = sum(
        run.organization.accounts[account_id].contacts["SECURITY"].email != _OTHER["email"]
        for account_id in run.accounts[:DIFFERENT]
    )
    calls = run.cloud.calls
    throttled = sum(count for (_, _, code), count in calls.items() if code == "TooManyRequestsException")
    name = f"peer_{peer.name}"
    rows = [
        row(f"{name}_seconds", round(seconds), "s"),
        row(f"{name}_calls", calls.total(), "calls"),
        row(f"{name}_throttled", throttled, "calls"),
        row(f"{name}_given_up", run.given_up, "contacts"),
        row(f"{name}_wrongly_overwritten", overwritten, "contacts"),
    ]
    if peer.hours is not None:
        rows.append(row(f"{name}_hours_until_right", peer.hours, "h"))
    return rows
