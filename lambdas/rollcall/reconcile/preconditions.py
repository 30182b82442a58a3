"""When to wait and when to leave a signal alone, before any contact is read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rollcall.events.monitored import ACCOUNT, STACK_SETS, Scope, get_monitored
from rollcall.events.signal import ARRIVAL, Cause, Signal, compute_age, is_provisioning
from rollcall.model.account import Account, AccountState
from rollcall.model.errors import RetryableError, WaitError
from rollcall.model.well_known import GUARDRAIL_NAME
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from rollcall.model.contact import ContactKind
    from rollcall.model.roster import Roster
    from rollcall.ports import Guardrails, Organization

#: A new account's forwarder arrives later than the account: what happens until then gives no event.
LOOKS = (timedelta(minutes=15), timedelta(minutes=60))
#: AWS: "can take up to four hours to propagate". An event may not say the name that is to be awaited.
#: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-acct-name.html
RENAMING = timedelta(hours=4)
#: When to look again after an event, by its cause.
LOOKS_AFTER = dict.fromkeys(ARRIVAL, LOOKS) | {
    Cause.ACCOUNT_RENAMED: (*LOOKS, RENAMING),
    # AWS Organizations may still show the tags, or the unit's name, of before.
    **dict.fromkeys((Cause.ACCOUNT_TAGGED, Cause.OU_CHANGED), LOOKS[:1]),
}
#: How long a move may take to show in the account's path. Later events win, so it is not awaited for ever.
MOVING = timedelta(minutes=15)


def find_next_look(signal: Signal, now: datetime) -> int | None:
    """Seconds until the account is to be looked at again, None if it is not: what was awaited is there.

    Of a call that AWS refused nothing is awaited.
    """
    age = compute_age(signal, now)
    looks = () if signal.destination or signal.denied is not None else LOOKS_AFTER.get(signal.cause, ())
    waits = [(look - age).total_seconds() for look in looks if look > age]
    return int(min(waits)) + 1 if waits else None


def notify_only(signal: Signal) -> Outcome | None:
    """The outcome of a signal that asks for no look at all, None if it asks for one."""
    if signal.denied is not None and not signal.unsure:
        return make_denied(signal)
    if signal.cause is Cause.MONITORED:
        about = f" ({signal.subject})" if signal.subject else ""
        return Outcome(verdict=Verdict.NOTIFIED, reason=f"Rollcall cannot undo this{about}")
    return None


def make_denied(signal: Signal, kind: ContactKind | None = None) -> Outcome:
    """The outcome of a call that AWS refused, on the contact that it names unless another `kind` is given."""
    reason = f"AWS refused the call: {signal.denied}"
    return Outcome(verdict=Verdict.DENIED, reason=reason, kind=kind or signal.kind)


def ignore_irrelevant(signal: Signal, roster: Roster) -> Outcome | None:
    """The outcome of a signal that changes nothing under this roster, None if it may."""
    if signal.cause is Cause.ACCOUNT_RENAMED and not roster.uses_names:
        return Outcome(verdict=Verdict.NOTIFIED, reason="no contact of the roster carries the account's name")
    if signal.cause is Cause.ACCOUNT_TAGGED:
        if not roster.uses_tags:
            return Outcome(verdict=Verdict.IGNORED, reason="the roster uses no tags")
        if signal.tag_keys and roster.tag_keys.isdisjoint(signal.tag_keys):
            return Outcome(verdict=Verdict.IGNORED, reason="the roster uses none of these tags")
    return None


def skip_unknown(signal: Signal, account: Account | None, *, now: datetime) -> Outcome | None:
    """The outcome of a signal whose account the organization does not have, None if it does.

    WaitError if AWS does not yet show what the event says.
    """
    if account is None:
        if is_provisioning(signal, now):
            raise WaitError("the organization does not show the new account yet")
        return Outcome(
            verdict=Verdict.NO_ACCOUNT, reason="the organization has no such account", kind=signal.kind
        )
    if account.state is AccountState.PENDING_ACTIVATION:
        raise WaitError("the account is not active yet")
    if _is_behind(signal, account, now):
        raise WaitError(f"AWS Organizations does not show {_AWAITED[signal.cause][1]} yet")
    return None


_AWAITED = {Cause.ACCOUNT_MOVED: (MOVING, "the move"), Cause.ACCOUNT_RENAMED: (RENAMING, "the new name")}


def _is_behind(signal: Signal, account: Account, now: datetime) -> bool:
    """Whether the account is still shown as it was before, and not for too long."""
    if signal.destination is None or signal.cause not in _AWAITED:
        return False
    shown = account.name.strip() if signal.cause is Cause.ACCOUNT_RENAMED else account.parent_ids[-1]
    return shown != signal.destination.strip() and compute_age(signal, now) < _AWAITED[signal.cause][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What Rollcall depends on, by its settings.

    `delegated` are the services that the hub is a delegated administrator of, `trusted` those that need
    trusted access. `guardrail` is whether the service control policy is in use.
    """

    hub: str
    delegated: frozenset[str]
    trusted: frozenset[str]
    guardrail: bool

    @classmethod
    def from_settings(cls, *, hub: str, stack_sets: str, guardrail: bool) -> Dependencies:
        """`stack_sets` is who deploys the forwarder to members: `DELEGATED_ADMIN`, `SELF` or `none`."""
        by_hub = {STACK_SETS} if stack_sets == "DELEGATED_ADMIN" else set()
        at_all = {STACK_SETS} if stack_sets != "none" else set()
        return cls(
            hub=hub,
            delegated=frozenset({ACCOUNT} | by_hub),
            trusted=frozenset({ACCOUNT} | at_all),
            guardrail=guardrail,
        )


def ignore_others(
    signal: Signal, organization: Organization, guardrails: Guardrails, ours: Dependencies
) -> Outcome | None:
    """The outcome of a monitored event that is about nothing of ours, None for every other event.

    A call that AWS refused may not show what it was about; then an alert is sent.
    """
    if signal.cause is not Cause.MONITORED:
        return None
    scope, subject = get_monitored(signal.event.name).scope, signal.subject
    unnamed = subject is None and signal.denied is not None
    if scope is Scope.DELEGATION and not unnamed:
        concerned = subject in ours.delegated and signal.account_id == ours.hub
    elif scope is Scope.TRUSTED_ACCESS and not unnamed:
        concerned = subject in ours.trusted
    elif scope is Scope.GUARDRAIL:
        concerned = ours.guardrail and (
            subject is None or _may_be_guardrail(subject, organization, guardrails)
        )
    else:
        return None
    return None if concerned else Outcome(verdict=Verdict.IGNORED, reason=f"not about {scope}")


def _may_be_guardrail(policy_id: str, organization: Organization, guardrails: Guardrails) -> bool:
    """Whether the policy is one that a sweep found, or called so, or nobody can say which one it is.

    The name alone proves nothing: the guardrail may be renamed or deleted before its event comes, and
    another policy be given its name.
    """
    with suppress(RetryableError):
        known, names = guardrails.list_guardrails(), organization.list_policies()
        named = names.get(policy_id) == GUARDRAIL_NAME
        return named or policy_id in known or known.isdisjoint(names)
    return True
