"""What a check is, what it finds, and which failures explain others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall_cli.doctor.facts import Facts, Unseen


class CheckResult(StrEnum):
    """The result of a check. Unknown is not a failure: the facts could not be read."""

    PASS = "pass"  # noqa: S105  # no secret
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """What a check found."""

    result: CheckResult
    seen: str
    #: The command or setting that fixes it, empty if nothing is wrong.
    fix: str = ""
    #: Whether the failure of another check can be the cause.
    explicable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A prerequisite that the doctor checks."""

    #: Identifies the check in JSON.
    name: str
    title: str
    run: Callable[[Facts], CheckFinding]
    #: Checks whose failure alone makes this one fail.
    needs: tuple[str, ...] = ()
    #: Checks whose failure can be why the facts could not be read.
    seen_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A check, its finding, and the failed checks that explain it."""

    check: Check
    finding: CheckFinding
    follows_from: tuple[str, ...] = ()

    def as_document(self) -> Mapping[str, object]:
        """Return the JSON form."""
        return {
            "check": self.check.name,
            "title": self.check.title,
            "result": str(self.finding.result),
            "seen": self.finding.seen,
            "fix": self.finding.fix,
            "follows_from": list(self.follows_from),
        }


def report_pass(seen: str) -> CheckFinding:
    """Return a finding of a prerequisite that holds."""
    return CheckFinding(result=CheckResult.PASS, seen=seen)


def report_failure(seen: str, *, fix: str) -> CheckFinding:
    """Return a finding of a prerequisite that is missing."""
    return CheckFinding(result=CheckResult.FAIL, seen=seen, fix=fix)


def report_unknown(unseen: Unseen) -> CheckFinding:
    """Return a finding of facts that could not be read."""
    return CheckFinding(
        result=CheckResult.UNKNOWN, seen=unseen.reason, fix=unseen.fix, explicable=unseen.asked
    )


def diagnose(checks: Sequence[Check], facts: Facts) -> list[Diagnosis]:
    """Run the checks. A failure that follows from another failure becomes unknown."""
    by_name = {check.name: check for check in checks}
    findings = {check.name: check.run(facts) for check in checks}

    def find_causes(name: str, asked: frozenset[str]) -> list[str]:
        """Return the failures at the root of this one, itself excluded."""
        found: list[str] = []
        check, finding = by_name[name], findings[name]
        if finding.result is CheckResult.PASS or not finding.explicable:
            return found
        for need in check.needs + (check.seen_by if finding.result is CheckResult.UNKNOWN else ()):
            if need not in by_name or need in asked:  # not checked with these settings, or a circle
                continue
            before = find_causes(need, asked | {name})
            found += before or ([need] if findings[need].result is CheckResult.FAIL else [])
        return list(dict.fromkeys(found))

    done = []
    for check in checks:
        finding, roots = findings[check.name], find_causes(check.name, frozenset())
        if roots:
            seen = f"follows from {', '.join(roots)}: {finding.seen}"
            finding = CheckFinding(result=CheckResult.UNKNOWN, seen=seen)
        done.append(Diagnosis(check=check, finding=finding, follows_from=tuple(roots)))
    return done
