"""Run the steps in order, or undo them in reverse, until one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.timing import attempts
from rollcall_cli.setup.delegation import AccountsDelegation, StackSetsDelegation
from rollcall_cli.setup.steps import (
    ManagementClients,
    Prerequisite,
    PrerequisiteStatus,
    SetupStep,
    StepReport,
    StepResult,
)
from rollcall_cli.setup.trust import AccountsAccess, AllFeatures, PolicyType, StackSetsAccess
from rollcall_cli.text.problems import DENIED_CODES, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rollcall_config.settings import Settings

#: Seconds between attempts. AWS showed the change of one call to the next after 1 to 4 s (live, 2026-09).
WAITS: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
_NOT_YET: Final = frozenset(
    {
        "ConcurrentModificationException",
        "PolicyChangesInProgressException",
        "InvalidOperationException",  # StackSets, while its access is being set up
    }
)
#: Already done by somebody else, or by an earlier attempt.
_ALREADY_DONE: Final = frozenset({"AccountAlreadyRegisteredException", "PolicyTypeAlreadyEnabledException"})
_ALREADY_UNDONE: Final = frozenset({"AccountNotRegisteredException"})


def list_steps(settings: Settings) -> Sequence[SetupStep]:
    """Return the steps that these settings need, in order; undoing goes in reverse."""
    steps: list[SetupStep] = [AllFeatures(), AccountsAccess(settings.hub)]
    if settings.members_deploy == "stackset":
        steps.append(StackSetsAccess())
    steps.append(AccountsDelegation(hub=settings.hub))
    if settings.members_deploy == "stackset" and settings.members_call_as == "DELEGATED_ADMIN":
        steps.append(StackSetsDelegation(hub=settings.hub))
    if settings.guardrail is not None:
        steps.append(PolicyType())
    return steps


def set_up(aws: ManagementClients, *, dry_run: bool) -> Iterator[StepReport]:
    """Do every step that is missing; yields a report of each. A failure ends the run: later steps need it."""
    for step in list_steps(aws.settings):
        report = _run_guarded(step, lambda step=step: _set_up(step, aws, dry_run=dry_run))  # type: ignore[misc]  # bound now
        yield report
        if report.state is StepResult.FAILED:
            return


def undo(aws: ManagementClients, *, dry_run: bool) -> Iterator[StepReport]:
    """Undo every step that nothing else uses, in reverse; yields a report of each. A failure ends the run."""
    for step in reversed(list_steps(aws.settings)):
        report = _run_guarded(step, lambda step=step: _undo(step, aws, dry_run=dry_run))  # type: ignore[misc]  # bound now
        yield report
        if report.state is StepResult.FAILED:
            return


def _set_up(step: SetupStep, aws: ManagementClients, *, dry_run: bool) -> StepReport:
    found = step.check(aws)
    match found.status:
        case PrerequisiteStatus.MET:
            return _build_report(step, StepResult.ALREADY, found)
        case PrerequisiteStatus.BLOCKED:
            return _build_report(step, StepResult.FAILED, found)
    if dry_run:
        return _build_report(step, StepResult.WOULD, found)
    _retry(lambda: step.do(aws), aws, done=_ALREADY_DONE)
    return _build_report(step, StepResult.DONE, _wait_until(step, aws, wanted=True))


def _undo(step: SetupStep, aws: ManagementClients, *, dry_run: bool) -> StepReport:
    found = step.check(aws)
    command = step.undo_command
    if not found.met:
        return _build_report(step, StepResult.ALREADY, found, command=command)
    if found.keep is not None:
        seen = Prerequisite(status=found.status, seen=f"{found.seen}; {found.keep}")
        return _build_report(step, StepResult.KEPT, seen, command=command)
    if found.first:
        blocked = Prerequisite(status=PrerequisiteStatus.BLOCKED, seen=found.seen, fix=found.first)
        return _build_report(step, StepResult.FAILED, blocked, command=command)
    if dry_run:
        return _build_report(step, StepResult.WOULD, found, command=command)
    _retry(lambda: step.undo(aws), aws, done=_ALREADY_UNDONE)
    return _build_report(step, StepResult.DONE, _wait_until(step, aws, wanted=False), command=command)


def _retry(call: Callable[[], None], aws: ManagementClients, *, done: frozenset[str]) -> None:
    """Repeat the call while AWS does not show the previous step yet."""
    waits = iter(WAITS)
    while True:
        try:
            return call()
        except AWS_ERRORS as error:
            if get_code(error) in done:
                return None
            wait = next(waits, None)
            if not _is_not_yet(error) or wait is None:
                raise
        aws.clock.sleep(wait)


def _is_not_yet(error: Exception) -> bool:
    reason = getattr(error, "response", {}).get("Reason")
    return get_code(error) in _NOT_YET or reason == "SERVICE_ACCESS_NOT_ENABLED"


def _wait_until(step: SetupStep, aws: ManagementClients, *, wanted: bool) -> Prerequisite:
    """Check until the change shows; CommandError if it does not."""
    seen = ""
    for _ in attempts(aws.clock, WAITS):
        found = step.check(aws)
        if found.met is wanted:
            return found
        seen = found.seen
    raise CommandError(
        f"AWS accepted the call, but still shows: {seen}", fix="run the command again in a minute"
    )


def _run_guarded(step: SetupStep, run: Callable[[], StepReport]) -> StepReport:
    """Turn an error into a report, so that earlier steps are shown."""
    try:
        return run()
    except CommandError as error:
        problem, fix = error.problem, error.fix
    except AWS_ERRORS as error:
        problem, fix = (
            f"AWS answered {_describe_error(error)}",
            "run the command again; it continues where it stopped",
        )
        if get_code(error) in DENIED_CODES:
            fix = f"use a role of the management account that is allowed to run `{step.command}`"
    return _build_report(
        step, StepResult.FAILED, Prerequisite(status=PrerequisiteStatus.BLOCKED, seen=problem, fix=fix)
    )


def _describe_error(error: Exception) -> str:
    reason = getattr(error, "response", {}).get("Reason")
    return f"{get_code(error)} ({reason})" if reason else get_code(error)


def _build_report(
    step: SetupStep, state: StepResult, found: Prerequisite, *, command: str | None = None
) -> StepReport:
    return StepReport(
        name=step.name,
        title=step.title,
        command=(found.command or step.command) if command is None else command,
        state=state,
        seen=found.seen,
        fix=found.fix,
    )
