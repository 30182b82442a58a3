"""Bring one account back to the roster: what is required, what is there, what to do, each kind on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.act import Acted, act
from rollcall.errors import RetryableError
from rollcall.observation import Observation, Unreadable
from rollcall.outcomes import Outcome
from rollcall.patience import settling
from rollcall.plan import Verdict, plan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rollcall.account import Account
    from rollcall.contacts import ContactKind
    from rollcall.plan import Finding
    from rollcall.ports import Delivery, Ports
    from rollcall.rosters import Rosters
    from rollcall.signals import Signal


def restore(
    *,
    signal: Signal,
    account: Account,
    done: Collection[ContactKind | None],
    delivery: Delivery,
    ports: Ports,
    rosters: Rosters,
) -> list[Acted]:
    """What became of each kind that the signal points at, without those already `done`."""
    control = ports.state.control()
    roster = rosters.current(control)
    requirement = roster.requirement(account)
    kinds = [signal.kind] if signal.kind else sorted(requirement.wanted)
    if not kinds:
        nothing = Outcome(verdict=Verdict.UNMANAGED, reason="the roster names no contact for this account")
        return [Acted(outcome=nothing)]
    observations, waiting = _observe(signal, [kind for kind in kinds if kind not in done], ports)
    halted = control.halted(requirement)
    planned = plan(requirement=requirement, account=account, observations=observations, halted=halted)
    told = [Acted(outcome=_outcome(finding, roster.digest)) for finding in planned.findings]
    changed = [
        act(signal=signal, change=change, roster_digest=roster.digest, delivery=delivery, ports=ports)
        for change in planned.changes
    ]
    return [*waiting, *told, *changed]


def _observe(
    signal: Signal, kinds: Collection[ContactKind], ports: Ports
) -> tuple[Mapping[ContactKind, Observation], list[Acted]]:
    observations: dict[ContactKind, Observation] = {}
    waiting: list[Acted] = []
    for kind in kinds:
        try:
            found = ports.accounts.get(signal.account_id, kind)
        except RetryableError as error:
            waiting.append(Acted(outcome=Outcome(verdict=Verdict.PENDING, reason=str(error), kind=kind)))
            continue
        if isinstance(found, Unreadable) and found.denied and settling(signal, ports.clock.now()):
            pending = Outcome(verdict=Verdict.PENDING, reason=found.reason, kind=kind, found=found)
            waiting.append(Acted(outcome=pending))
            continue
        observations[kind] = found
    return observations, waiting


def _outcome(finding: Finding, roster_digest: str) -> Outcome:
    return Outcome(
        verdict=finding.verdict,
        reason=finding.reason,
        kind=finding.kind,
        found=finding.found,
        wanted=finding.wanted,
        roster_digest=roster_digest,
    )
