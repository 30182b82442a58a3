"""The report as one JSON document, version 1 (docs/report.md): a pure function of what a run stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall.decide.plan import NOT_NAMED, Change, Finding, ObservedAccount, Plan
from rollcall.decide.roster_entries import OrganizationNames, find_unmatched
from rollcall.model.account import describe_account
from rollcall.model.codec import encode
from rollcall.model.contact import ALTERNATE_KINDS, ALTERNATE_PARTS, Contact, ContactKind, list_kinds
from rollcall.model.desired import Desired
from rollcall.model.roster import Roster
from rollcall.outcomes.verdicts import COUNTED, OUT_OF_SCOPE, VERDICTS, Left, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date


#: Contacts that somebody must look at: Rollcall neither finds them compliant nor can make them so.
ATTENTION = tuple(
    verdict
    for verdict in COUNTED
    if VERDICTS[verdict].left in (Left.SOON, Left.WRONG) and verdict is not Verdict.WOULD_SET
)


def find_status(verdict: Verdict) -> Verdict:
    """The verdict that it is counted as. ValueError for one that no sweep ends in."""
    if (counted := VERDICTS[verdict].counted) is None:
        raise ValueError(f"no sweep ends in {verdict}")
    return counted


class Holders:
    """Counts alternate contacts as they are after the run. `roster` is the compiled document."""

    def __init__(self, roster: Mapping[str, Any]) -> None:
        contacts = roster["contacts"].items()
        self._known = {Contact.from_document(values).as_stored(): name for name, values in contacts}
        self._kinds: dict[Contact, Counter[str]] = {}

    def add(self, kind: ContactKind, contact: Mapping[str, Any]) -> None:
        """Count one contact, if it is known what it is."""
        found = contact["found"]
        values = found.get("contact") if found else None
        if contact["status"] == Verdict.SET:
            values = contact["wanted"]
        if values is not None and kind is not ContactKind.PRIMARY:
            self._kinds.setdefault(Contact.from_document(values).as_stored(), Counter())[str(kind)] += 1

    def as_documents(self) -> list[dict[str, Any]]:
        """The most frequent first. `contact` is its name in the roster, None if it is not from there.

        A contact of the roster that holds `{account_id}` or `{account_name}` is not recognised.
        """
        rows = [
            {part: contact.get(part) for part in ALTERNATE_PARTS}
            | {
                "contact": self._known.get(contact),
                "kinds": {str(kind): kinds[str(kind)] for kind in ALTERNATE_KINDS},
                "count": kinds.total(),
            }
            for contact, kinds in self._kinds.items()
        ]
        return sorted(rows, key=lambda row: (-row["count"], row["email"], row["name"]))


VERSION = 1
#: Runs that the trend goes back: two months of daily ones.
TREND_RUNS = 60
_UNMANAGED = {"status": str(Verdict.UNMANAGED), "reason": NOT_NAMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """What a report is made of, beside what was observed.

    `summary` is that of the run, `roster` the compiled document that `decide` applies; `judge` says what
    became of a planned change of an account, and why. `drift` are changes that only the sweep found, `trend`
    is that of the report before. `waiting` are plans pending approval. `organization` and `management` are
    IDs; `edits` are those since the report before, as documents.
    """

    summary: Mapping[str, Any]
    roster: Mapping[str, Any]
    decide: Callable[[ObservedAccount], Plan]
    judge: Callable[[str, Change], tuple[Verdict, str]]
    drift: Iterable[tuple[str, ContactKind]]
    today: date
    trend: Sequence[Mapping[str, Any]]
    organization: str
    management: str
    waiting: Sequence[Mapping[str, Any]] = ()
    edits: Sequence[Mapping[str, Any]] = ()


def build_report(basis: ReportInput, observed: Iterable[ObservedAccount]) -> dict[str, Any]:
    """Everything that the report shows."""
    summary, roster, today = basis.summary, basis.roster, basis.today
    holders = Holders(roster)
    accounts, changes = [], []
    known, compiled = OrganizationNames(), Roster.from_document(roster)
    kinds = list_kinds(compiled.managed)
    for record in observed:
        known.add(record.account)
        entry = _build_account(record, basis, holders, kinds)
        accounts.append(entry)
        changes += [
            _build_change(entry, kind, contact)
            for kind, contact in entry["contacts"].items()
            if contact["status"] in (Verdict.SET, Verdict.WOULD_SET)
        ]
    accounts.sort(key=lambda entry: str(entry["id"]))
    coverage = _count_coverage(accounts)
    names = {str(entry["id"]): entry["name"] for entry in accounts}
    # The same run again, after a crash, is still one point.
    trend = [point for point in basis.trend if point["run"] != summary["run"]]
    return {
        "version": VERSION,
        "organization": {
            "id": basis.organization,
            "management": basis.management,
            "name": names.get(basis.management),
        },
        "run": dict(summary),
        "previous": dict(trend[-1]) if trend else None,
        "mode": roster["mode"],
        "coverage": coverage,
        "waiting": [dict(plan) for plan in basis.waiting],
        "units": _count_units(accounts),
        "accounts": accounts,
        "changes": sorted(changes, key=lambda change: (change["account_id"], change["kind"])),
        "edits": [dict(edit) | {"account_name": names.get(edit["account_id"])} for edit in basis.edits],
        "drift": [{"account_id": account_id, "kind": str(kind)} for account_id, kind in sorted(basis.drift)],
        "holders": holders.as_documents(),
        "unmatched": [entry.text for entry in find_unmatched(compiled, known, today=today)],
        "reviews": _list_reviews(roster, today),
        "exemptions": _list_exemptions(roster, today),
        "trend": [*trend, _make_point(summary, coverage)][-TREND_RUNS:],
    }


def _build_account(
    record: ObservedAccount, basis: ReportInput, holders: Holders, kinds: Sequence[ContactKind]
) -> dict[str, Any]:
    account, plan = record.account, basis.decide(record)
    decided: dict[ContactKind, dict[str, Any]] = {}
    for finding in plan.findings:
        decided[finding.kind] = _build_contact(finding, find_status(finding.verdict), finding.reason)
    for change in plan.changes:
        verdict, reason = basis.judge(account.id, change)
        decided[change.kind] = _build_contact(change, find_status(verdict), reason)
    for kind, contact in decided.items():
        holders.add(kind, contact)
    nothing = {"status": str(Verdict.INACTIVE), "reason": f"the account is {account.state}"}
    rest = _UNMANAGED if account.active else nothing
    return {
        **describe_account(account),
        "state": str(account.state),
        "read_by": record.read_by and str(record.read_by),
        "role_failure": record.role_failure or None,
        "contacts": {
            str(kind): decided.get(kind) or rest | {"found": None, "wanted": None, "source": None}
            for kind in kinds
        },
    }


def _build_contact(decision: Change | Finding, status: Verdict, reason: str) -> dict[str, Any]:
    wanted = decision.wanted
    return {
        "status": str(status),
        "reason": reason,
        "found": encode(decision.found),
        "wanted": wanted.contact.as_document() if isinstance(wanted, Desired) else None,
        "source": wanted.source if wanted else None,
    }


def _build_change(account: Mapping[str, Any], kind: str, contact: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "account_id": account["id"],
        "account_name": account["name"],
        "ou": account["ou"],
        "kind": kind,
        "status": contact["status"],
        "reason": contact["reason"],
        "found": contact["found"].get("contact"),
        "set": contact["wanted"],
        "source": contact["source"],
    }


def _count_coverage(accounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts of contacts by status, and the shares of the managed ones (None if there are none).

    `found` were compliant before the run, `compliant` after it.
    """
    by_kind = {
        kind: Counter(entry["contacts"][kind]["status"] for entry in accounts)
        for kind in (accounts[0]["contacts"] if accounts else map(str, ALTERNATE_KINDS))
    }
    counts = sum(by_kind.values(), Counter())
    total = _count_compliant(counts)
    return {
        "accounts": len(accounts),
        "contacts": {str(status): counts[status] for status in COUNTED},
        "managed": total["managed"],
        "compliant_share": _divide(total["compliant"], total["managed"]),
        "found_share": _divide(total["found"], total["managed"]),
        "kinds": {kind: _count_compliant(found) for kind, found in by_kind.items()},
    }


def _count_compliant(counts: Counter[str]) -> dict[str, int]:
    return {
        "managed": sum(counts[status] for status in COUNTED if status not in OUT_OF_SCOPE),
        "found": counts[Verdict.COMPLIANT],
        "compliant": counts[Verdict.COMPLIANT] + counts[Verdict.SET],
    }


def _divide(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _count_units(accounts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    paths = sorted({entry["ou"] for entry in accounts})
    by_path: dict[str, list[Mapping[str, Any]]] = {path: [] for path in paths}
    for entry in accounts:
        by_path[entry["ou"]].append(entry)
    return [{"ou": path} | _count_coverage(entries) for path, entries in by_path.items()]


def _list_reviews(roster: Mapping[str, Any], today: date) -> list[dict[str, Any]]:
    """Contacts of the roster whose day of review is past."""
    return [
        {"contact": name, "review_by": values["review_by"], "email": values.get("email", "")}
        for name, values in sorted(roster["contacts"].items())
        if values.get("review_by") and values["review_by"] < today.isoformat()
    ]


def _list_exemptions(roster: Mapping[str, Any], today: date) -> list[dict[str, Any]]:
    return [
        dict(entry) | {"ended": bool(entry["until"] and entry["until"] < today.isoformat())}
        for entry in roster["exempt"]
    ]


def _make_point(summary: Mapping[str, Any], coverage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": summary["run"],
        "ended_at": summary["ended_at"],
        "ending": summary["ending"],
        "managed": coverage["managed"],
        "compliant_share": coverage["compliant_share"],
        "found_share": coverage["found_share"],
        "kinds": coverage["kinds"],
        "changed": coverage["contacts"]["set"] + coverage["contacts"]["would-set"],
    }
