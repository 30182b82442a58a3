"""A short set of the stories of `make chaos`: replayed from their seeds, and judged."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path

import pytest
from botocore.session import get_session
from botocore.validate import validate_parameters

import chaos.oracle
import reconcile.handler
from chaos.driver import find_functions
from chaos.fakes.account import PRIMARY, PRIMARY_FIELDS
from chaos.fakes.client import make_client
from chaos.faults import FaultPlan, Kind, Planned
from chaos.mutation import apply_variant
from chaos.oracle import judge
from chaos.profiles import PROFILES, make_story
from chaos.prose import describe_story
from chaos.scheduler import START
from chaos.shrink import run, shrink
from chaos.story import HUB, Action, EventPlan, MemberRole, Story, Trouble
from chaos.variants import VARIANTS, hunt
from chaos.wants import KEEP, PRIMARY_PARTS
from chaos.world import World
from rollcall.adapters import clients, system

#: Of each profile so many stories are played, and of floods, which are long, one.
SEEDS = range(3)
#: Variants, and the seed of the first story that catches each; once stories change, a later one may.
QUICK = {
    "intent-taken-over-at-once": 19,
    "ledger-skipped": 0,
    "second-call-under-one-intent": 0,
    "calls-name-no-intent": 0,
    "role-alone-believed": 0,
    "records-overwritten": 26,
    "no-answer-means-refused": 0,
    "version-ignored": 1,
    "optional-parts-dropped": 2,
    "kept-as-first-seen": 2,
    "all-admitted": 3,
    "messages-of-a-group-at-once": 2,
    "failed-role-means-unreadable": 0,
    "odd-answer-believed": 2,
}


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_goes_wrong(profile: str) -> None:
    # Of what plays hundreds of edits, or hours of failures, one here: `make chaos` plays many.
    for seed in SEEDS[:1] if "flood" in profile or profile == "dead-letters" else SEEDS:
        world = run(make_story(seed, profile), find_functions())
        violations = judge(world)
        assert not violations, describe_story(world, violations)


def give_owner(story: Story, owner: dict[str, str] | None) -> Story:
    """The story with a roster that names this primary contact, and nothing else that happens."""
    (roster,) = story.rosters
    contacts = {**roster["contacts"], "owner": owner or {}}
    defaults = {kind: name for kind, name in roster["defaults"].items() if kind != PRIMARY}
    if owner is not None:
        defaults[PRIMARY] = "owner"
    return replace(
        story,
        rosters=[{**roster, "contacts": contacts, "defaults": defaults, "overrides": [], "exempt": []}],
        actions=[],
        events=EventPlan(),
    )


def test_of_a_primary_contact_what_is_named_is_restored_and_what_is_kept_stays() -> None:
    owner = {part: KEEP for part in PRIMARY_PARTS if part != "company_name"} | {"address_line1": "Any Road 9"}
    foreign = tuple(
        "PT" if part == "country_code" else f"+3 {place}" for place, part in enumerate(PRIMARY_PARTS)
    )
    story = give_owner(make_story(0, "calm"), owner)
    member = story.accounts[2][0]
    edit = Action(name="e0", at=600, do="edit", account=member, kind=PRIMARY, value=0)
    world = run(replace(story, actions=[edit], foreign_primary=[foreign]), find_functions())
    assert not judge(world)
    first, edited, restored = (change.values for change in world.cloud.account.history[member, PRIMARY])
    assert first is not None
    assert (first[1], edited) == ("", foreign)
    assert restored == (foreign[0], "", "Any Road 9", *foreign[3:])


def test_a_primary_contact_can_be_read_and_put_in_a_story() -> None:
    world = World(give_owner(make_story(0, "calm"), None), find_functions())
    member = world.story.accounts[2][0]

    def edit() -> None:
        client = make_client(world.cloud, "account")
        found = client.get_contact_information(AccountId=member)["ContactInformation"]
        changed = {**found, "City": "Porto", "CountryCode": "pt"}
        client.put_contact_information(AccountId=member, ContactInformation=changed)

    world.scheduler.at(START + 100, partial(world.do_calmly, "primary", edit))
    world.run()
    read, put = [call for call in world.cloud.calls if call.process == "primary"]
    assert (read.answer["FullName"], read.answer["CountryCode"]) == (world.names[member], "US")
    first, last = world.cloud.account.history[member, PRIMARY]
    assert (first.request_id, last.request_id, last.time) == (None, put.request_id, put.made_at)
    assert read.answer | {"City": "Porto", "CountryCode": "PT"} == {
        name: value for name, value in zip(PRIMARY_FIELDS, last.values or (), strict=True) if value
    }
    brought = [json.loads(one.message.body)["detail"] for one in world.deliveries if one.call in (read, put)]
    assert HUB in {detail["recipientAccountId"] for detail in brought}
    for detail in brought:
        asked = detail["requestParameters"]
        assert (detail["eventName"], asked["accountId"]) == ("PutContactInformation", member)
        assert asked["contactInformation"]["countryCode"] == "pt"


@pytest.mark.parametrize("trouble", Trouble)
def test_members_are_read_through_their_roles_until_these_fail(trouble: Trouble) -> None:
    story = give_owner(make_story(0, "calm"), None)
    failing, *working = (account for account, _ in story.accounts[2:])
    roles = {account: MemberRole(until=inf, trouble=trouble) for account in working}
    sweeps = [Action(name=f"sweep{at}", at=at, do="sweep") for at in (100, 2000)]
    roles[failing] = MemberRole(until=1000, trouble=trouble)
    world = run(replace(story, actions=sweeps, end=4000, roles=roles), find_functions())
    assert not judge(world)
    first, second, *_ = (
        json.loads(stored.body) for stored in world.cloud.buckets.puts if stored.key.endswith("/report.json")
    )
    read_by = [{one["id"]: one["read_by"] for one in report["accounts"]} for report in (first, second)]
    assert [found[failing] for found in read_by] == ["own-role", "central-call"]
    assert {found[account] for found in read_by for account in working} == {"own-role"}
    assert [report["run"]["lost_roles"] for report in (first, second)] == [[], [failing]]


def test_a_story_leaves_nothing_behind() -> None:
    before = (clients.create_client, system.SystemClock.now, reconcile.handler._function, dict(os.environ))
    run(make_story(0), find_functions())
    after = (clients.create_client, system.SystemClock.now, reconcile.handler._function, dict(os.environ))
    assert after == before


def test_a_story_replays_from_its_seed() -> None:
    def show(seed: int) -> str:
        world = run(make_story(seed), find_functions())
        return describe_story(world, judge(world))

    for seed in (0, 9):
        assert show(seed) == show(seed)


def test_what_the_functions_ask_is_what_botocore_sends() -> None:
    session, seen = get_session(), set()
    for profile in ("bursts", "outage", "pending", "approvals"):
        for call in run(make_story(1, profile), find_functions()).cloud.calls:
            model = session.get_service_model(call.service).operation_model(call.operation)
            assert model.input_shape is not None
            validate_parameters(dict(call.given), model.input_shape)
            seen.add(call.service)
    assert {"account", "dynamodb", "s3", "events", "sqs", "sns", "organizations", "sts"} <= seen


@pytest.mark.parametrize("name", QUICK)
def test_a_wrong_variant_is_caught(name: str) -> None:
    (variant,) = (variant for variant in VARIANTS if variant.name == name)
    assert hunt(variant, 100, first=QUICK[name]) is not None


def test_each_variant_changes_the_core_and_leaves_it_as_it_was() -> None:
    for variant in VARIANTS:
        with apply_variant(variant):
            pass
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)


def test_a_variant_that_could_only_crash_is_refused() -> None:
    variant = replace(VARIANTS[0], new="nobody_defines_this")
    with pytest.raises(LookupError, match="nobody defines nobody_defines_this"), apply_variant(variant):
        pass


def test_variants_are_caught_by_what_the_oracle_knows() -> None:
    sources = Path(chaos.oracle.__file__).parent.glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    names = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text))
    assert {name for variant in VARIANTS for name in variant.caught_by} <= names


def test_a_failing_story_shrinks_to_what_makes_it_fail() -> None:
    (variant,) = (variant for variant in VARIANTS if variant.name == "ledger-skipped")
    story = make_story(1, "bursts")
    with apply_variant(variant):
        small = shrink(story, find_functions(), "write-without-intent")
        names = {violation.name for violation in judge(run(small, find_functions()))}
    assert "write-without-intent" in names
    assert [action.do for action in small.actions] == ["edit"]


def test_a_fault_that_is_planned_happens_where_it_is_planned() -> None:
    planned = Planned(label="reconcile:e*", call="s3.PutObject", kind=Kind.KILL_AFTER, nth=2)
    story = make_story(1, "bursts")
    world = run(replace(story, faults=FaultPlan(planned=[planned])), find_functions())
    ((time, site, kind),) = ((fired.time, fired.site, fired.kind) for fired in world.faults.fired)
    assert (kind, site.split("|")[1:]) == (Kind.KILL_AFTER, ["s3.PutObject", "2"])
    assert world.killed == {site.split("|")[0]}
    assert time > story.actions[0].at
