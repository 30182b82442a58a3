"""Decides, pure, whether an alert leaves alone or in a group, and under which names it is counted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from rollcall.events.actor import UNKNOWN, Actor, make_key_text, normalise_session
from rollcall.events.signal import TAMPERING, parse_time
from rollcall.grouping.model import BULK, LONGEST, MOST_ACCOUNTS, GroupKind, Line, Window
from rollcall.model.account import describe_account
from rollcall.model.levels import Severity
from rollcall.outcomes.severity import find_severity
from rollcall.outcomes.verdicts import LEFT_TO_CHECK, REPORTED, RIGHT, VERDICTS, Left, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rollcall.model.roster import BulkLimits
    from rollcall.outcomes.outcome import Incident

#: IAM Identity Center gives the role of one permission set another random suffix in each account:
#: https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_SSO_ROLE: Final = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}", re.ASCII)
#: An ARN has five parts before its resource.
_PARTS_BEFORE: Final = 5
_LONGEST: Final = 512
#: Bits that all addresses of one link have in common: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.1
_LINK: Final = 64
#: Through a VPC endpoint CloudTrail shows the address inside the VPC: many machines have it.
_PRIVATE: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
)
#: Reports of one principal that leave by themselves before the next are grouped, and within which time.
REPORTS: Final = 5
REPORTS_WITHIN: Final = timedelta(minutes=10)
#: These do not say how the contact was left: another outcome, or an earlier alert, does.
_SAY_NOTHING: Final = frozenset({Verdict.OVERWRITTEN, Verdict.UNEXPLAINED, Verdict.UNRECORDED_WRITE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an alert belongs.

    `groups` are the kinds of groups that take it, with its name there; `counted` are those that only count
    it. `severity` is None if nobody is alerted of it by itself. `free` is whether its alert does not count
    among those that may leave in ten minutes.
    """

    severity: Severity | None
    groups: Sequence[tuple[GroupKind, str]] = ()
    counted: Sequence[tuple[GroupKind, str]] = ()
    free: bool = False

    @property
    def names(self) -> Sequence[tuple[GroupKind, str]]:
        """All of them."""
        return (*self.groups, *self.counted)


def find_place(incident: Incident, *, management_account: str, writer_roles: Collection[str]) -> Place:
    """Where the alert of an incident belongs.

    Only what is restored and neither HIGH nor CRITICAL is grouped as bulk edits, never what a root user or
    our own role did, or what was done to the management account. CRITICAL ones of one cause and principal are
    one incident. The alert of a drill always leaves alone: people wait for it.
    """
    signal = incident.signal
    if signal is None:
        return Place(severity=None)
    found = (
        find_severity(signal, outcome, management_account=management_account) for outcome in incident.outcomes
    )
    severity = max((one for one in found if one is not None), default=None)
    if incident.drill is not None:
        return Place(severity=severity, free=True)
    actor = signal.actor
    principal = normalise_actor(actor) or UNKNOWN
    verdicts = {outcome.verdict for outcome in incident.outcomes}
    if severity is Severity.CRITICAL:
        loud = max(verdicts, key=lambda one: VERDICTS[one].severity[0] or Severity.INFO)
        cause = signal.event.name if verdicts <= REPORTED else str(loud)
        return Place(severity=severity, groups=[(GroupKind.CRITICAL, f"{cause}/{principal}")])
    powerful = actor.root or signal.account_id == management_account
    if verdicts == {Verdict.SET_BY_OTHERS}:
        return Place(severity=severity, groups=[(GroupKind.SET, principal)])
    if verdicts and verdicts <= LEFT_TO_CHECK:
        grouped = severity is not None and severity < Severity.HIGH and not powerful
        return Place(severity=severity, groups=[(GroupKind.REPORTED, principal)] if grouped else [])
    counts = severity is not None and _is_foreign_edit(incident, writer_roles)
    names = list_bulk_names(actor) if counts else []
    alone = powerful or severity is None or severity >= Severity.HIGH or is_left(incident)
    return Place(severity=severity, groups=[] if alone else names, counted=names if alone else [])


def _is_foreign_edit(incident: Incident, writer_roles: Collection[str]) -> bool:
    """Whether somebody else than an authorised changer or our own role edited an account that exists.

    One whose edit waits does: AWS Organizations could not be asked for it.
    """
    signal = incident.signal
    waits = any(outcome.verdict is Verdict.PENDING for outcome in incident.outcomes)
    return (
        signal is not None
        and signal.cause in TAMPERING
        and (incident.account is not None or waits)
        and signal.actor.role_arn not in writer_roles
        and not all(outcome.authorised for outcome in incident.outcomes)
    )


def is_copy(incident: Incident) -> bool:
    """Whether an edit was alerted before, and its event came again."""
    edited = incident.signal is not None and incident.signal.cause in TAMPERING
    return edited and all(outcome.verdict is Verdict.COMPLIANT for outcome in incident.outcomes)


def is_left(incident: Incident) -> bool:
    """Whether a contact of the incident is left changed, as far as is known."""
    return any(
        outcome.verdict not in RIGHT
        and outcome.verdict not in REPORTED
        and outcome.verdict not in _SAY_NOTHING
        and (VERDICTS[outcome.verdict].left is not Left.ALONE or VERDICTS[outcome.verdict].counted)
        for outcome in incident.outcomes
    )


def list_bulk_names(actor: Actor) -> Sequence[tuple[GroupKind, str]]:
    """What an edit is counted under, the narrowest first. What the event does not say counts for nothing."""
    known = (
        (GroupKind.PRINCIPAL, normalise_actor(actor)),
        (GroupKind.ADDRESS, normalise_address(actor.source_ip)),
    )
    return [(kind, name) for kind, name in known if name is not None]


def normalise_actor(actor: Actor) -> str | None:
    """Who it was, without the account: role and session, user, root; None if nobody knows."""
    if actor.root:
        return "root"  # of whatever account, and also where the event has no ARN
    if actor.principal == UNKNOWN:
        return None
    # arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
    *account, resource = actor.principal.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        role, _, session = rest.partition("/")
        sso = _SSO_ROLE.fullmatch(role)
        return _make_key(f"{kind}/{sso[1] if sso else role}/{normalise_session(session)}")
    return _make_key(resource if len(account) == _PARTS_BEFORE and resource else actor.principal)


def _make_key(name: str) -> str:
    return make_key_text(name, longest=_LONGEST)


def normalise_address(source_ip: str) -> str | None:
    """The address in one spelling; None for a service's name, and for one that many machines have.

    Of IPv6 the network of one link: a caller in it has all of its addresses to choose from.
    """
    try:
        found = ip_address(source_ip)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if any(found in network for network in _PRIVATE):
        return None
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _LINK), strict=False))
    return str(found)


#: Of who made an edit, and of a reason, as JSON writes them (a character as up to twelve): a group of many
#: fits its item, whatever callers say of themselves.
_MOST_CHARACTERS: Final = 512
_REASON_CHARACTERS: Final = 400


def make_line(incident: Incident, place: Place, now: datetime, *, alone: bool) -> Line:
    """The incident as a line; it must have a signal."""
    signal = incident.signal
    if signal is None:
        raise ValueError("an event without a signal has no line")
    worst = min(incident.outcomes, key=lambda outcome: outcome.verdict in RIGHT)
    reasons = dict.fromkeys(
        outcome.reason for outcome in incident.outcomes if outcome.verdict is not Verdict.SET
    )
    kinds = sorted({str(outcome.kind) for outcome in incident.outcomes if outcome.kind})
    return Line(
        incident_id=incident.id,
        account_id=signal.account_id,
        account=describe_account(incident.account, account_id=signal.account_id),
        kinds=tuple(kinds or ([str(signal.kind)] if signal.kind else [])),
        cause=str(signal.cause),
        event=signal.event.name,
        verdict=str(worst.verdict),
        severity=place.severity or Severity.INFO,
        actor={
            name: _shorten(value, _MOST_CHARACTERS) if isinstance(value, str) else value
            for name, value in signal.actor.as_document().items()
        },
        # Now if the event has no time, or one in the future.
        at=min(parse_time(signal) or now, now),
        judged_at=now,
        left=is_left(incident),
        alone=alone,
        reason=_shorten("; ".join(reasons), _REASON_CHARACTERS),
    )


def _shorten(text: str, longest: int) -> str:
    text = text[:longest]
    while (length := len(json.dumps(text)) - len('""')) > longest:
        text = text[: len(text) * longest // length]
    return text


def count_line(window: Window, line: Line, limits: BulkLimits) -> Window:
    """The window with this alert counted; of bulk edits as many as one group begins with."""
    bulk = window.kind in BULK
    within = limits.window if bulk else LONGEST if window.kind is GroupKind.CRITICAL else REPORTS_WITHIN
    known = {item.incident_id: item for item in window.recent} | {line.incident_id: line}
    newest = max(item.at for item in known.values())
    recent = sorted(
        (item for item in known.values() if newest - item.at <= within),
        key=lambda item: (item.at, item.account_id),
    )
    return replace(window, recent=tuple(_drop_surplus(recent) if bulk else recent))


def _drop_surplus(recent: Sequence[Line]) -> Sequence[Line]:
    """At most so many lines as fit, the latest of each account among them.

    What is left changed stays as long as it can: no message may call it restored.
    """
    latest = {line.account_id: line for line in recent}
    surplus = [line for line in recent if line is not latest[line.account_id]]
    dropped = sorted(surplus, key=lambda line: line.left)[: max(0, len(recent) - MOST_ACCOUNTS)]
    return [line for line in recent if line not in dropped]


def is_full(window: Window, limits: BulkLimits) -> bool:
    """Whether the latest alert is one too many: then a group is to be opened. Bulk edits count by account."""
    counted = {line.account_id if window.kind in BULK else line.incident_id for line in window.recent}
    return len(counted) >= get_threshold(window.kind, limits)


def get_threshold(kind: GroupKind, limits: BulkLimits) -> int:
    """The number of alerts of one name, or of their accounts, from which on they are a group."""
    match kind:
        case GroupKind.PRINCIPAL | GroupKind.ADDRESS:
            return limits.accounts
        case GroupKind.CRITICAL:
            return 2
        case GroupKind.REPORTED:
            return REPORTS + 1
        case GroupKind.SET | GroupKind.REST:
            return 1
