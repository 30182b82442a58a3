"""A check: what it found, and whether another check's failure explains it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall_cli.doctor.facts import Facts, Unseen


class Result(StrEnum):
    """What a check says. Unknown is not fail: nobody could look."""

    PASS = "pass"  # noqa: S105  # no secret
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was seen, and the command or setting that mends it (empty if nothing has to be).

    `explicable` is whether another failure may be behind it.
    """

    result: Result
    seen: str
    fix: str = ""
    explicable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`needs` are the checks whose failure alone makes this one fail.

    `seen_by` are those whose failure may be why nobody could look.
    """

    name: str
    title: str
    run: Callable[[Facts], Finding]
    needs: tuple[str, ...] = ()
    seen_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """A finding in its place. `follows_from` are the failed checks of which it is a consequence."""

    check: Check
    finding: Finding
    follows_from: tuple[str, ...] = ()

    def as_document(self) -> Mapping[str, object]:
        """The JSON form."""
        return {
            "check": self.check.name,
            "title": self.check.title,
            "result": str(self.finding.result),
            "seen": self.finding.seen,
            "fix": self.finding.fix,
            "follows_from": list(self.follows_from),
        }


def passed(seen: str) -> Finding:
    """All is well."""
    return Finding(result=Result.PASS, seen=seen)


def failed(seen: str, *, fix: str) -> Finding:
    """A prerequisite is missing."""
    return Finding(result=Result.FAIL, seen=seen, fix=fix)


def unknown(unseen: Unseen) -> Finding:
    """Nobody could look."""
    return Finding(result=Result.UNKNOWN, seen=unseen.why, fix=unseen.fix, explicable=unseen.asked)


def diagnose(checks: Sequence[Check], facts: Facts) -> list[Diagnosed]:
    """Run the checks; what only follows from another's failure is unknown, not failed."""
    known = {check.name: check for check in checks}
    findings = {check.name: check.run(facts) for check in checks}

    def causes(name: str, asked: frozenset[str]) -> list[str]:
        """The failures at the root of this one, itself excluded."""
        found: list[str] = []
        check, finding = known[name], findings[name]
        if finding.result is Result.PASS or not finding.explicable:
            return found
        for need in check.needs + (check.seen_by if finding.result is Result.UNKNOWN else ()):
            if need not in known or need in asked:  # the settings do without it, or it asks for this one
                continue
            before = causes(need, asked | {name})
            found += before or ([need] if findings[need].result is Result.FAIL else [])
        return list(dict.fromkeys(found))

    done = []
    for check in checks:
        finding, roots = findings[check.name], causes(check.name, frozenset())
        if roots:
            seen = f"follows from {', '.join(roots)}: {finding.seen}"
            finding = Finding(result=Result.UNKNOWN, seen=seen)
        done.append(Diagnosed(check=check, finding=finding, follows_from=tuple(roots)))
    return done
