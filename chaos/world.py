"""One story under way: its clock, its queues and functions, and what happened so far."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chaos import limits
from chaos.actors import Actors
from chaos.fakes.account import KINDS, PRIMARY, AccountService
from chaos.fakes.cloud import Call, Cloud
from chaos.fakes.dynamodb import Table
from chaos.fakes.organizations import Member, Organization
from chaos.fakes.people import Identity
from chaos.fakes.queue import Queue
from chaos.fakes.s3 import Buckets
from chaos.faults import Faults, draw_number
from chaos.machines import Machines
from chaos.poller import Poller
from chaos.scheduler import START, Killed, Process, Scheduler, Task
from chaos.setting import (
    BUS,
    DAY,
    LEDGER,
    REPORTS,
    TABLE,
    UNIT,
    UNITS,
    WRITER,
    Context,
    Control,
    Crash,
    Delivery,
    Published,
    Slot,
)
from chaos.story import HUB, MANAGEMENT
from chaos.trail import Trail
from chaos.wants import fill_kept, find_want

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chaos.fakes.account import Contact, Values
    from chaos.setting import Functions
    from chaos.story import Action, Story

#: What follows the full name.
_REST_OF_PRIMARY: Final = (
    *("Corp", "1 Any Street", "Floor 5", "", "Seattle", "", "WA"),
    *("98101", "US", "+1 206 555 0100", ""),
)
_ROLES: Final = {"reconcile": WRITER, "apply": WRITER}


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
        #: By account its units and its state from each moment on at which it was created, moved or closed.
        self.places: dict[str, list[tuple[float, Member]]] = {}
        #: Members without a forwarder now.
        self.unforwarded: set[str] = set()
        #: By time each unit that got a name, and the name.
        self.renames: list[tuple[float, str, str]] = []
        self.statistics: Counter[str] = Counter()
        self.timeline: list[tuple[float, str]] = []
        self.trail, self.machines, self.actors = Trail(self), Machines(self), Actors(self)
        self._active: dict[str, set[str]] = {}
        get_now = self.get_now
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
        self.pollers = {
            name: Poller(self, queue, function, workers)
            for (name, queue), function, workers in zip(
                self.queues.items(), ("reconcile", "reconcile", "notify"), (story.workers, 2, 2), strict=True
            )
        }
        joining = {action.account for action in story.actions if action.do == "create"}
        there = {id_: name for id_, name in story.accounts if id_ not in joining}
        account = AccountService(now=get_now, accounts=set(there), management=MANAGEMENT, hub=HUB)
        self.cloud = Cloud(
            scheduler=scheduler,
            faults=self.faults,
            seed=story.seed,
            account=account,
            table=Table(now=get_now, indexes=functions.indexes, ttl_lag=story.ttl_lag),
            table_name=TABLE,
            buckets=Buckets(now=get_now, names=frozenset({LEDGER, REPORTS}), locked=frozenset({LEDGER})),
            organization=Organization(
                members={
                    id_: Member(id_, name, () if id_ in (MANAGEMENT, HUB) else (UNIT,))
                    for id_, name in there.items()
                },
                units=dict(UNITS),
                paths=story.paths,
                empty_pages=story.empty_pages,
            ),
            queues=self.queues,
            bus=BUS,
            roles=story.roles,
            on_account_call=self.trail.record,
            on_events=self._publish,
            on_execution=self.machines.start,
            on_read=self._note_read,
        )
        for id_, name in story.accounts:
            for kind in KINDS:
                want = find_want(self.candidate, Member(id_, name, (UNIT,)), kind)
                values = want.values
                if kind == PRIMARY:
                    # As if the management account's had been copied when each was created.
                    copied = (name, *_REST_OF_PRIMARY)
                    values = fill_kept(values, copied) or copied
                account.set_first(id_, kind, values if id_ in there else None)

    @property
    def now(self) -> float:
        """Seconds since the story began."""
        return self.scheduler.now - START

    def run(self) -> None:
        """The whole story, then a day without faults, a sweep, and what comes of it."""
        with self.functions.installed(self):
            self._run()

    def _run(self) -> None:
        self.do_calmly("setup", lambda: self.functions.prepare(self.story.rosters[0]))
        self.scheduler.run(START + 60)
        for action in self.story.actions:
            self.scheduler.at(START + action.at, partial(self.actors.act, action))
        end = START + self.story.end
        for number in range(1, int((self.story.end + 3600) // limits.FOLLOW_UP)):
            self.scheduler.at(START + number * limits.FOLLOW_UP, partial(self._follow_up, number))
        self.scheduler.run(end)
        if self.list_control()[-1].is_paused(end):
            self.actors.command("last-unpause", {"operation": "unpause", "reason": "the day without faults"})
        self.scheduler.run(end + DAY)
        self.before_sweep = {
            (account, kind): self.cloud.account.read(account, kind)
            for account in self.names
            for kind in KINDS
        }
        self.start_sweep("schedule", "final")
        self.scheduler.run(end + DAY + 3600)
        for plan in self.runs["final"]["pending"][-1:]:
            self.actors.approve("last-approve", plan)
        self.scheduler.run(end + DAY + 4 * 3600)

    def _follow_up(self, number: int) -> None:
        """What the schedule of the control machine starts."""
        event, name = {"operation": "follow-up"}, f"follow-up-{number}"
        self.do_calmly(name, lambda: self.machines.run_step("control", event, name))

    def start_sweep(self, trigger: str, name: str, **asked: Any) -> None:
        """An execution of the sweep's machine."""
        self.machines.start(name, json.dumps({"trigger": trigger, "by": None, "plan": None, **asked}))

    def note(self, text: str) -> None:
        """Something for a printed story."""
        self.timeline.append((self.now, text))

    def list_control(self) -> list[Control]:
        """The pause and the approved roster, whenever one of them changed."""
        found = [Control(START, paused=False, approved=None, until=0)]
        for time, key, _, item in self.cloud.table.writes:
            if key == ("approval", "approval") and item is not None:
                approved = item.get("approved", {}).get("S")
                found.append(replace(found[-1], time=time, approved=approved))
            if key == ("control", "control") and item is not None:
                paused = bool(item.get("paused", {}).get("BOOL", False))
                until = float(item.get("paused_until", {}).get("N", 0))
                found.append(replace(found[-1], time=time, paused=paused, until=until))
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
        context = Context(self.get_now, self.scheduler.now + seconds, label, slot.function)

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

    def get_now(self) -> float:
        """Seconds of the epoch."""
        return self.scheduler.now

    def _wake(self, queue: str, moment: float) -> None:
        self.scheduler.at(moment, self.pollers[queue].dispatch)

    def do_calmly(self, name: str, work: Callable[[], object]) -> None:
        """Do something in a process that no fault hits."""
        process = Process(label=name)
        process.facts.update(function=name, identity=WRITER, calm=True, slot=Slot(name, 0))
        self.scheduler.spawn(process, work)

    def _note_read(self, process: str, account: str) -> None:
        """Count workers that are at one account at the same time."""
        self._active.setdefault(account, set()).add(process)

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


def _describe(document: Mapping[str, Any]) -> str:
    if "notice" in document:
        return f"notice {document['notice']} {document['incident_id']}"
    if "outcomes" in document:
        became = ", ".join(f"{item['kind']} {item['verdict']}" for item in document["outcomes"])
        return f"incident {document['incident_id']} {document['stage']} {document['severity']}: {became}"
    return f"outcome {document['incident_id']}: {document.get('kind')} {document.get('verdict')}"
