"""Reading members through their own roles: each on its own quota, and only while that is faster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rollcall.model.errors import RoleReadError, describe_unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Observation
    from rollcall.ports import Clock
    from rollcall.sweep.ports import MemberRoles

#: Seconds that a worker spends on roles at most before they have saved any: 1 % of its time.
PATIENCE_SECONDS: Final = 3.0


@dataclass(slots=True, kw_only=True)
class RoleReads:
    """Reads through roles, for one worker.

    It gives up as soon as the time that it took exceeds what it saved, and `PATIENCE_SECONDS`: where roles
    fail, the worker is hardly slower than with central reads alone. The worker after it tries again.
    `seconds_per_read` is what a central read takes.
    """

    roles: MemberRoles
    kinds: Sequence[ContactKind]
    clock: Clock
    seconds_per_read: float
    go_on: Callable[[], bool]
    _spent: float = 0.0
    #: Threads append to it.
    _answered: list[str] = field(default_factory=list)

    def read(
        self, accounts: Sequence[Account]
    ) -> tuple[Mapping[str, Mapping[ContactKind, Observation]], Mapping[str, str]]:
        """The contacts by account, and by account why its role failed; accounts in neither were not asked."""
        answers: dict[str, Mapping[ContactKind, Observation]] = {}
        failures: dict[str, str] = {}
        begun = self.clock.now()

        def measure() -> float:
            return (self.clock.now() - begun).total_seconds()

        def go_on() -> bool:
            return self.go_on() and self._saves_time(self._spent + measure())

        def ask(account: Account) -> None:
            try:
                answers[account.id] = self.roles.reader.read(account.id, self.kinds)
                self._answered.append(account.id)
            except RoleReadError as error:
                failures[account.id] = str(error)
            except Exception as error:  # noqa: BLE001  # whatever it is, the account is read centrally
                failures[account.id] = describe_unexpected(error)

        self.roles.pool.map_each(ask, accounts, go_on=go_on)
        self._spent += measure()
        return answers, failures

    @property
    def gave_up(self) -> bool:
        """Whether no role will be asked any more."""
        return not self._saves_time(self._spent)

    def _saves_time(self, spent: float) -> bool:
        return spent <= PATIENCE_SECONDS + len(self._answered) * len(self.kinds) * self.seconds_per_read
