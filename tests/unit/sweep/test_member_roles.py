"""Members read through their own roles: right whatever a role does, and never much slower than without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError

from bench.concurrency import ConcurrentClock, ConcurrentPool
from bench.organizations import large_organization
from rollcall.decide.plan import ReadBy
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Unreadable
from rollcall.sweep.observe import IN_FLIGHT
from rollcall.timing import ASSUME_ROLE, ROLES_IN_FLIGHT
from simulation.latency import Latency
from simulation.seeds import HUB
from tests.support.member_roles import MemberSts, make_error
from tests.support.sweep_world import SweepWorld
from tests.support.sweeping import Sweeping
from tests.support.world import KINDS, MANAGEMENT, MEMBER, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.decide.plan import ObservedAccount
    from rollcall.sweep.run import Run


class _Answering:
    """A client whose reads answer something else."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self._answer = answer

    def get_alternate_contact(self, **_: str) -> Any:
        return self._answer()


def fail(error: Exception) -> Callable[..., Any]:
    def act(*_: object) -> Any:
        raise error

    return act


def time_out() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://account.us-east-1.amazonaws.com")


@pytest.fixture
def world() -> World:
    return World().settle()


@pytest.fixture
def sts(world: World) -> MemberSts:
    return MemberSts(world.cloud, world.clock)


@pytest.fixture
def sweeping(world: World, sts: MemberSts) -> Sweeping:
    sweeping = Sweeping(world)
    sweeping.ports = replace(sweeping.ports, roles=sts.make_roles(sweeping.ports.paces, sweeping.pool))
    return sweeping


def look(sweeping: Sweeping) -> dict[str, ObservedAccount]:
    run = sweeping.observe(sweeping.prepare(sweeping.begin()))
    return sweeping.observed(run)


def test_each_member_is_read_in_its_own_session(sweeping: Sweeping, sts: MemberSts) -> None:
    observed = look(sweeping)
    members = set(observed) - {MANAGEMENT, HUB}
    assert {one["RoleArn"].split(":")[4] for one in sts.sessions} == members
    assert {observed[account].read_by for account in members} == {ReadBy.ROLE}
    assert observed[MANAGEMENT].read_by is None
    assert observed[HUB].read_by is ReadBy.CENTRAL
    assert all(one["DurationSeconds"] == 900 for one in sts.sessions)


def test_roles_find_what_central_reads_find(world: World, sweeping: Sweeping) -> None:
    del world.organization.accounts[MEMBER].contacts["BILLING"]
    by_role = look(sweeping)
    assert by_role[MEMBER].contacts[ContactKind.BILLING] == Absent()
    centrally = look(Sweeping(world))
    assert {account: item.contacts for account, item in by_role.items()} == {
        account: item.contacts for account, item in centrally.items()
    }


@pytest.mark.parametrize(
    ("broken", "failure"),
    [
        (
            {"assume": fail(make_error("AccessDenied", "AssumeRole"))},
            "the role was not assumed: AccessDenied",
        ),
        (
            {"assume": fail(make_error("Throttling", "AssumeRole", 400))},
            "the role was not assumed: Throttling",
        ),
        ({"assume": fail(time_out())}, "the role was not assumed: ReadTimeoutError"),
        ({"assume": fail(ZeroDivisionError())}, "unexpected: ZeroDivisionError"),
        ({"answered_account": lambda _: "999999999999"}, "the session is of another account"),
        (
            {"wrap": lambda *_: _Answering(fail(make_error("AccessDeniedException", "GetAlternateContact")))},
            "access was denied to the role",
        ),
        (
            {"wrap": lambda *_: _Answering(fail(make_error("TooManyRequestsException", "Get", 429)))},
            "the contact could not be read: TooManyRequestsException",
        ),
        (
            {"wrap": lambda *_: _Answering(fail(make_error("InternalServerException", "Get", 500)))},
            "the contact could not be read: InternalServerException",
        ),
        (
            {"wrap": lambda *_: _Answering(fail(time_out()))},
            "the contact could not be read: ReadTimeoutError",
        ),
        ({"wrap": lambda *_: _Answering(dict)}, "unexpected: KeyError"),
        ({"wrap": lambda *_: _Answering(lambda: {"AlternateContact": None})}, "unexpected: AttributeError"),
        (
            {"wrap": lambda *_: _Answering(lambda: {"AlternateContact": {"Name": "A"}})},
            "a required part of the contact is missing in the answer",
        ),
    ],
)
def test_whatever_a_role_does_wrong_the_account_is_read_centrally(
    world: World, sweeping: Sweeping, sts: MemberSts, broken: dict[str, Any], failure: str
) -> None:
    for name, value in broken.items():
        setattr(sts, name, value)
    observed = look(sweeping)
    members = set(observed) - {MANAGEMENT, HUB}
    for account in members:
        assert observed[account].read_by is ReadBy.CENTRAL
        assert observed[account].role_failure.startswith(failure)
        assert not any(isinstance(found, Unreadable) for found in observed[account].contacts.values())
    plain = look(Sweeping(world))
    assert {a: i.contacts for a, i in observed.items()} == {a: i.contacts for a, i in plain.items()}


def test_one_kind_that_fails_leaves_no_half_of_an_answer(sweeping: Sweeping, sts: MemberSts) -> None:
    def wrap(account: str, client: Any) -> Any:
        calls = iter(range(10))

        def answer() -> Any:
            if next(calls) == len(KINDS) - 1:
                raise make_error("AccessDeniedException", "GetAlternateContact")
            return {
                "AlternateContact": dict.fromkeys(("Name", "Title", "EmailAddress", "PhoneNumber"), "old")
            }

        return _Answering(answer) if account == MEMBER else client

    sts.wrap = wrap
    observed = look(sweeping)[MEMBER]
    assert observed.read_by is ReadBy.CENTRAL
    assert "old" not in str(observed.as_document())


def test_a_role_that_worked_before_and_fails_now_is_reported_once() -> None:
    world = SweepWorld().settle()
    world.member_sts = MemberSts(world.cloud, world.clock)
    world.sweep("schedule")
    assert world.summary["read_by"] == {"central-call": 1, "own-role": 4}
    assert world.summary["lost_roles"] == []
    denied = make_error("AccessDenied", "AssumeRole")
    world.member_sts.assume = lambda account: fail(denied)() if account == MEMBER else None
    world.sweep("schedule")
    assert world.summary["read_by"] == {"central-call": 2, "own-role": 3}
    assert world.summary["lost_roles"] == [MEMBER]
    assert world.summary["contacts"]["unreadable"] == 0
    world.sweep("schedule")
    assert world.summary["lost_roles"] == []


# How long it takes: virtual time


class _Timed:
    """A large organization, calls that take time, and roles in its members."""

    def __init__(self, accounts: int) -> None:
        self.clock = ConcurrentClock()
        world = World(
            organization=large_organization(self.clock, accounts=accounts),
            latency=Latency(1),
            throttle_organizations=True,
        )
        self.sweeping = Sweeping(world, pool=ConcurrentPool(self.clock, IN_FLIGHT))
        self.sts = MemberSts(world.cloud, self.clock)
        latency = Latency(5)
        self.sts.assume = lambda _: self.clock.sleep(latency.draw_around(0.1))
        self.world = world

    def use_roles(self) -> None:
        ports = self.sweeping.ports
        roles = self.sts.make_roles(ports.paces, ConcurrentPool(self.clock, ROLES_IN_FLIGHT))
        self.sweeping.ports = replace(ports, roles=roles)

    def observe(self) -> tuple[float, dict[str, ObservedAccount], Run]:
        run = self.sweeping.prepare(self.sweeping.begin())
        # Without the time of listing them, which is the same both ways.
        accounts = list(self.sweeping.ports.accounts.list_accounts())
        self.sweeping.runs.write_accounts(run.id, accounts)
        run, begun = replace(run, accounts=len(accounts)), self.clock.now()
        run = self.sweeping.observe(run)
        return (self.clock.now() - begun).total_seconds(), self.sweeping.observed(run), run


@pytest.fixture(scope="module")
def central_seconds() -> float:
    return _Timed(200).observe()[0]


def test_it_is_twenty_times_faster(central_seconds: float) -> None:
    timed = _Timed(200)
    timed.use_roles()
    seconds, observed, _ = timed.observe()
    assert sum(item.read_by is ReadBy.ROLE for item in observed.values()) > 190
    assert seconds < central_seconds / 20


@pytest.mark.parametrize("seconds", [0.1, 4.0])
def test_with_every_role_failing_it_is_hardly_slower_than_without(
    central_seconds: float, seconds: float
) -> None:
    timed = _Timed(200)
    timed.use_roles()

    def refuse(_: str) -> None:
        timed.clock.sleep(seconds)
        raise time_out()

    timed.sts.assume = refuse
    took, observed, _ = timed.observe()
    assert not any(item.read_by is ReadBy.ROLE for item in observed.values())
    # What no account is asked for after 3 seconds, and those that are under way then.
    assert took < central_seconds + 3.0 + seconds + 1.0
    assert len(timed.sts.sessions) <= 200 if seconds < 1 else len(timed.sts.sessions) <= ROLES_IN_FLIGHT * 2


def test_an_api_that_throttles_sessions_is_asked_less_and_all_is_read(central_seconds: float) -> None:
    timed = _Timed(200)
    timed.use_roles()
    taken: list[float] = []

    def assume(_: str) -> None:
        now = timed.clock.now().timestamp()
        timed.clock.sleep(0.05)
        # Ten a second, of whoever asks.
        if sum(at > now - 1 for at in taken) >= 10:
            raise make_error("Throttling", "AssumeRole", 400)
        taken.append(now)

    timed.sts.assume = assume
    took, observed, run = timed.observe()
    assert took < central_seconds * 1.1
    assert run.rates[ASSUME_ROLE] < 150
    assert not any(
        isinstance(found, Unreadable) for item in observed.values() for found in item.contacts.values()
    )
