"""Everything that knows Rollcall: its functions as their own compose modules compose them, in a world.

Only the edges are replaced: botocore's clients, the machine's clock, threads, and the candidate that was
deployed.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Self
from unittest.mock import patch

import apply.compose
import apply.handler
import control.compose
import control.handler
import notify.compose
import notify.handler
import reconcile.compose
import reconcile.handler
import sweep.compose
import sweep.handler
from chaos.fakes.client import make_client
from chaos.setting import (
    BUS,
    LEDGER,
    MANAGEMENT_WRITER,
    MEMBER_READER,
    REPORTS,
    SWEEPS,
    TABLE,
    TOPIC,
    WRITER,
)
from chaos.story import HUB, MANAGEMENT
from rollcall.adapters import clients, system
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.control.proof import IdentityAnswer
from rollcall.rosters.current import approve_candidate
from rollcall.runtime import compose as shared_compose
from rollcall.runtime import handlers
from rollcall.runtime.environment import (
    PREFIX,
    ApplyEnvironment,
    ControlEnvironment,
    NotifyEnvironment,
    ReconcileEnvironment,
    SweepEnvironment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from chaos.scheduler import Scheduler
    from chaos.setting import Context, Slot
    from chaos.world import World

_OF_ALL: Final = {"management_account": MANAGEMENT, "state_table": TABLE, "outcome_bus": BUS}
_VARIABLES: Final = {
    **ReconcileEnvironment(
        **_OF_ALL,
        ledger_bucket=LEDGER,
        intake_queue_url="intake",
        echo_queue_url="echoes",
        alert_only_queue_url="alert-only",
        writer_role_arn=str(WRITER.role_arn),
        management_role_arn=str(MANAGEMENT_WRITER.role_arn),
        guardrail="off",
        stack_sets="DELEGATED_ADMIN",
        masks="foreign",
    ).as_variables(),
    **NotifyEnvironment(
        state_table=TABLE,
        queue_url="notify",
        channel="sns",
        target=TOPIC,
        slack_channel="none",
        slack_mention="none",
        access_portal="none",
        min_severity="INFO",
        runbook="docs/operations.md",
    ).as_variables(),
    **SweepEnvironment(
        **_OF_ALL,
        organization="o-exampleorgid",
        reports_bucket=REPORTS,
        masks="foreign",
        member_role="none",
        hub_account=HUB,
    ).as_variables(),
    **ApplyEnvironment(
        **_OF_ALL,
        ledger_bucket=LEDGER,
        reports_bucket=REPORTS,
        management_role_arn=str(MANAGEMENT_WRITER.role_arn),
        guardrail="off",
        masks="foreign",
    ).as_variables(),
    **ControlEnvironment(
        **_OF_ALL,
        hub_account=HUB,
        operators="none",
        ledger_bucket=LEDGER,
        sweep_machine_arn=SWEEPS.replace(":execution:", ":stateMachine:"),
    ).as_variables(),
}
_MEMBER_ROLE: Final = f"{PREFIX}MEMBER_ROLE"
#: How often a task looks whether a lock is free.
_LOCK_SECONDS: Final = 0.01
_ALICE: Final = {
    "GetCallerIdentityResponse": {
        "GetCallerIdentityResult": {
            "Account": HUB,
            "Arn": f"arn:aws:sts::{HUB}:assumed-role/rollcall-operator/alice",
            "UserId": "AROAEXAMPLE:alice",
        }
    }
}
#: Each function: its entry point, what its handler is composed by, and how.
_HANDLERS: Final = {
    "reconcile": (reconcile.handler, "_function"),
    "notify": (notify.handler, "_function"),
    "sweep": (sweep.handler, "_steps"),
    "apply": (apply.handler, "_steps"),
    "control": (control.handler, "_operator"),
}


class Rollcall:
    """The real functions. One world at a time is theirs."""

    indexes: Mapping[str, tuple[str, str | None]] = {"pending": ("pending", None)}

    def __init__(self) -> None:
        self._log = io.StringIO()
        self._world: World | None = None

    @property
    def world(self) -> World:
        """The story under way."""
        if self._world is None:
            raise RuntimeError("no story is under way")
        return self._world

    @contextmanager
    def installed(self, world: World) -> Iterator[None]:
        """Let the functions work in this world, then as they did before."""
        self._world = world
        self._log.seek(0)
        self._log.truncate()
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, _VARIABLES, AWS_REGION="us-east-1"))
            if world.story.roles:
                stack.enter_context(patch.dict(os.environ, {_MEMBER_ROLE: MEMBER_READER}))
            for place, name, value in self._list_patches():
                stack.enter_context(patch.object(place, name, value))
            for module, _ in _HANDLERS.values():
                before = module.log.registered_handler.setStream(self._log)
                stack.callback(module.log.registered_handler.setStream, before)
            yield

    def _list_patches(self) -> list[tuple[Any, str, Any]]:
        clock = SimpleNamespace(now=lambda _zone: self._read_clock())
        return [
            (clients, "create_client", self._make_client),
            (system.SystemClock, "now", lambda _self: self._read_clock()),
            (system.SystemClock, "sleep", lambda _self, seconds: self.world.scheduler.sleep(seconds)),
            (system, "ThreadPoolExecutor", self._make_executor),
            (system, "Lock", self._make_lock),
            (shared_compose, "_CANDIDATE", _Candidate(self)),
            (control.compose, "StsIdentities", _Identities),
            (handlers, "datetime", clock),
            (reconcile.handler, "datetime", clock),
            (handlers, "single_metric", lambda *_, **__: nullcontext()),
            *((module, name, self._find_composed) for module, name in _HANDLERS.values()),
        ]

    def prepare(self, roster: Mapping[str, Any]) -> None:
        """Approve the first roster."""
        client = self._make_client("dynamodb")
        approve_candidate(
            memory=ControlItems(client=client, table=TABLE),
            matches=MatchTable(client=client, table=TABLE),
            organization=AwsOrganization(client=self._make_client("organizations")),
            document=roster,
            approved_by="setup",
            now=self._read_clock(),
            before=None,
        )

    def invoke(self, slot: Slot, event: Mapping[str, Any], context: Context) -> Any:
        """One invocation of a handler."""
        if slot.composed is None:
            slot.composed = _COMPOSE[slot.function]()
        return _HANDLERS[slot.function][0].handler(dict(event), context)

    def read_log(self) -> str:
        """What the functions have logged."""
        return self._log.getvalue()

    def _find_composed(self) -> Any:
        return self.world.scheduler.process.facts["slot"].composed

    def _make_client(self, service: str, **settings: Any) -> Any:
        return make_client(self.world.cloud, service, **settings)

    def _read_clock(self) -> datetime:
        scheduler = self.world.scheduler
        return datetime.fromtimestamp(scheduler.now + scheduler.process.skew, UTC)

    def _make_executor(self, *, max_workers: int) -> _Executor:
        del max_workers
        return _Executor(self.world)

    def _make_lock(self) -> _Lock:
        return _Lock(self.world.scheduler)


_COMPOSE: Final[dict[str, Callable[[], Any]]] = {
    "reconcile": lambda: reconcile.compose.compose_reconcile(reconcile.handler._report),  # noqa: SLF001
    "notify": notify.compose.compose_notify,
    "sweep": lambda: sweep.compose.compose_sweep(lambda *_: None),
    "apply": apply.compose.compose_apply,
    "control": control.compose.compose_control,
}


class _Identities:
    """AWS STS, which knows every signature of this organization as the operator's."""

    def __init__(self, *, endpoint: str | None) -> None:
        del endpoint

    def ask(self, _request: object) -> IdentityAnswer:
        return IdentityAnswer(status=200, content_type="application/json", body=json.dumps(_ALICE).encode())


class _Candidate:
    """The file that was deployed with the code."""

    def __init__(self, functions: Rollcall) -> None:
        self._functions = functions

    def read_text(self, encoding: str) -> str:
        del encoding
        return json.dumps(self._functions.world.candidate)


class _Executor:
    """Threads as tasks of the process that runs now."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            for task in self._tasks:
                self._world.scheduler.join(task)

    def submit(self, work: Callable[[], None]) -> None:
        scheduler = self._world.scheduler
        self._tasks.append(scheduler.spawn(scheduler.process, work))


class _Lock:
    """A lock of tasks: all are one thread, and one that sleeps may hold it."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._held = False

    def __enter__(self) -> None:
        while self._held:
            self._scheduler.sleep(_LOCK_SECONDS)
        self._held = True

    def __exit__(self, *_: object) -> None:
        self._held = False


@cache
def find_functions() -> Rollcall:
    """The functions of this process, made once."""
    return Rollcall()
