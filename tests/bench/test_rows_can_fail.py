"""No row of the bench is an ornament: each fails, and is worse than the real one, on a wrong variant."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pytest

from bench import cost, cost_counts, growth, memory, peers, plan, queue, restore, start, storm, sweep
from bench import world as bench_world
from bench.goals import GOALS
from bench.peer_world import Size
from bench.rows import FAILED
from bench.world import DRIFTED
from rollcall import timing
from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.member_roles import MemberRoleReader
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state.rosters import ControlItems
from rollcall.model.desired import Present, Unreadable
from rollcall.model.errors import RetryableError
from rollcall.reconcile.reconciler import Reconciler
from rollcall.reconcile.restore import AccountRestorer
from rollcall.report import build, page
from rollcall.sweep import member_roles, report_files
from rollcall.sweep.gate import Gate
from rollcall.sweep.observe import AccountReader
from rollcall_cli.plan import last_sweep
from tests.support import world as support
from tests.support.world import MALLORY, ROSTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.counts_meter import TracedCall

Patch = pytest.MonkeyPatch
_WRONG = {DRIFTED.email, MALLORY["EmailAddress"]}


def repeat(patch: Patch, owner: type, name: str, times: int) -> None:
    """The method does its work so often."""
    inner = getattr(owner, name)

    def repeated(*arguments: Any, **parameters: Any) -> Any:
        return [inner(*arguments, **parameters) for _ in range(times)][-1]

    patch.setattr(owner, name, repeated)


#: Processor times of a cold start, in those of the base: all is made while Lambda starts the function.
_START: dict[str, float] = {
    "imported": 2.1,
    "composed": 0.0,
    "memory_mb": cost_counts.load()["stack"]["memory_mb"]["reconcile"],
}

# Wrong variants


def read_twice(patch: Patch) -> None:
    repeat(patch, OneModeAccountApi, "get", 2)


def crawl(patch: Patch) -> None:
    patch.setattr(timing, "CEILING", 0.005)
    look_rarely(patch)


def look_rarely(patch: Patch) -> None:
    """Over hours, an empty queue is looked into often enough."""
    patch.setattr(bench_world, "POLL_SECONDS", 30.0)


def crawl_without_roles(patch: Patch) -> None:
    crawl(patch)
    repeat(patch, MemberRoleReader, "read", 0)


def never_give_up_roles(patch: Patch) -> None:
    patch.setattr(member_roles, "PATIENCE_SECONDS", float("inf"))


def ignore_the_quota(patch: Patch) -> None:
    patch.setattr(timing, "CEILING", 1.2)
    patch.setattr(
        timing, "YIELDING", replace(timing.YIELDING, decrease=0.9, hold_seconds=0, increase=0.05, floor=0.5)
    )


def overlook_drift(patch: Patch) -> None:
    inner = OneModeAccountApi.get

    def get(api: OneModeAccountApi, account_id: str, kind: Any) -> Any:
        found = inner(api, account_id, kind)
        wrong = isinstance(found, Present) and found.contact.email in _WRONG
        return Unreadable(reason="not today") if wrong else found

    patch.setattr(OneModeAccountApi, "get", get)


def look_at_a_signal_again_and_again(patch: Patch) -> None:
    inner = AccountRestorer._restore_contact

    def restore_contact(restorer: Any, kind: Any, required: Any) -> Any:
        for _ in range(30):
            restorer.writer.accounts.get(restorer.signal.account_id, kind)
        return inner(restorer, kind, required)

    patch.setattr(AccountRestorer, "_restore_contact", restore_contact)


def let_signals_wait(patch: Patch) -> None:
    use_share(patch, 0.02)


def use_share(patch: Patch, share: float) -> None:
    inner = timing.make_buckets
    patch.setattr(support, "make_buckets", lambda **given: inner(**given | {"share": share}))


def let_all_ignore_the_quota(patch: Patch) -> None:
    ignore_the_quota(patch)
    use_share(patch, 50.0)


def lose_edits(patch: Patch) -> None:
    drop_messages(patch)
    overlook_drift(patch)


def drop_messages(patch: Patch) -> None:
    patch.setattr(Reconciler, "handle", lambda *_: None)


def never_bury(patch: Patch) -> None:
    look_rarely(patch)
    patch.setattr(queue, "MAX_RECEIVES", float("inf"))
    patch.setattr(storm, "MOST_SECONDS", 10_000.0)
    inner = Reconciler.handle

    def handle(reconciler: Reconciler, event: Any, delivery: Any) -> None:
        if delivery.message_id == "m1":
            raise RetryableError("never")
        inner(reconciler, event, delivery)

    patch.setattr(Reconciler, "handle", handle)


def look_at_all_before_for_each(patch: Patch) -> None:
    inner, seen = AccountReader.read, []

    def read(reader: AccountReader, account: Any) -> Any:
        seen.append(account)
        reader.clock.sleep(0.1 * len(seen))
        return inner(reader, account)

    patch.setattr(AccountReader, "read", read)


def compare_each_with_all(patch: Patch) -> None:
    inner = build.build_report

    def build_report(basis: Any, records: Any) -> Any:
        every = list(records)
        for _ in every:
            for _ in every:
                sum(range(6_000))
        return inner(basis, every)

    patch.setattr(report_files, "build_report", build_report)


def read_every_account_for_a_plan(patch: Patch) -> None:
    inner = last_sweep.read_last_observation

    def read(hub: Any) -> Any:
        last = inner(hub)
        hub.runs._client._clock.sleep(3 * len(last.observed) / 5)
        return last

    patch.setattr(plan, "read_last_observation", read)


def repeat_the_page(patch: Patch) -> None:
    inner = page.render
    patch.setattr(page, "render", lambda report: inner(report) * 60)


def keep_everything_in_memory(patch: Patch) -> None:
    inner, kept = Gate.run_step, []

    def run_step(gate: Gate, run: Any) -> Any:
        kept.append(bytearray(200_000_000))
        return inner(gate, run)

    patch.setattr(Gate, "run_step", run_step)


def ask_four_times(patch: Patch) -> None:
    repeat(patch, AwsOrganization, "get_account", 4)
    repeat(patch, ControlItems, "get_enforcement", 4)


def look_five_times(patch: Patch) -> None:
    repeat(patch, OneModeAccountApi, "get", 5)


def forget_overrides_and_exemptions(patch: Patch) -> None:
    patch.setitem(ROSTER, "overrides", [])
    patch.setitem(ROSTER, "exempt", [])


def make_a_late_start(patch: Patch) -> None:
    patch.setitem(_START, "composed", 1.5)


def start_slowly(patch: Patch) -> None:
    """Two bases more, in processes of their own: as many times slower on any machine."""
    environment, code = start.FUNCTIONS["reconcile"]
    base = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {start._CLIENT!r}], check=True)"
    patch.setitem(start.FUNCTIONS, "reconcile", (environment, f"{code}; {base}; {base}"))


def synthesize_slowly(patch: Patch) -> None:
    patch.setattr(start, "_OURS", [*start._OURS[:1], "-c", "sum(range(40_000_000))"])


def alarm_about_everything(patch: Patch) -> None:
    counts = cost_counts.load()
    counts["stack"]["alarm_metrics"] += 100
    patch.setattr(cost_counts, "load", lambda: counts)


# What is measured, small


@pytest.fixture(autouse=True, scope="module")
def deployed() -> Iterator[None]:
    """Asset and layer are the same for the right starts and for the wrong ones: made once."""
    with start._deployed() as paths, pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "_deployed", lambda: nullcontext(paths))
        yield


def measure_starts() -> list[dict[str, Any]]:
    """Of `reconcile`, which stands for each: they differ by their code alone."""
    only = {"reconcile": start.FUNCTIONS["reconcile"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "_BEST_OF", 1)
        patch.setattr(start, "FUNCTIONS", only)
        (row,) = start.measure()
    return [row | {"name": name} for name in GOALS if name.startswith("cold_start_ratio_")]


def measure_synthesis() -> list[dict[str, Any]]:
    """Of programs that take as little as possible: the CDK takes ten seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "_SYNTHS", 1)
        patch.setattr(start, "_EMPTY", "sum(range(6_000_000))")
        if "-c" not in start._OURS:
            patch.setattr(start, "_OURS", [start._OURS[0], "-c", "sum(range(8_000_000))"])
        return start.measure_synthesis()


def measure_cold() -> list[dict[str, Any]]:
    trace, started = trace_once(), (_START["imported"], _START["composed"])
    return [restore.judge_cold(trace, *started, memory_mb=_START["memory_mb"])]


@cache
def trace_once() -> list[TracedCall]:
    """No wrong start changes the calls of the restore that comes after it."""
    return restore.trace_restore()


MEASURES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "sweep": partial(sweep.measure, 60, 6),
    "roles": partial(sweep.measure_roles, 60),
    "failing": partial(sweep.measure_failing_roles, 100),
    "few": partial(sweep.measure_few, 60),
    "growth": partial(growth.measure, {20: 1, 100: 1}),
    "storm": partial(storm.measure, 40, 60),
    "more": partial(storm.measure_more, 40, 60),
    "restore": restore.measure,
    "signals": restore.measure_signals,
    "cold": measure_cold,
    "start": measure_starts,
    "synthesis": measure_synthesis,
    "cost": cost.measure,
    "memory": partial(memory.measure, 20),
    "peers": partial(peers.measure, Size(accounts=40, different=2, drifts=2), ["awsnolan"]),
}

VARIANTS: list[tuple[str, Callable[[Patch], None], set[str]]] = [
    ("sweep", read_twice, {"sweep_over_external_minimum"}),
    ("few", read_twice, {"sweep_300_over_external_minimum"}),
    ("sweep", crawl, {"sweep_10000_central_seconds"}),
    ("roles", crawl_without_roles, {"sweep_10000_seconds"}),
    ("failing", never_give_up_roles, {"sweep_failing_roles_share"}),
    ("sweep", ignore_the_quota, {"sweep_refused_share"}),
    ("sweep", overlook_drift, {"sweep_lost_contacts"}),
    ("sweep", look_at_a_signal_again_and_again, {"sweep_slowdown_by_signals"}),
    ("sweep", let_signals_wait, {"signal_p99_seconds_during_sweep"}),
    ("sweep", read_every_account_for_a_plan, {"plan_10000_seconds"}),
    ("sweep", repeat_the_page, {"report_page_kilobytes_10000"}),
    ("growth", look_at_all_before_for_each, {"growth_exponent_virtual"}),
    ("growth", compare_each_with_all, {"growth_exponent_processor"}),
    ("storm", let_signals_wait, {"storm_over_put_quota", "storm_beside_sweep_over_put_quota"}),
    ("storm", let_all_ignore_the_quota, {"storm_refused_share"}),
    ("storm", lose_edits, {"storm_contacts_left_wrong"}),
    ("storm", never_bury, {"storm_most_receives"}),
    ("more", lose_edits, {"storm_10000_contacts_left_wrong"}),
    ("more", never_bury, {"storm_10000_most_receives"}),
    (
        "restore",
        ask_four_times,
        {"restore_p50_seconds_warm", "calls_before_put", "calls_per_restore", "table_calls_per_restore"},
    ),
    ("cold", make_a_late_start, {"restore_p99_seconds_cold"}),
    (
        "signals",
        look_five_times,
        {"account_calls_per_signal_compliant", "account_calls_per_signal_drifted"},
    ),
    ("start", start_slowly, {name for name in GOALS if name.startswith("cold_start_ratio_")}),
    ("synthesis", synthesize_slowly, {"synth_ratio_empty"}),
    ("cost", alarm_about_everything, {"usd_month_1000"}),
    ("memory", keep_everything_in_memory, {"step_megabytes_10000"}),
    ("peers", look_five_times, {"peer_seconds_over_fastest", "peer_calls_over_fewest"}),
    ("peers", ignore_the_quota, {"peer_refused_share"}),
    ("peers", forget_overrides_and_exemptions, {"peer_wrongly_overwritten"}),
    ("peers", overlook_drift, {"peer_left_wrong"}),
    ("peers", drop_messages, {"peer_hours_until_right"}),
]


@cache
def measure_right(name: str) -> dict[str, float]:
    return {row["name"]: row["value"] for row in MEASURES[name]()}


@pytest.mark.parametrize(
    ("measure", "variant", "names"), VARIANTS, ids=[f"{one}-{made.__name__}" for one, made, _ in VARIANTS]
)
def test_a_row_fails_on_a_wrong_variant_and_is_worse_than_the_real_one(
    monkeypatch: Patch, measure: str, variant: Callable[[Patch], None], names: set[str]
) -> None:
    right = measure_right(measure)
    variant(monkeypatch)
    wrong = {row["name"]: row for row in MEASURES[measure]()}
    assert {name: wrong[name]["status"] for name in names} == dict.fromkeys(names, FAILED)
    assert all(wrong[name]["value"] > right[name] for name in names)


def test_every_row_has_a_wrong_variant() -> None:
    assert {name for _, _, names in VARIANTS for name in names} == set(GOALS)
