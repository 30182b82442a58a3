"""The organization in which Rollcall and its peers make one pass each, and the retries of their SDKs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import CapacityNotAvailableError, ClientError
from botocore.retries.adaptive import ClientRateLimiter, RateClocker
from botocore.retries.bucket import Clock, TokenBucket
from botocore.retries.throttling import CubicCalculator

from bench.concurrency import ConcurrentClock, ConcurrentPool
from bench.organizations import large_organization
from bench.sweep import THROTTLED
from bench.world import DRIFTED
from simulation.caller import Caller
from simulation.cloud import SimulatedCloud
from simulation.latency import Latency
from simulation.seeds import HUB
from tests.support.world import EXEMPT, KINDS, MANAGEMENT, ROSTER, api_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulation.organization import SimulatedOrganization

    Call = Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass. `hours`: how long a tampered contact stays on average; None: until a person acts."""

    name: str
    seconds: float
    calls: int
    refused: int
    wrongly_overwritten: int
    left_wrong: int
    #: Contacts that were neither read nor written, whatever they are.
    given_up: int
    hours: float | None

    @property
    def complete(self) -> bool:
        """Whether every contact is right, and known to be."""
        return not (self.wrongly_overwritten or self.left_wrong or self.given_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of an organization: accounts in all, those with another security contact, and drifted ones."""

    accounts: int
    different: int
    drifts: int


USUAL: Final = Size(accounts=1_000, different=100, drifts=50)
#: Assumed: calls of STS and of Lambda, in seconds.
OTHER_SECONDS: Final = 0.1
#: The longest wait of an SDK between two attempts, in seconds.
_LONGEST_WAIT: Final = 20.0


class PeerWorld:
    """One organization, and what a peer's loop uses: clients of its callers, a pool, the retries of SDKs."""

    def __init__(self, size: Size = USUAL) -> None:
        self.clock = ConcurrentClock()
        self.organization = make_organization(self.clock, size)
        self.before = snapshot(self.organization)
        self.latency = Latency(seed=11)
        self.cloud = SimulatedCloud(
            self.organization, self.clock, latency=self.latency, throttle_organizations=True
        )
        self.random = Random(11)  # noqa: S311  # jitter of retries
        self.others = 0
        self.given_up = 0

    @cached_property
    def different(self) -> set[str]:
        """Accounts that are meant to differ: the peers' exclusions, where they have any."""
        production = self.organization.find_ou("Workloads/Production")
        found = self.organization.accounts.items()
        return {account_id for account_id, one in found if one.parent_id == production} | {EXEMPT}

    def client(self, service: str, account_id: str = HUB) -> Any:
        """A client of a role in this account."""
        return self.cloud.client(service, Caller.role(account_id, "Sync", "run"))

    def call_other(self, times: int = 1) -> None:
        """Calls of services that are not simulated, one after the other."""
        self.others += times
        for _ in range(times):
            self.clock.sleep(self.latency.draw_around(OTHER_SECONDS))

    def list_accounts(self, retry: Callable[[Call], Any]) -> Iterable[str]:
        """Active accounts but the management account, page by page."""
        client = self.client("organizations")
        given: dict[str, str] = {}
        while True:
            page = retry(partial(client.list_accounts, **given))
            for account in page["Accounts"]:
                if account["Status"] == "ACTIVE" and account["Id"] != MANAGEMENT:
                    yield account["Id"]
            if "NextToken" not in page:
                return
            given = {"NextToken": page["NextToken"]}

    def map_each(self, width: int, work: Callable[[Any], Any], items: Iterable[Any]) -> None:
        """So many at once."""
        ConcurrentPool(self.clock, width).map_each(work, items, go_on=lambda: True)

    def retry(
        self,
        call: Call,
        *,
        attempts: int,
        first: float = 1.0,
        least: float = 0.0,
        longest: float = _LONGEST_WAIT,
    ) -> Any:
        """As SDKs retry a throttled call: after random waits that double. ClientError when all are used up.

        A wait is `least` to `first` seconds, times two for each before it, and never above `longest`.
        """
        for attempt in range(attempts):
            try:
                return call()
            except ClientError as error:
                if error.response["Error"]["Code"] != THROTTLED or attempt + 1 == attempts:
                    raise
                wait = least + self.random.random() * (first - least)
                self.clock.sleep(min(longest, wait * 2**attempt))
        raise AssertionError

    def try_call(self, call: Call) -> Any:
        """The answer, None if it was given up: the loop goes on."""
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] != THROTTLED:
                raise
            self.given_up += 1
            return None


class AdaptiveRetries:
    """botocore's own adaptive mode, on the clock of a world."""

    def __init__(self, world: PeerWorld, *, attempts: int) -> None:
        self._world, self._attempts = world, attempts
        clock = _Seconds(world.clock)
        self._limiter = ClientRateLimiter(
            rate_adjustor=CubicCalculator(starting_max_rate=0, start_time=clock.current_time()),
            rate_clocker=RateClocker(clock),
            token_bucket=_SleepingBucket(max_rate=1, clock=clock),
            throttling_detector=_Detector(),
            clock=clock,
        )

    def __call__(self, call: Call) -> Any:
        """The answer of the call, made when the limiter lets it."""
        return self._world.retry(partial(self._attempt, call), attempts=self._attempts)

    def _attempt(self, call: Call) -> Any:
        self._limiter.on_sending_request(request=None)
        throttled = False
        try:
            return call()
        except ClientError as error:
            throttled = error.response["Error"]["Code"] == THROTTLED
            raise
        finally:
            self._limiter.on_receiving_response(throttled=throttled)


class _Seconds(Clock):
    def __init__(self, clock: ConcurrentClock) -> None:
        super().__init__()
        self._clock = clock

    def current_time(self) -> float:
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class _SleepingBucket(TokenBucket):
    """Waits on its clock, where botocore's waits for a signal of another thread in real time."""

    _clock: Clock
    _sleep_amount: Callable[[int], float]

    def acquire(self, amount: int = 1, block: bool = True) -> bool:  # noqa: ARG002  # botocore's
        while True:
            try:
                return bool(super().acquire(amount, block=False))
            except CapacityNotAvailableError:
                self._clock.sleep(self._sleep_amount(amount) + 1e-6)


class _Detector:
    def is_throttling_error(self, *, throttled: bool) -> bool:
        return throttled


def make_organization(clock: ConcurrentClock, size: Size) -> SimulatedOrganization:
    """Every account compliant but those whose contact drifted, which no roster treats in its own way."""
    organization = large_organization(clock, size.accounts, production=size.different)
    usual = [one for one in organization.accounts.values() if one.name.startswith("Account ")]
    for number, account in enumerate(Random(3).sample(usual, size.drifts)):  # noqa: S311  # no secret
        account.contacts[KINDS[number % 3]] = DRIFTED
    return organization


def snapshot(organization: SimulatedOrganization) -> dict[tuple[str, str], Any]:
    """Contacts by account and kind."""
    return {
        (account_id, kind): account.contacts.get(kind)
        for account_id, account in organization.accounts.items()
        for kind in KINDS
    }


def count_damage(before: dict[tuple[str, str], Any], organization: SimulatedOrganization) -> tuple[int, int]:
    """Contacts that were wrongly overwritten, and drifted ones that are still there."""
    now = snapshot(organization)
    right = {key for key, contact in before.items() if contact != DRIFTED}
    left = sum(now[key] == DRIFTED for key in before)
    return sum(now[key] != before[key] for key in right), left


def get_wanted(kind: str, *, differs: bool = False) -> dict[str, str]:
    """What most accounts are to have, or those that differ, as the Account API takes it."""
    return api_values("pci-soc" if differs else ROSTER["defaults"][kind])
