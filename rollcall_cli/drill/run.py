"""One drill: check, keep the originals, register, edit, follow, and restore what Rollcall did not."""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rollcall.decide.intent import IntentName
from rollcall.decide.resolve import Enforcement, resolve_requirement
from rollcall.model.desired import Desired, matches
from rollcall.outcomes.outcome import name_incident
from rollcall_cli.drill import timeline
from rollcall_cli.drill.diagnosis import Diagnostician, Failure
from rollcall_cli.drill.edits import Originals, choose_edits
from rollcall_cli.drill.originals import restore_originals, save_originals
from rollcall_cli.drill.questions import Evidence, answer_questions
from rollcall_cli.drill.timeline import MadeEdit, count_seconds, describe_step, find_failed
from rollcall_cli.drill.watch import Watcher, list_channels
from rollcall_cli.status.executions import run_command
from rollcall_cli.text.problems import INTERRUPTED, CommandError, report_unknown_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Absent, DesiredOrConflict, Present
    from rollcall.ports import Organization
    from rollcall_cli.aws.hub import Hub
    from rollcall_cli.drill.account import EditedAccount
    from rollcall_cli.drill.edits import DrillEdit
    from rollcall_cli.drill.timeline import DrillStep
    from rollcall_cli.drill.watch import FollowedEdit
    from rollcall_config.settings import Settings

#: How long and how often a read is repeated until it shows an edit, in seconds.
_SHOWS_WITHIN: Final = 10.0
_READ_EVERY: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillResult:
    """What became of a drill."""

    account_id: str
    central: bool
    edits: Sequence[tuple[MadeEdit, Sequence[DrillStep]]]
    #: What the drill restored itself, because Rollcall had not.
    restored: Sequence[ContactKind]
    #: None if every step passed.
    failure: Failure | None
    questions: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """What is edited, and why Rollcall will write nothing, None if it will.

    `guarded` is whether the guardrail denies edits in the account.
    """

    rounds: Sequence[Sequence[DrillEdit]]
    desired: Mapping[ContactKind, DesiredOrConflict]
    halted: str | None
    guarded: bool

    @property
    def edits(self) -> list[DrillEdit]:
        """All edits in their order."""
        return [edit for edits in self.rounds for edit in edits]


def plan_drill(hub: Hub, organization: Organization, account_id: str, settings: Settings) -> DrillPlan:
    """Choose the edits; CommandError if there must be no drill in this account."""
    if account_id == settings.management:
        raise CommandError(
            f"{account_id} is the management account", fix="name a test account in drill.accounts"
        )
    controls = hub.read_controls()
    if controls.approved is None:
        raise CommandError(
            "no roster has been approved yet", fix="`rollcall status` shows the plan to approve"
        )
    roster = hub.load_roster(controls.approved)
    if account_id not in roster.drill_accounts:
        entry = (
            f"{account_id} to drill.accounts"
            if roster.drill_accounts
            else f'`drill: {{accounts: ["{account_id}"]}}`'
        )
        raise CommandError(
            f"drill.accounts of the approved roster does not name {account_id}",
            fix=f"add {entry} in contacts.yaml, then deploy and approve",
        )
    account = organization.get_account(account_id, with_tags=roster.uses_tags)
    if account is None:
        raise report_unknown_account(account_id, settings.organization)
    required = resolve_requirement(roster, account, today=hub.clock.now().date())
    rounds = choose_edits(required.desired, secrets.token_hex(4))
    for reason in (
        required.exempt and f"the account is exempt: {required.exempt}",
        required.blocked,
        None if account.active else "the account is not active",
        None if rounds else "the roster names no alternate contact for this account",
    ):
        if reason:
            raise CommandError(
                f"no drill is possible in {account_id}: {reason}", fix="choose another account"
            )
    control = Enforcement(approved=controls.approved, paused=controls.paused is not None)
    targets = settings.guardrail.targets if settings.guardrail else ()
    plan = DrillPlan(
        rounds=rounds,
        desired=required.desired,
        halted=control.find_halt(required),
        guarded=not {account_id, *account.parent_ids}.isdisjoint(targets),
    )
    for edit in plan.edits:
        if hub.contacts.load(account_id, edit.kind).repeated.is_open(hub.clock.now()):
            kind = edit.kind.lower()
            raise CommandError(
                f"restores of the {edit.kind} contact back off after repeated edits",
                fix=f"`rollcall release {account_id} {kind}`",
            )
    return plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Carries out a plan. `path` is the new file for the originals, `show` gets what people follow it by."""

    hub: Hub
    account: EditedAccount
    settings: Settings
    plan: DrillPlan
    path: Path
    show: Callable[[str], None]

    def run(self, *, seconds: float) -> DrillResult:
        """Make the edits and wait `seconds` for each round; CommandError if AWS denies something."""
        # Refused now, and not when contacts are changed already.
        self.account.look_up("PutAlternateContact", self.hub.clock.now())
        originals = Originals(
            account_id=self.account.id,
            central=self.account.central,
            contacts=self._read_contacts(),
            edits=tuple(map(str, self.plan.edits)),
        )
        save_originals(self.path, originals)
        self.show(f"the contacts before are in {self.path.name}")
        with self._undo_on_error(originals):
            self._register()
            followed, stale = self._edit(seconds)
            questions = answer_questions(self._collect_evidence(followed, stale))
            restored, complete = restore_originals(self.account, originals)
        if complete:
            self.path.unlink()
        return DrillResult(
            account_id=self.account.id,
            central=self.account.central,
            edits=[(one.made, one.steps) for one in followed],
            restored=restored,
            failure=self._find_failure(followed, restored, complete=complete),
            questions=questions,
        )

    def _read_contacts(self) -> dict[ContactKind, Present | Absent]:
        """The contacts before; a drill is about what it changes, so they must be compliant."""
        found = {edit.kind: self.account.read(edit.kind) for edit in self.plan.edits}
        for kind, contact in found.items():
            wanted = self.plan.desired[kind]
            if not isinstance(wanted, Desired) or not matches(contact, wanted):
                problem = f"the {kind} contact of {self.account.id} differs from the roster"
                raise CommandError(problem, fix="run `rollcall sweep`, then repeat the drill")
        return found

    def _register(self) -> None:
        edits = " ".join(map(str, self.plan.edits))
        more = {"account": self.account.id, "principal": self.account.principal, "edits": edits}
        run_command(self.hub, "drill", more=more)
        self.show("registered: alerts about these edits say that they are a drill")

    def _edit(self, seconds: float) -> tuple[list[FollowedEdit], list[float]]:
        watcher = Watcher(
            hub=self.hub,
            account=self.account,
            channels=list_channels(self.settings.channels),
            show=lambda made, step: self.show(describe_step(made, step)),
        )
        followed: list[FollowedEdit] = []
        stale: list[float] = []
        for edits in self.plan.rounds:
            made = [self._make_edit(edit, stale) for edit in edits]
            followed += watcher.follow(made, seconds=seconds)
            if any(find_failed(one.steps) for one in followed):
                break
        return followed, stale

    def _make_edit(self, edit: DrillEdit, stale: list[float]) -> MadeEdit:
        request_id = self.account.edit(edit)
        made = MadeEdit(
            edit=edit,
            request_id=request_id,
            incident_id=name_incident(request_id, self.account.id),
            at=self.hub.clock.now(),
        )
        while (passed := count_seconds(made, self.hub.clock.now())) < _SHOWS_WITHIN:
            if self.account.read(edit.kind) == edit.left:
                stale.append(passed)
                break
            self.hub.clock.sleep(_READ_EVERY)
        return made

    def _collect_evidence(self, followed: Sequence[FollowedEdit], stale: Sequence[float]) -> Evidence:
        """What was seen of AWS."""
        began_at = followed[0].made.at
        steps = [step for one in followed for step in one.steps if step.seconds is not None]
        copies, reads = None, []
        # The timeline is worth more than an answer: what cannot be looked up any more stays unknown.
        with suppress(CommandError):
            if not self.account.central and self.account.home != self.settings.hub:
                calls = self.account.look_up("PutAlternateContact", began_at)
                copies = [call for call in calls if IntentName.find(str(call.get("userAgent"))) is not None]
            reads = self.account.look_up("GetAlternateContact", began_at)
        return Evidence(
            records=[(one.made, one.facts.record) for one in followed],
            home=self.account.home,
            copies=copies,
            reads=[one for one in reads if one.get("userIdentity", {}).get("arn") == self.account.principal],
            delivered=[step.seconds or 0.0 for step in steps if step.name == timeline.QUEUE],
            listed=[step.seconds or 0.0 for step in steps if step.name == timeline.CLOUDTRAIL],
            stale=stale,
        )

    def _find_failure(
        self, followed: Sequence[FollowedEdit], restored: Sequence[ContactKind], *, complete: bool
    ) -> Failure | None:
        failed = next((step for one in followed if (step := find_failed(one.steps))), None)
        if failed is not None:
            diagnostician = Diagnostician(
                hub=self.hub, account=self.account, settings=self.settings, halted=self.plan.halted
            )
            return diagnostician.explain(failed)
        if restored or not complete:
            reason = "a contact was not as before when the drill ended"
            return Failure(step=timeline.RESTORED, reason=reason, fix="follow the alerts about this account")
        return None

    @contextmanager
    def _undo_on_error(self, originals: Originals) -> Iterator[None]:
        """Whatever goes wrong, restore the contacts, or say how."""
        fix = f"`rollcall drill --restore {self.path.name}` restores what the drill changed"
        try:
            yield
        except KeyboardInterrupt:
            raise CommandError("interrupted", fix=fix, status=INTERRUPTED) from None
        except Exception:
            complete = False
            with suppress(Exception):
                _, complete = restore_originals(self.account, originals)
            if complete:
                self.path.unlink()
            self.show("all contacts are as before" if complete else fix)
            raise
