"""A large organization with all of Rollcall at work in it, in virtual time, on one quota."""

from __future__ import annotations

import json
from functools import partial
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any

from bench.concurrency import ConcurrentClock, ConcurrentPool
from bench.delayed import BUCKET_SECONDS, BUS_SECONDS, TABLE_SECONDS, Delayed
from bench.memory_bucket import MemoryBucket
from bench.organizations import large_organization
from bench.queue import IntakeQueue
from rollcall.adapters.runs import RunsBucket
from rollcall.runtime.handlers import process
from rollcall.sweep.observe import IN_FLIGHT
from rollcall.timing import ROLES_IN_FLIGHT, WORKERS
from simulation.accounts import AlternateContact
from simulation.latency import Latency
from tests.support.member_roles import MemberSts, make_error
from tests.support.sweep_world import SweepWorld
from tests.support.world import EXEMPT, KINDS, MALLORY, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.ports import Pool
    from rollcall.reconcile.reconciler import Reconciler
    from simulation.organization import SimulatedOrganization

    Make = Callable[[ConcurrentClock], SimulatedOrganization]

#: From one invocation to the next: the state machine, and a function that may have to start. Assumed.
INVOCATION_SECONDS = 0.5
#: Until AWS STS answers AssumeRole. Assumed.
ASSUME_ROLE_SECONDS = 0.1
#: How often a poller looks into a queue that was empty.
POLL_SECONDS = 0.25
DRIFTED = AlternateContact(name="Old Hand", title="Left", email="old@example.com", phone="+1 206 555 0199")


class BenchWorld(SweepWorld):
    """The workers of `reconcile` and the sweep beside each other; every call takes time, and is counted."""

    def __init__(self, accounts: int, *, make: Make | None = None, seed: int = 1) -> None:
        self._make = make or partial(large_organization, accounts=accounts)
        self.random = Random(seed)  # noqa: S311  # no secret depends on it
        self.threads = clock = ConcurrentClock()
        self.intake = IntakeQueue(clock)
        #: By account and kind: when the message about it was there, and when it was right again.
        self.delivered: dict[tuple[str, str], float] = {}
        self.restored: dict[tuple[str, str], float] = {}
        latency = Latency(seed)
        super().__init__(organization=self._make(clock), latency=latency, throttle_organizations=True)
        self.pool = ConcurrentPool(clock, IN_FLIGHT)
        self._memory_bus = self.bus
        for name, median in {
            **dict.fromkeys(("state", "matches", "sweeps"), TABLE_SECONDS),
            "ledger": BUCKET_SECONDS,
            "bus": BUS_SECONDS,
        }.items():
            setattr(self, name, Delayed(getattr(self, name), clock, latency, median))
        self.bucket = MemoryBucket()
        stored: Any = RunsBucket(
            client=Delayed(self.bucket, clock, latency, BUCKET_SECONDS), bucket="reports"
        )
        self.runs = stored
        self.cloud.calls.clear()
        self.cloud.subscribe(self._watch)

    def drift(self, contacts: int) -> list[str]:
        """Change contacts behind everybody's back, one in each of so many accounts; their ids."""
        chosen = self.random.sample(self.members(), contacts)
        for account_id in chosen:
            kind = self.random.choice(KINDS)
            self.organization.accounts[account_id].contacts[kind] = DRIFTED
        return chosen

    def bring_roles(self, refusing_seconds: float | None = None) -> None:
        """From now on each member has a role that reads its contacts; AWS STS may refuse it after so long."""
        sts, latency = MemberSts(self.cloud, self.clock), Latency(2)

        def assume(_: str) -> None:
            if refusing_seconds is None:
                self.clock.sleep(latency.draw_around(ASSUME_ROLE_SECONDS))
                return
            self.clock.sleep(refusing_seconds)
            raise make_error("AccessDenied", "AssumeRole")

        sts.assume = assume
        self.member_sts = sts

    def wide_pool(self) -> Pool:
        """The pool of the members' roles."""
        return ConcurrentPool(self.threads, ROLES_IN_FLIGHT)

    def tell_nobody(self) -> None:
        """Leave out `notify`: it has a queue of its own."""
        self._memory_bus.listener = None

    def members(self) -> list[str]:
        """Accounts that the roster wants something of and that are reached centrally."""
        return [item for item in self.organization.accounts if item not in (MANAGEMENT, EXEMPT)]

    def wrong(self) -> int:
        """Contacts that are not as the roster wants them."""
        now = {item: dict(account.contacts) for item, account in self.organization.accounts.items()}
        right = self._make(ConcurrentClock()).accounts
        return sum(
            contacts.get(kind) != right[account_id].contacts.get(kind)
            for account_id, contacts in now.items()
            if account_id != EXEMPT
            for kind in KINDS
        )

    def seconds(self) -> float:
        """The present moment."""
        return self.clock.now().timestamp()

    def tamper(self, account_id: str, kind: str) -> None:
        """Somebody in the account changes a contact."""
        self.member(account_id).put_alternate_contact(AlternateContactType=kind, **MALLORY)

    def work(self, *tasks: Callable[[], Any], most_seconds: float = inf) -> None:
        """The tasks beside the workers of the queue, until all are done and no message is left.

        Messages that are there after `most_seconds` are left to themselves.
        """
        unfinished, end = len(tasks), self.seconds() + most_seconds

        def until_done(task: Callable[[], Any]) -> None:
            nonlocal unfinished
            try:
                task()
            finally:
                unfinished -= 1

        def go_on() -> bool:
            return unfinished > 0 or (bool(self.intake.messages) and self.seconds() < end)

        polls = [partial(self._poll, self._new_worker(), go_on) for _ in range(WORKERS)]
        self.threads.gather([*(partial(until_done, task) for task in tasks), *polls])

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """One step, after the time that it takes to get to it."""
        self.clock.sleep(INVOCATION_SECONDS)
        return super().invoke(event)

    def send(self, event: object) -> None:
        """What a forwarder brings."""
        self.intake.send(event if isinstance(event, str) else json.dumps(event))

    def return_in(self, receipt: str, seconds: int) -> None:
        """The queue, as a batch sees it."""
        self.intake.return_in(receipt, seconds)

    def _new_worker(self) -> Reconciler:
        self.restart()
        return self.reconciler

    def _poll(self, reconciler: Reconciler, go_on: Callable[[], bool]) -> None:
        while go_on():
            batch = self.intake.receive()
            if not batch:
                self.clock.sleep(POLL_SECONDS)
                continue
            answer = process(self.intake.records(batch), reconciler.handle, queue=self, log=self)
            failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
            for message in batch:
                if message.id not in failed:
                    self.intake.delete(message.id)

    def _watch(self, _account: str, event: Mapping[str, Any]) -> None:
        detail = event["detail"]
        if detail["eventName"] != "PutAlternateContact" or detail.get("errorCode"):
            return
        asked = detail["requestParameters"]
        account_id = asked.get("accountId") or detail["userIdentity"]["accountId"]
        key = (account_id, asked["alternateContactType"])
        if "rollcall" in detail["userIdentity"]["arn"]:
            self.restored[key] = self.seconds()
        else:
            self.delivered[key] = self.seconds()
