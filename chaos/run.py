"""Play many stories in several processes, and count what happened in them."""

from __future__ import annotations

import multiprocessing
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from chaos.driver import find_functions
from chaos.fakes.account import PRIMARY
from chaos.fakes.cloud import is_change, is_role_call
from chaos.fakes.organizations import Member
from chaos.faults import Kind
from chaos.oracle import judge
from chaos.oracle.calls import is_late
from chaos.profiles import make_story
from chaos.shrink import run
from chaos.variants import VARIANTS, hunt
from chaos.wants import find_want

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chaos.mutation import Variant
    from chaos.oracle import Violation
    from chaos.setting import Functions
    from chaos.story import Story
    from chaos.world import World

#: Stories that a process plays before it reports.
_CHUNK: Final = 10


@dataclass(slots=True)
class Totals:
    """What came of stories: violations by seed, and how often what happened."""

    stories: int = 0
    edits: int = 0
    violations: dict[int, list[Violation]] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    occurred: Counter[str] = field(default_factory=Counter)

    def add(self, other: Totals) -> None:
        """Take in what another process counted."""
        self.stories += other.stories
        self.edits += other.edits
        self.violations |= other.violations
        self.sizes |= other.sizes
        self.occurred += other.occurred

    def list_smallest(self) -> dict[str, list[int]]:
        """Seeds by the name of their violations, those with the fewest actions first."""
        found: dict[str, list[int]] = defaultdict(list)
        for seed in sorted(self.violations, key=lambda seed: (self.sizes[seed], seed)):
            for name in {violation.name for violation in self.violations[seed]}:
                found[name].append(seed)
        return dict(found)


#: In 500 stories each of these occurs at least so often, else they show too little.
MINIMUMS: Final = {
    "crash at account.PutAlternateContact": 4,
    "crash at account.PutContactInformation": 1,
    "crash at account.GetAlternateContact": 2,
    "crash at dynamodb.GetItem": 6,
    "crash at dynamodb.PutItem": 2,
    "crash at dynamodb.TransactWriteItems": 2,
    "crash at events.PutEvents": 2,
    "crash at s3.PutObject": 2,
    "contacts read through roles": 60,
    "edits of what is kept of primary contacts": 100,
    "event: dead letters": 20,
    "event: events doubled": 60,
    "event: events late": 150,
    "event: events lost": 150,
    "event: events not forwarded": 20,
    "event: messages delivered twice": 60,
    **{f"fault: {kind}": 10 for kind in Kind},
    f"fault: {Kind.PARTIAL}": 2,
    f"fault: {Kind.DENIED}": 3,
    f"fault: {Kind.LATE}": 2,
    f"fault: {Kind.KILL_DURING}": 2,
    "incidents of drills": 6,
    "overlaps of two workers at one contact": 60,
    "roles that failed": 30,
    "takeovers of an intent": 10,
    "transaction conflicts": 20,
    "writes made after their worker stopped waiting": 3,
    "writes of primary contacts": 100,
    "writes whose answer was lost": 12,
}
_PER: Final = 500


def list_missing(totals: Totals) -> list[str]:
    """What occurred less often than it must in so many stories."""
    return [
        f"{name}: {totals.occurred[name]} of {least * totals.stories // _PER}"
        for name, least in MINIMUMS.items()
        if totals.occurred[name] < least * totals.stories // _PER
    ]


def play(stories: Iterable[Story], functions: Functions) -> Totals:
    """Play them one after the other."""
    totals = Totals()
    for story in stories:
        world = run(story, functions)
        totals.stories += 1
        totals.edits += sum(action.do == "edit" for action in story.actions)
        if violations := judge(world):
            totals.violations[story.seed] = violations
            totals.sizes[story.seed] = len(story.actions)
        totals.occurred += count_occurrences(world)
    return totals


def play_seeds(seeds: Sequence[int], processes: int, profile: str | None = None) -> Totals:
    """Play the stories of these seeds in so many processes."""
    totals = Totals()
    chunks = [seeds[start : start + _CHUNK] for start in range(0, len(seeds), _CHUNK)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for part in pool.imap_unordered(partial(_play_chunk, profile), chunks):
            totals.add(part)
    return totals


def hunt_variants(most: int, processes: int) -> Iterator[tuple[Variant, int | None]]:
    """Each wrong variant, and the seed of the story that caught it; None if none of so many did."""
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from zip(VARIANTS, pool.imap(partial(_hunt, most), range(len(VARIANTS))), strict=True)


def _hunt(most: int, number: int) -> int | None:
    return hunt(VARIANTS[number], most)


def _play_chunk(profile: str | None, seeds: Sequence[int]) -> Totals:
    return play((make_story(seed, profile) for seed in seeds), find_functions())


def count_occurrences(world: World) -> Counter[str]:
    """How often each kind of fault, crash, overlap, takeover and late answer occurred in a story."""
    found = Counter({f"fault: {kind}": count for kind, count in world.faults.count().items()})
    for fired in world.faults.fired:
        if "killed" in str(fired.kind):
            found[f"crash at {fired.site.split('|')[1]}"] += 1
    found.update({f"event: {name}": count for name, count in world.statistics.items()})
    found["transaction conflicts"] = world.cloud.conflicts
    found["overlaps of two workers at one contact"] = _count_overlaps(world)
    found["takeovers of an intent"] = _count_takeovers(world)
    through_roles = [call for call in world.cloud.calls if is_role_call(call)]
    found["roles that failed"] = sum(call.error is not None for call in through_roles)
    found["contacts read through roles"] = sum(
        call.error is None and call.service == "account" for call in through_roles
    )
    late = [call for call in world.cloud.calls if is_change(call) and call.function and call.made_at]
    found["writes made after their worker stopped waiting"] = sum(map(is_late, late))
    found["writes whose answer was lost"] = sum(not call.answered for call in late)
    found["writes of primary contacts"] = sum(call.operation == "PutContactInformation" for call in late)
    incidents = (item.document for item in world.published if item.kind == "Rollcall Incident")
    found["incidents of drills"] = sum(document["drill"] is not None for document in incidents)
    found["edits of what is kept of primary contacts"] = _count_kept(world)
    return found


def _count_kept(world: World) -> int:
    """Edits that changed a part of a primary contact that a roster keeps."""
    places = {
        place
        for roster in world.story.rosters
        for place in find_want(roster, Member(*world.story.accounts[0]), PRIMARY).kept
    }
    edits = {call.request_id for _, call in world.people if call is not None}
    return sum(
        change.request_id in edits
        and any((change.values or ())[place] != (before.values or ())[place] for place in places)
        for (_, kind), changes in world.cloud.account.history.items()
        for before, change in pairwise(changes)
        if kind == PRIMARY
    )


def _count_overlaps(world: World) -> int:
    """Pairs of processes that read one contact while the other was at it."""
    spans: dict[tuple[str, str], dict[str, tuple[float, float]]] = defaultdict(dict)
    for call in world.cloud.calls:
        if call.service == "account" and call.function in ("reconcile", "apply"):
            contact = world.cloud.account.find_contact(call.given, call.identity)
            first, _ = spans[contact].get(call.process, (call.sent_at, 0.0))
            spans[contact][call.process] = (first, call.sent_at)
    count = 0
    for span in spans.values():
        times = sorted(span.values())
        count += sum(start <= end for (_, end), (start, _) in pairwise(times))
    return count


def _count_takeovers(world: World) -> int:
    """Intents whose outcome another process recorded than the one that opened them."""
    writers: dict[str, dict[str, str]] = defaultdict(dict)
    for call in world.cloud.calls:
        if call.service == "s3" and call.operation == "PutObject" and call.made_at:
            place, _, name = str(call.given["Key"]).rpartition("/")
            writers[place].setdefault(name, call.process)
    return sum(
        "outcome.json" in by_name and by_name.get("intent.json") != by_name["outcome.json"]
        for by_name in writers.values()
    )
