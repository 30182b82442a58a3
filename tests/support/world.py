"""A whole organization with Rollcall in it: the simulation, the real core and adapters, ports in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from rollcall.adapters.account_api import (
    AllAccounts,
    ManagementAccount,
    OneModeAccountApi,
    name_members,
    name_writes,
    read_members,
)
from rollcall.adapters.organizations import AwsOrganization
from rollcall.decide.resolve import resolve_requirement
from rollcall.grouping.grouper import AlertGrouper
from rollcall.grouping.sending import GroupMessages
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Desired
from rollcall.model.errors import WaitError
from rollcall.model.levels import Severity
from rollcall.model.roster import Roster
from rollcall.notify.message import Links
from rollcall.notify.notifier import Notifier
from rollcall.publish.incidents import IncidentPublisher
from rollcall.reconcile.preconditions import Dependencies
from rollcall.reconcile.reconciler import Reconciler
from rollcall.rosters.current import Rosters, approve_candidate
from rollcall.runtime.handlers import process
from rollcall.sweep.ports import ApplyPorts
from rollcall.timing import WORKERS, WORKERS_SHARE, make_buckets
from rollcall.write.apply_change import Writer
from simulation.caller import Caller
from simulation.clock import VirtualClock
from simulation.cloud import SimulatedCloud
from simulation.organization import AlternateContact
from simulation.seeds import HUB, make_example_organization
from tests.support.memory import (
    Crash,
    Faults,
    MemoryBus,
    MemoryChannel,
    MemoryLedger,
    MemoryMatches,
    MemoryPool,
    MemoryState,
    MemoryTopic,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rollcall.notify.topics import Alert
    from rollcall.outcomes.outcome import Incident
    from simulation.organization import SimulatedOrganization

MANAGEMENT = "111111111111"
MEMBER = "222222222222"  # Payments, Workloads/Development
PRODUCTION = "444455556666"  # Web Shop, Workloads/Production
EXEMPT = "555566667777"
KINDS = ("SECURITY", "OPERATIONS", "BILLING")
WRITER_ROLE = f"arn:aws:iam::{HUB}:role/rollcall-reconcile"
MANAGEMENT_ROLE = f"arn:aws:iam::{MANAGEMENT}:role/rollcall-management-contacts"
MAX_RECEIVES = 60

ROSTER: dict[str, Any] = {
    "version": 1,
    "mode": "enforce",
    "contacts": {
        "soc": {
            "name": "Security Operations",
            "title": "Duty officer",
            "email": "aws-soc@example.com",
            "phone": "+1 206 555 0100",
        },
        "platform": {
            "name": "Cloud Platform",
            "title": "On call",
            "email": "aws-platform@example.com",
            "phone": "+1 206 555 0101",
        },
        "finops": {
            "name": "Cloud Finance",
            "title": "FinOps lead",
            "email": "aws-billing@example.com",
            "phone": "+1 206 555 0102",
        },
        "pci-soc": {
            "name": "PCI Security",
            "title": "Duty officer",
            "email": "pci-soc@example.com",
            "phone": "+1 206 555 0103",
        },
    },
    "defaults": {"SECURITY": "soc", "OPERATIONS": "platform", "BILLING": "finops"},
    "overrides": [{"ou": "Workloads/Production", "kinds": {"SECURITY": "pci-soc"}, "mode": None}],
    "exempt": [{"accounts": [EXEMPT], "reason": "being divested", "until": None}],
    "authorised_changers": [],
}


def api_values(name: str, roster: dict[str, Any] | None = None) -> dict[str, str]:
    """A contact of the roster as the Account API takes it."""
    values = (roster or ROSTER)["contacts"][name]
    return {
        "Name": values["name"],
        "Title": values["title"],
        "EmailAddress": values["email"],
        "PhoneNumber": values["phone"],
    }


MALLORY = {
    "Name": "Mallory",
    "Title": "Friend",
    "EmailAddress": "mallory@evil.example",
    "PhoneNumber": "+44 20 7946 0000",
}


@dataclass
class Message:
    id: str
    body: str
    receives: int = 0
    visible_at: float = 0.0


class World:
    """Members can be tampered with; `drain` delivers what that caused until nothing is left to do."""

    def __init__(
        self,
        roster: dict[str, Any] | None = None,
        *,
        organization: SimulatedOrganization | None = None,
        approve: bool = True,
        management_role: bool = True,
        guardrail: bool = False,
        stack_sets: str = "DELEGATED_ADMIN",
        **cloud_options: Any,
    ) -> None:
        self.clock = organization.clock if organization else VirtualClock()
        self.roster = roster or ROSTER
        self.organization = organization or make_example_organization(self.clock)
        self.cloud = SimulatedCloud(self.organization, self.clock, **cloud_options)
        self.management_role, self.guardrail = management_role, guardrail
        self.stack_sets = stack_sets
        self.calls: list[tuple[str, str]] = []
        self.faults = Faults()
        self.state = MemoryState(self.faults, now=self.clock.now)
        self.ledger = MemoryLedger(self.faults)
        self.matches = MemoryMatches()
        self.incidents: list[Incident] = []
        self.bus = MemoryBus(self.faults, MANAGEMENT)
        self.topic = MemoryTopic(self.faults)
        self.notifier = Notifier(
            alerted=MemoryChannel(self.faults),
            channel=self.topic,
            minimum=Severity.INFO,
            clock=self.clock,
            links=Links(region="us-east-1", runbook="https://wiki.example.com/rollcall"),
        )
        self.queue: list[Message] = []
        self.dead: list[Message] = []
        self.warnings: list[dict[str, Any]] = []
        self._sent = 0
        self.restart()
        if approve:
            self.approve()
        self.cloud.subscribe(self._hear)
        self.bus.listener = self._notify
        self._unsent: list[Any] = []

    def __getstate__(self) -> dict[str, Any]:
        """Of a copy: its functions start anew."""
        return {name: value for name, value in vars(self).items() if name != "reconciler"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.restart()

    def approve(self, document: dict[str, Any] | None = None) -> None:
        """Make the roster of this world the approved one, or another one."""
        approve_candidate(
            memory=self.state,
            matches=self.matches,
            organization=self.reconciler.organization,
            document=document or self.roster,
            approved_by="test",
            now=self.clock.now(),
            before=self.state.get_enforcement().approved,
        )

    def restart(self) -> None:
        """A new process: nothing is left but what was stored."""
        role = Caller.role(HUB, "rollcall-reconcile", "reconcile")
        buckets_ = make_buckets(share=WORKERS_SHARE / WORKERS, now=self.clock.now().timestamp())
        account = _Counted(name_writes(self.cloud.client("account", role)), self.calls, self.faults)
        writer = Writer(
            accounts=AllAccounts(
                management_account=MANAGEMENT,
                members=OneModeAccountApi(client=account, clock=self.clock, buckets=buckets_),
                management=ManagementAccount(
                    sts=self,
                    role_arn=MANAGEMENT_ROLE,
                    account_client=self._inside_management,
                    clock=self.clock,
                    buckets=buckets_,
                ),
            ),
            contacts=self.state,
            ledger=self.ledger,
            clock=self.clock,
        )
        writer_roles = frozenset({WRITER_ROLE, MANAGEMENT_ROLE})
        rosters = Rosters(memory=self.state, candidate=self.roster)
        messages = GroupMessages(
            groups=self.state, contacts=self.state, bus=self.bus, clock=self.clock, files=self.ledger
        )
        grouper = AlertGrouper(
            messages=messages,
            groups=self.state,
            clock=self.clock,
            limits=rosters.get_bulk_limits,
            management_account=MANAGEMENT,
            writer_roles=writer_roles,
        )
        self.reconciler = Reconciler(
            organization=AwsOrganization(client=self.cloud.client("organizations", role)),
            rosters=rosters,
            matches=self.matches,
            guardrails=self.matches,
            writer=writer,
            publisher=IncidentPublisher(
                incidents=self.state,
                contacts=self.state,
                bus=self.bus,
                clock=self.clock,
                grouper=grouper,
                observe=self.incidents.append,
            ),
            grouper=grouper,
            units=self.state,
            pool=MemoryPool(),
            writer_roles=writer_roles,
            ours=Dependencies.from_settings(hub=HUB, stack_sets=self.stack_sets, guardrail=self.guardrail),
        )

    def apply_ports(self, writer: Writer | None = None) -> ApplyPorts:
        """What the steps of the sweep that write work with; by default they write as `reconcile` does."""
        return ApplyPorts(
            organization=self.reconciler.organization,
            matches=self.matches,
            guardrails=self.matches if self.guardrail else None,
            writer=writer or self.reconciler.writer,
            publisher=self.reconciler.publisher,
        )

    def assume_role(self, **_: str) -> dict[str, Any]:
        """STS, as `reconcile` sees it: the role in the management account is there or not."""
        if not self.management_role:
            text = "not authorized to perform: sts:AssumeRole"
            answer: Any = {"Error": {"Code": "AccessDenied", "Message": text}}
            raise ClientError(answer, "AssumeRole")
        return {"Credentials": {}}

    def _inside_management(self, _credentials: object) -> Any:
        role = Caller.role(MANAGEMENT, "rollcall-management-contacts", "rollcall-reconcile")
        return _Counted(name_writes(self.cloud.client("account", role)), self.calls, self.faults)

    def _notify(self, event: dict[str, Any]) -> None:
        """As from a queue: what waits for an earlier message comes again."""
        self._unsent.append(event)
        for one in [*self._unsent]:
            self._unsent.remove(one)
            try:
                self.notifier.handle(one)
            except WaitError:
                self._unsent.append(one)

    def settle(self, accounts: Collection[str] = ()) -> Self:
        """Give every account what the roster wants, without events, calls or quota spent."""
        roster = Roster.from_document(self.roster)
        organization = AwsOrganization(client=self.admin("organizations"))
        for account_id in accounts or self.organization.accounts:
            account = organization.get_account(account_id, with_tags=True)
            assert account is not None
            required = resolve_requirement(roster, account, today=self.clock.now().date())
            for kind, wanted in required.desired.items():
                there = self.organization.accounts[account_id]
                if not isinstance(wanted, Desired):
                    continue
                if kind is ContactKind.PRIMARY:
                    contact = wanted.contact.keep_from(read_members(there.primary, kind))
                    there.primary = name_members(contact, kind)
                else:
                    there.contacts[str(kind)] = AlternateContact(**wanted.contact.as_document())
        return self

    def admin(self, service: str) -> Any:
        return self.cloud.client(service, Caller.role(MANAGEMENT, "Admin", "alice"))

    def member(self, account_id: str = MEMBER, session: str = "mary") -> Any:
        return self.cloud.client("account", Caller.role(account_id, "Dev", session))

    def contacts(self, account_id: str = MEMBER) -> dict[str, dict[str, str]]:
        """What the account has now, by kind, as the Account API takes it."""
        stored = self.organization.accounts[account_id].contacts
        return {
            kind: {
                "Name": contact.name,
                "Title": contact.title,
                "EmailAddress": contact.email,
                "PhoneNumber": contact.phone,
            }
            for kind, contact in stored.items()
        }

    def _hear(self, _account: str, event: object) -> None:
        self.send(event)

    def send(self, event: object) -> None:
        self._sent += 1
        body = event if isinstance(event, str) else json.dumps(event)
        self.queue.append(Message(f"m{self._sent}", body, visible_at=self.clock.now().timestamp()))

    def drain(self) -> World:
        """Deliver messages, one at a time, until the queue is empty; time passes while it waits."""
        while self.queue:
            self.queue.sort(key=lambda message: message.visible_at)
            wait = self.queue[0].visible_at - self.clock.now().timestamp()
            if wait > 0:
                self.clock.sleep(wait)
                self.cloud.pump()
            self.deliver(self.queue[0])
        return self

    def deliver(self, message: Message) -> None:
        """One receive of one message by a function that may crash."""
        message.receives += 1
        record = {
            "messageId": message.id,
            "receiptHandle": message.id,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
        }
        try:
            answer = process({"Records": [record]}, self.reconciler.handle, queue=self, log=self)
        except Crash:
            self.restart()
            # A killed function leaves its messages to the visibility time-out.
            message.visible_at = self.clock.now().timestamp() + 360
            return
        if not answer["batchItemFailures"]:
            self.queue.remove(message)
        elif message.receives >= MAX_RECEIVES:
            self.queue.remove(message)
            self.dead.append(message)

    def return_in(self, receipt: str, seconds: int) -> None:
        """The queue, as the batch sees it."""
        (message,) = [message for message in self.queue if message.id == receipt]
        message.visible_at = self.clock.now().timestamp() + seconds

    def warning(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        self.warnings.append({"message": msg, **(extra or {})})

    @property
    def alerts(self) -> list[Alert]:
        return self.topic.alerts

    def verdicts(self) -> list[str]:
        return [str(outcome.verdict) for incident in self.incidents for outcome in incident.outcomes]


class _Counted:
    """The account client, with a list of the calls made and steps that can be made to fail after them."""

    def __init__(self, client: Any, calls: list[tuple[str, str]], faults: Faults) -> None:
        self._client = client
        self._calls = calls
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self._calls.append((name, parameters.get("AccountId", MANAGEMENT)))
            answer = getattr(self._client, name)(**parameters)
            self._faults(f"{name}.after")
            return answer

        return call
