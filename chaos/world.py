"""One story under way: queues with their workers, state machines, people, and events on their way."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from chaos import limits
from chaos.fakes.account import FIELDS, KINDS, AccountService
from chaos.fakes.cloud import Call, Cloud
from chaos.fakes.dynamodb import Table
from chaos.fakes.errors import make_error
from chaos.fakes.organizations import Member, Organization
from chaos.fakes.people import Identity
from chaos.fakes.queue import Queue
from chaos.fakes.s3 import Buckets
from chaos.faults import Faults, draw_number
from chaos.scheduler import START, Killed, Process, Scheduler, Task
from chaos.story import HUB, MANAGEMENT, RIGHT
from chaos.wants import compute_digest, find_want

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from chaos.fakes.account import Contact, Values
    from chaos.fakes.queue import Message
    from chaos.story import Action, Story

TABLE: Final = "rollcall-state"
LEDGER: Final = "rollcall-ledger"
REPORTS: Final = "rollcall-reports"
BUS: Final = "rollcall-outcomes"
TOPIC: Final = f"arn:aws:sns:us-east-1:{HUB}:alerts"
WRITER: Final = Identity(HUB, "rollcall-reconcile", "reconcile", user_agent="Botocore/1.44 md/lambda")
MANAGEMENT_WRITER: Final = Identity(
    MANAGEMENT, "rollcall-management-contacts", "rollcall-reconcile", user_agent="Botocore/1.44 md/lambda"
)
#: The organizational unit of all members.
UNIT: Final = "ou-ab12-11111111"
DAY: Final = 86_400.0
_EVENT_SECONDS: Final = (1.0, 8.0)
_ROLES: Final = {"reconcile": WRITER, "apply": WRITER}


@dataclass(eq=False, slots=True)
class Slot:
    """One execution environment of a function: what it made at its start stays until it is killed."""

    function: str
    number: int
    composed: Any = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a function knows of its invocation."""

    now: Callable[[], float]
    deadline: float
    aws_request_id: str
    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """How long it may still run."""
        return int((self.deadline - self.now()) * 1000)


class Functions(Protocol):
    """The functions under test."""

    #: Indexes of the state table: partition key and sort key.
    indexes: Mapping[str, tuple[str, str | None]]

    def installed(self, world: World) -> AbstractContextManager[None]:
        """Let the functions work in this world for a while."""

    def prepare(self, roster: Mapping[str, Any]) -> None:
        """Approve the first roster."""

    def invoke(self, slot: Slot, event: Mapping[str, Any], context: Context) -> Any:
        """One invocation, in the process that runs now."""

    def read_log(self) -> str:
        """What the functions have logged."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that came to a queue, and the call behind it."""

    time: float
    call: Call
    event_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class Published:
    """An entry that the outcome bus took."""

    time: float
    kind: str
    document: Mapping[str, Any]
    process: str


@dataclass(frozen=True, slots=True)
class Crash:
    """An invocation that raised."""

    time: float
    process: str
    error: str


@dataclass(slots=True)
class Control:
    """Pause and approved roster as they were from a moment on."""

    time: float
    paused: bool
    approved: str | None


class World:
    """A story at work. After `run` all that happened can be read from it."""

    def __init__(self, story: Story, functions: Functions) -> None:
        self.story = story
        self.functions = functions
        self.scheduler = scheduler = Scheduler()
        self.faults = Faults(story.faults, story.seed, calm_from=story.end)
        self.names = dict(story.accounts)
        self.candidate = story.rosters[0]
        self.deliveries: list[Delivery] = []
        self.published: list[Published] = []
        self.crashes: list[Crash] = []
        self.people: list[tuple[Action, Call | None]] = []
        #: Invocations that were killed or timed out.
        self.killed: set[str] = set()
        #: What each contact was when the last sweep began.
        self.before_sweep: dict[Contact, Values | None] = {}
        self.executions: dict[str, str] = {}
        #: The document that the last step of an execution returned.
        self.runs: dict[str, Mapping[str, Any]] = {}
        self.statistics: Counter[str] = Counter()
        self.timeline: list[tuple[float, str]] = []
        self._labels: Counter[str] = Counter()
        self._active: dict[str, set[str]] = {}
        get_now = self._get_now
        self.queues = {
            name: Queue(
                name=name,
                visibility=limits.VISIBILITY[name],
                most_receives=limits.MOST_RECEIVES[name],
                now=get_now,
                wake=partial(self._wake, name),
            )
            for name in ("intake", "echoes", "notify")
        }
        self._pollers = {
            name: _Poller(self, queue, function, workers)
            for (name, queue), function, workers in zip(
                self.queues.items(), ("reconcile", "reconcile", "notify"), (story.workers, 2, 2), strict=True
            )
        }
        account = AccountService(now=get_now, accounts=frozenset(self.names), management=MANAGEMENT, hub=HUB)
        self.cloud = Cloud(
            scheduler=scheduler,
            faults=self.faults,
            seed=story.seed,
            account=account,
            table=Table(now=get_now, indexes=functions.indexes, ttl_lag=story.ttl_lag),
            table_name=TABLE,
            buckets=Buckets(now=get_now, names=frozenset({LEDGER, REPORTS})),
            organization=Organization(
                members={
                    id_: Member(id_, name, () if id_ in (MANAGEMENT, HUB) else (UNIT,))
                    for id_, name in story.accounts
                },
                units={UNIT: "Workloads"},
                paths=story.paths,
                empty_pages=story.empty_pages,
            ),
            queues=self.queues,
            bus=BUS,
            assumed={str(MANAGEMENT_WRITER.role_arn): MANAGEMENT_WRITER},
            on_account_call=self._record,
            on_events=self._publish,
            on_execution=self._start_execution,
            on_read=self._note_read,
        )
        for id_, name in story.accounts:
            for kind in KINDS:
                account.set_first(id_, kind, find_want(self.candidate, id_, name, kind).values)

    @property
    def now(self) -> float:
        """Seconds since the story began."""
        return self.scheduler.now - START

    def run(self) -> None:
        """The whole story, then a day without faults, a sweep, and what comes of it."""
        with self.functions.installed(self):
            self._run()

    def _run(self) -> None:
        self._do_calmly("setup", lambda: self.functions.prepare(self.story.rosters[0]))
        self.scheduler.run(START + 60)
        for action in self.story.actions:
            self.scheduler.at(START + action.at, partial(self._act, action))
        end = START + self.story.end
        self.scheduler.run(end)
        if self.list_control()[-1].paused:
            self._command("last-unpause", {"operation": "unpause", "reason": "the day without faults"})
        self.scheduler.run(end + DAY)
        self.before_sweep = {
            (account, kind): self.cloud.account.read(account, kind)
            for account in self.names
            for kind in KINDS
        }
        self.start_sweep("schedule", "final")
        self.scheduler.run(end + DAY + 3600)
        for plan in self.runs["final"]["pending"][-1:]:
            self._command("last-approve", {"operation": "approve", "plan": plan})
        self.scheduler.run(end + DAY + 4 * 3600)

    def start_sweep(self, trigger: str, name: str, **asked: Any) -> None:
        """An execution of the sweep's machine."""
        self._start_execution(name, json.dumps({"trigger": trigger, "by": None, "plan": None, **asked}))

    def note(self, text: str) -> None:
        """Something for a printed story."""
        self.timeline.append((self.now, text))

    def list_control(self) -> list[Control]:
        """The pause and the approved roster, whenever one of them changed."""
        found = [Control(START, paused=False, approved=None)]
        for time, key, _, item in self.cloud.table.writes:
            if key == ("control", "control") and item is not None:
                paused = bool(item.get("paused", {}).get("BOOL", False))
                found.append(Control(time, paused, item.get("approved", {}).get("S")))
        return found

    def invoke(
        self,
        slot: Slot,
        event: Mapping[str, Any],
        label: str,
        done: Callable[[Any, str | None], None],
    ) -> Task:
        """Begin an invocation; `done` is given its answer, or the name of what it raised."""
        story, number = self.story, draw_number(self.story.seed, "slot", slot.function, str(slot.number))
        process = Process(label=label, skew=(2 * number - 1) * story.skew)
        process.facts.update(
            function=slot.function,
            slot=slot,
            pace=story.pace * (0.5 + draw_number(story.seed, "pace", label)),
            identity=_ROLES.get(slot.function, Identity(HUB, f"rollcall-{slot.function}", slot.function)),
        )
        seconds = limits.FUNCTION_TIMEOUTS[slot.function]
        context = Context(self._get_now, self.scheduler.now + seconds, label, slot.function)

        def work() -> None:
            try:
                answer = self.functions.invoke(slot, event, context)
            except Killed:
                slot.composed = None
                self.statistics["killed"] += 1
                self.killed.add(label)
                done(None, "Killed")
                raise
            except Exception as error:  # noqa: BLE001  # as Lambda takes whatever a handler raises
                self.crashes.append(Crash(self.scheduler.now, label, f"{type(error).__name__}: {error}"))
                done(None, type(error).__name__)
            else:
                done(answer, None)

        task = self.scheduler.spawn(process, work)
        self.scheduler.at(self.scheduler.now + seconds, partial(self._time_out, process, task))
        return task

    def _time_out(self, process: Process, task: Task) -> None:
        if not task.done:
            self.note(f"{process.label} timed out")
            self.statistics["timed out"] += 1
            self.scheduler.kill(process)

    def _get_now(self) -> float:
        return self.scheduler.now

    def _wake(self, queue: str, moment: float) -> None:
        self.scheduler.at(moment, self._pollers[queue].dispatch)

    def _do_calmly(self, name: str, work: Callable[[], object]) -> None:
        process = Process(label=name)
        process.facts.update(function=name, identity=WRITER, calm=True, slot=Slot(name, 0))
        self.scheduler.spawn(process, work)

    def _act(self, action: Action) -> None:
        match action.do:
            case "edit":
                self._edit(action)
                return
            case "sweep":
                self.start_sweep("operator", f"operator-{action.name}")
            case "deploy":
                self.candidate = self.story.rosters[int(action.value or 0)]
                for poller in self._pollers.values():
                    poller.restart()
                self.start_sweep("roster", f"roster-{action.name}")
            case "approve":
                plan = self._find_pending()
                if plan is not None:
                    self._command(action.name, {"operation": "approve", "plan": plan})
            case "pause" | "unpause":
                self._command(action.name, {"operation": action.do, "reason": "drill"})
            case "rename":
                self._rename(action)
            case "release":
                named = {"account": action.account, "kind": action.kind}
                self._command(action.name, {"operation": "release", **named})
        self.people.append((action, None))
        self.note(f"an operator: {action.do}")

    def _edit(self, action: Action) -> None:
        identity, given = self._find_identity(action), {"AlternateContactType": action.kind}
        account = self.cloud.account
        if identity.account != action.account:
            given["AccountId"] = action.account
        value = action.value
        values = self.story.foreign[value] if isinstance(value, int) else None
        if value == RIGHT:
            values = find_want(
                self._find_roster(), action.account, self.names[action.account], action.kind
            ).values
        operation = "DeleteAlternateContact" if values is None else "PutAlternateContact"
        if values is not None:
            given.update(zip(FIELDS, values, strict=True))
        call = Call(
            sent_at=self.scheduler.now,
            process=action.name,
            function="",
            identity=identity,
            service="account",
            operation=operation,
            given=given,
            request_id=self.cloud.make_request_id(),
            user_agent=identity.user_agent,
            answered=True,
        )
        self.cloud.calls.append(call)
        self.people.append((action, call))
        before = account.read(action.account, action.kind)
        try:
            self.cloud.answer(call)
        except Exception as error:  # noqa: BLE001  # a person reads it and goes on
            self.note(f"{action.name}: {action.who} {operation} {action.account} {action.kind}: {error}")
        else:
            same = " (as it was)" if before == values else ""
            what = "deletes" if values is None else f"sets to {values[2]}{same}"
            self.note(f"{action.name}: {action.who} {what} {action.account} {action.kind}")

    def _rename(self, action: Action) -> None:
        """The unit has another name, and Organizations' event comes from the management account."""
        self.cloud.organization.units[UNIT] = action.name
        identity = Identity(MANAGEMENT, "Admin", "admin-person", "198.51.100.8")
        asked = {"organizationalUnitId": UNIT, "name": action.name}
        event = self._build_record(
            "organizations",
            "UpdateOrganizationalUnit",
            identity,
            asked,
            request_id=self.cloud.make_request_id(),
        )
        send = partial(self.queues["intake"].send, json.dumps(event), action.name)
        self.scheduler.at(self.scheduler.now + 2, send)

    def _find_identity(self, action: Action) -> Identity:
        match action.who:
            case "root":
                return Identity(action.account, None, source_ip="198.51.100.7", user_agent="Mozilla/5.0")
            case "authorised":
                return Identity(self.story.accounts[2][0], "Terraform", "ci", "198.51.100.9", "Terraform/1.9")
            case "thief":
                return Identity(HUB, "rollcall-reconcile", "reconcile", "203.0.113.66", "Boto3/1.2")
        role = "Admin" if action.who == "admin" else "Dev"
        return Identity(action.account, role, f"{action.who}-person", "198.51.100.8")

    def _find_roster(self) -> Mapping[str, Any]:
        """The roster that is approved now, else the one that is deployed."""
        approved = self.list_control()[-1].approved
        found = [roster for roster in self.story.rosters if compute_digest(roster) == approved]
        return found[0] if found else self.candidate

    def _find_pending(self) -> str | None:
        """What an operator reads in the latest alert about a plan that waits."""
        for item in reversed(self.published):
            if item.document.get("notice") == "sweep-held":
                return str(item.document["facts"]["plan"])
        return None

    def _command(self, name: str, asked: Mapping[str, Any]) -> None:
        date = datetime.fromtimestamp(self.scheduler.now, UTC).strftime("%Y%m%dT%H%M%SZ")
        execution = f"command-{name}"
        proof = {
            "credential": f"ASIAEXAMPLEEXAMPLE12/{date[:8]}/us-east-1/sts/aws4_request",
            "date": date,
            "token": "token",
            "signature": "0" * 64,
        }
        arn = f"arn:aws:states:us-east-1:{HUB}:execution:Control:{execution}"
        event = {"reason": "drill", **asked, "proof": proof, "execution": arn}
        self._do_calmly(execution, lambda: self._run_step("control", event, execution))

    def _start_execution(self, name: str, text: str) -> None:
        if name in self.executions:
            raise make_error("StartExecution", "ExecutionAlreadyExists", "Execution Already Exists")
        self.executions[name] = "RUNNING"
        asked = json.loads(text)
        self.note(f"execution {name} begins")
        self._do_calmly(f"machine:{name}", lambda: self._execute(name, asked))

    def _execute(self, name: str, asked: Mapping[str, Any]) -> None:
        """The sweep's state machine."""
        started = datetime.fromtimestamp(int(self.scheduler.now), UTC).isoformat().replace("+00:00", "Z")
        execution = {"input": dict(asked), "execution": name, "started": started}
        step: str = "begin"
        run: dict[str, Any] = {}
        for turn in range(500):
            if step == "wait":
                self.scheduler.sleep(limits.MACHINE_WAIT)
                step = "begin"
            event = {"operation": step, **(execution if step == "begin" else {"run": run})}
            function = limits.STEP_FUNCTIONS.get(step, "sweep")
            answer, error = self._run_step(function, event, f"{function}:{name}.{turn}.{step}")
            if error is None:
                run, step = answer, answer["next"]
                if step == "end":
                    failed = run["ending"] == "failed"
                    self._finish_execution(name, "FAILED" if failed else "SUCCEEDED", run)
                    return
                continue
            failure = {"Error": error, "Cause": "{}"}
            self.note(f"execution {name}: {step} was given up: {error}")
            if step in limits.CATCHES:
                run = {**run, "failed": {**run["failed"], step: failure}}
                step = limits.CATCHES[step]
                continue
            asked_to = {"operation": "fail", "step": step, "failure": failure, **execution}
            self._run_step("sweep", asked_to, f"sweep:{name}.{turn}.fail")
            self._finish_execution(name, "FAILED", run)
            return
        raise AssertionError(f"execution {name} does not end")

    def _finish_execution(self, name: str, status: str, run: Mapping[str, Any]) -> None:
        self.executions[name] = status
        self.runs[name] = run
        self.note(f"execution {name} {status.lower()}: {run.get('ending') or 'finished'}")

    def _run_step(self, function: str, event: Mapping[str, Any], label: str) -> tuple[Any, str | None]:
        """One task of a state machine with all its tries: its answer, or the error of the last."""
        outcome: list[tuple[Any, str | None]] = []
        for number, seconds in enumerate((0, *limits.STEP_WAITS), start=1):
            self.scheduler.sleep(seconds + 0.05)
            slot = Slot(function, number)
            task = self.invoke(
                slot, json.loads(json.dumps(event)), f"{label}#{number}", lambda *found: outcome.append(found)
            )
            self.scheduler.join(task)
            if outcome[-1][1] is None:
                return json.loads(json.dumps(outcome[-1][0])), None
        return outcome[-1]

    def _note_read(self, process: str, account: str) -> None:
        """Count workers that are at one account at the same time."""
        self._active.setdefault(account, set()).add(process)

    def _record(self, call: Call) -> None:
        """CloudTrail writes a call down, and EventBridge brings it."""
        story, account = self.story, self.cloud.account.find_account(call.given, call.identity)
        kind = str(call.given["AlternateContactType"])
        label = call.process if call.function == "" else f"own:{account}:{kind}"
        self._labels[label] += 1
        if call.function:
            label = f"{label}.{self._labels[label]}"
            made = "" if call.error is None else f": {call.error}"
            what = call.given.get("EmailAddress", "nothing")
            self.note(f"{call.process} sets {account} {kind} to {what}{made}")
        recipients = [call.identity.account]
        if story.events.copies and account != call.identity.account:
            recipients.append(account)
        for number, recipient in enumerate(recipients):
            name = label if number == 0 else f"{label}.copy"
            event = self._build_event(call, recipient, name, shared=len(recipients) > 1)
            self._bring(event, call, name)

    def _bring(self, event: dict[str, Any], call: Call, label: str) -> None:
        plan, seed = self.story.events, self.story.seed
        calm = self.now >= self.story.end
        lost = any(action.lost for action, edit in self.people if edit is call)
        if lost or (not calm and draw_number(seed, "lost", label) < plan.lost):
            self.statistics["events lost"] += 1
            self.note(f"the event of {label} is lost")
            return
        times = 1
        if not calm and draw_number(seed, "doubled", label) < plan.doubled:
            self.statistics["events doubled"] += 1
            times = 2
        for time in range(times):
            place = f"{label}/{time}" if time else label
            least, most = _EVENT_SECONDS
            wait = least + (most - least) * draw_number(seed, "way", place) ** 2
            if not calm and draw_number(seed, "late", place) < plan.late:
                self.statistics["events late"] += 1
                wait = 60 + draw_number(seed, "how late", place) * plan.longest
            arrival = self.scheduler.now + wait
            if plan.release and not calm:
                arrival = (arrival // plan.release + 1) * plan.release + draw_number(seed, "crowd", place)
            self.scheduler.at(arrival, partial(self._deliver, event, call, place))

    def _deliver(self, event: dict[str, Any], call: Call, label: str) -> None:
        ours = call.identity.role_arn in {WRITER.role_arn, MANAGEMENT_WRITER.role_arn}
        queue = self.queues["echoes" if ours else "intake"]
        message = queue.send(json.dumps(event), label)
        self.deliveries.append(Delivery(self.scheduler.now, call, event["detail"]["eventID"], message))

    def _build_event(self, call: Call, recipient: str, label: str, *, shared: bool) -> dict[str, Any]:
        """The record of a call on a contact, as EventBridge delivers it."""
        asked: dict[str, str] | None = {
            name[0].lower() + name[1:]: str(text) for name, text in call.given.items()
        }
        more: dict[str, Any] = {"sharedEventID": f"shared-{call.request_id}"} if shared else {}
        if call.error is not None:
            more |= {"errorCode": call.error, "errorMessage": "refused"}
            if call.error.startswith("AccessDenied"):
                asked = None
        number = int(draw_number(self.story.seed, "event", label) * 16**12)
        return self._build_record(
            "account",
            call.operation,
            call.identity,
            asked,
            request_id=call.request_id,
            recipientAccountId=recipient,
            userAgent=call.user_agent,
            eventID=f"{number:012x}-0000-4000-8000-{len(self.deliveries):012x}",
            **more,
        )

    def _build_record(
        self,
        service: str,
        operation: str,
        identity: Identity,
        asked: Mapping[str, str] | None,
        *,
        request_id: str,
        **more: Any,
    ) -> dict[str, Any]:
        time = datetime.fromtimestamp(self.scheduler.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        detail = {
            "eventVersion": "1.11",
            "userIdentity": identity.describe(),
            "eventTime": time,
            "eventSource": f"{service}.amazonaws.com",
            "eventName": operation,
            "awsRegion": "us-east-1",
            "sourceIPAddress": identity.source_ip,
            "userAgent": identity.user_agent,
            "requestParameters": asked,
            "responseElements": None,
            "requestID": request_id,
            "eventID": f"event-{request_id}",
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "eventCategory": "Management",
            "recipientAccountId": identity.account,
            **more,
        }
        return {
            "version": "0",
            "id": f"envelope-{detail['eventID']}",
            "detail-type": "AWS API Call via CloudTrail",
            "source": f"aws.{service}",
            "account": detail["recipientAccountId"],
            "time": time,
            "region": "us-east-1",
            "resources": [],
            "detail": detail,
        }

    def _publish(self, entries: Sequence[Mapping[str, Any]], call: Call) -> None:
        """The outcome bus took entries; incidents and notices go on to the channel's queue."""
        for entry in entries:
            document = json.loads(entry["Detail"])
            self.published.append(Published(self.scheduler.now, entry["DetailType"], document, call.process))
            self.note(f"{call.process} publishes {_describe(document)}")
            if entry["DetailType"] in ("Rollcall Incident", "Rollcall Notice"):
                number = len(self.published)
                place = f"n{number}:{document['incident_id']}"
                wait = 0.2 + draw_number(self.story.seed, "told", place) * 2
                body = json.dumps(
                    {"detail-type": entry["DetailType"], "source": entry["Source"], "detail": document}
                )
                send = self.queues["notify"].send
                self.scheduler.at(self.scheduler.now + wait, partial(send, body, place))


class _Poller:
    """Lambda's event source: gives visible messages to workers that are free."""

    def __init__(self, world: World, queue: Queue, function: str, workers: int) -> None:
        self._world = world
        self._queue = queue
        self._free = [Slot(function, number) for number in range(workers)]

    def restart(self) -> None:
        """New code: workers begin anew. Those at work end with the code that they have."""
        for slot in self._free:
            slot.composed = None

    def dispatch(self) -> None:
        """Give out what can be given out."""
        story = self._world.story
        while self._free and self._queue.count_visible():
            most = story.batch if self._queue.name != "notify" else max(story.batch, 3)
            taken = self._queue.receive(most)
            if not taken:
                continue
            place = "+".join(receipt for _, receipt in taken)
            chosen = int(draw_number(story.seed, "worker", place) * len(self._free))
            self._work(self._free.pop(chosen), taken, place)

    def _work(self, slot: Slot, taken: Sequence[tuple[Message, str]], place: str) -> None:
        world, queue = self._world, self._queue
        label = f"{slot.function}:{place}"
        for message, receipt in taken:
            message.tries.append((world.now, label))
            if world.now < world.story.end and (
                draw_number(world.story.seed, "double", receipt) < world.story.events.double
            ):
                world.statistics["messages delivered twice"] += 1
                queue.show(message, world.scheduler.now + 0.2)
        event = {"Records": [_make_record(queue.name, message, receipt) for message, receipt in taken]}

        def done(answer: Any, error: str | None) -> None:
            if error is None:
                failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
                for message, receipt in taken:
                    if message.id not in failed:
                        queue.delete(receipt)
            self._free.append(slot)
            world.scheduler.at(world.scheduler.now, self.dispatch)

        world.invoke(slot, event, label, done)


def _make_record(queue: str, message: Message, receipt: str) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at * 1000)),
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:{HUB}:{queue}",
        "awsRegion": "us-east-1",
    }


def _describe(document: Mapping[str, Any]) -> str:
    if "notice" in document:
        return f"notice {document['notice']} {document['incident_id']}"
    if "outcomes" in document:
        became = ", ".join(f"{item['kind']} {item['verdict']}" for item in document["outcomes"])
        return f"incident {document['incident_id']} {document['stage']} {document['severity']}: {became}"
    return f"outcome {document['incident_id']}: {document.get('kind')} {document.get('verdict')}"
