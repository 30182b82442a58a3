"""The steps in their order, done or undone one after the other until one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall_cli.setup.delegation import AccountsDelegation, StackSetsDelegation
from rollcall_cli.setup.policies import PolicyType
from rollcall_cli.setup.steps import Look, Management, Report, Standing, State, Step
from rollcall_cli.setup.trust import AccountsAccess, AllFeatures, StackSetsAccess
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rollcall_config.settings import Settings

#: Seconds between attempts. What one call has changed was seen by the next after 1 to 4 s (live, 2026-09).
WAITS: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
_NOT_YET: Final = frozenset(
    {
        "ConcurrentModificationException",
        "PolicyChangesInProgressException",
        "InvalidOperationException",  # StackSets, while its access is being set up
    }
)
#: Somebody was faster, or it is only now seen: done is done.
_THERE: Final = frozenset({"AccountAlreadyRegisteredException", "PolicyTypeAlreadyEnabledException"})
_GONE: Final = frozenset({"AccountNotRegisteredException"})
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})


def steps_of(settings: Settings) -> Sequence[Step]:
    """What these settings need, in the order in which it is done; undoing goes the other way."""
    steps: list[Step] = [AllFeatures(), AccountsAccess(settings.hub)]
    if settings.members_deploy == "stackset":
        steps.append(StackSetsAccess())
    steps.append(AccountsDelegation(hub=settings.hub))
    if settings.members_deploy == "stackset" and settings.members_call_as == "DELEGATED_ADMIN":
        steps.append(StackSetsDelegation(hub=settings.hub))
    if settings.guardrail is not None:
        steps.append(PolicyType())
    return steps


def do(aws: Management, *, dry_run: bool) -> Iterator[Report]:
    """Bring about what is missing. A step that fails ends it: the next ones need it."""
    for step in steps_of(aws.settings):
        report = _guarded(step, lambda step=step: _do(step, aws, dry_run=dry_run))  # type: ignore[misc]  # bound now
        yield report
        if report.state is State.FAILED:
            return


def undo(aws: Management, *, dry_run: bool) -> Iterator[Report]:
    """Remove what is there and not used by others, the last step first. A step that fails ends it."""
    for step in reversed(steps_of(aws.settings)):
        report = _guarded(step, lambda step=step: _undo(step, aws, dry_run=dry_run))  # type: ignore[misc]  # bound now
        yield report
        if report.state is State.FAILED:
            return


def _do(step: Step, aws: Management, *, dry_run: bool) -> Report:
    found = step.look(aws)
    match found.standing:
        case Standing.THERE:
            return _report(step, State.ALREADY, found)
        case Standing.BLOCKED:
            return _report(step, State.FAILED, found)
    if dry_run:
        return _report(step, State.WOULD, found)
    _patiently(lambda: step.do(aws), aws, done=_THERE)
    return _report(step, State.DONE, _settled(step, aws, wanted=True))


def _undo(step: Step, aws: Management, *, dry_run: bool) -> Report:
    found = step.look(aws)
    command = step.undo_command
    if not found.there:
        return _report(step, State.ALREADY, found, command=command)
    if found.keep is not None:
        seen = Look(standing=found.standing, seen=f"{found.seen}; {found.keep}")
        return _report(step, State.LEFT, seen, command=command)
    if found.first:
        blocked = Look(standing=Standing.BLOCKED, seen=found.seen, fix=found.first)
        return _report(step, State.FAILED, blocked, command=command)
    if dry_run:
        return _report(step, State.WOULD, found, command=command)
    _patiently(lambda: step.undo(aws), aws, done=_GONE)
    return _report(step, State.DONE, _settled(step, aws, wanted=False), command=command)


def _patiently(call: Callable[[], None], aws: Management, *, done: frozenset[str]) -> None:
    """Call again while AWS has not yet seen the step before."""
    waits = iter(WAITS)
    while True:
        try:
            return call()
        except AWS_ERRORS as error:
            if get_code(error) in done:
                return None
            wait = next(waits, None)
            if not _not_yet(error) or wait is None:
                raise
        aws.clock.sleep(wait)


def _not_yet(error: Exception) -> bool:
    reason = getattr(error, "response", {}).get("Reason")
    return get_code(error) in _NOT_YET or reason == "SERVICE_ACCESS_NOT_ENABLED"


def _settled(step: Step, aws: Management, *, wanted: bool) -> Look:
    """Look until the change shows; CommandError if it never does."""
    for wait in (*WAITS, None):
        found = step.look(aws)
        if found.there is wanted:
            return found
        if wait is not None:
            aws.clock.sleep(wait)
    raise CommandError(
        f"AWS took the call, but it still shows: {found.seen}", fix="run the command again in a minute"
    )


def _guarded(step: Step, run: Callable[[], Report]) -> Report:
    """What ends a step is words, so that the steps before it are shown."""
    try:
        return run()
    except CommandError as error:
        problem, fix = error.problem, error.fix
    except AWS_ERRORS as error:
        problem, fix = f"AWS answered {_words(error)}", "run the command again; it goes on where it stopped"
        if get_code(error) in _DENIED:
            fix = f"use a role of the management account that may run `{step.command}`"
    return _report(step, State.FAILED, Look(standing=Standing.BLOCKED, seen=problem, fix=fix))


def _words(error: Exception) -> str:
    reason = getattr(error, "response", {}).get("Reason")
    return f"{get_code(error)} ({reason})" if reason else get_code(error)


def _report(step: Step, state: State, found: Look, *, command: str | None = None) -> Report:
    return Report(
        name=step.name,
        title=step.title,
        command=(found.command or step.command) if command is None else command,
        state=state,
        seen=found.seen,
        fix=found.fix,
    )
