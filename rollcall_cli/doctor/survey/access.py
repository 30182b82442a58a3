"""Who may look at what: the logins that there are, and what becomes of refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from rollcall.adapters.errors import AWS_ERRORS, get_code, get_message
from rollcall.model.errors import RollcallError
from rollcall_cli.aws.caller import Position
from rollcall_cli.doctor.facts import Seen, Unseen
from rollcall_cli.text.problems import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall_cli.aws.composition import Login
    from rollcall_config.settings import Settings

_Value = TypeVar("_Value")
#: The management account first: the hub sees the organization only while it is a delegated administrator.
ANYBODY = (Position.MANAGEMENT, Position.HUB)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Logins by position: one of them or both. `progress` is told what is being read."""

    settings: Settings
    logins: Mapping[Position, Login]
    progress: Callable[[str], None]

    def read(
        self, what: str, where: tuple[Position, ...], look: Callable[[Login], _Value]
    ) -> Seen[_Value] | Unseen:
        """Look with the first login of `where` that there is and that AWS answers.

        CommandError if the credentials themselves are no good.
        """
        self.progress(what)
        found: Seen[_Value] | Unseen = self._nobody(where)
        for position in where:
            if position in self.logins:
                found = _attempt(what, self.logins[position], look)
                if isinstance(found, Seen):
                    return found
        return found

    def _nobody(self, where: tuple[Position, ...]) -> Unseen:
        accounts = {Position.HUB: self.settings.hub, Position.MANAGEMENT: self.settings.management}
        words = " or ".join(f"the {position} account {accounts[position]}" for position in where)
        return Unseen(
            why=f"only {words} can see it",
            fix=f"run it with credentials of {words}, too: --other-profile NAME",
            asked=False,
        )


def _attempt(what: str, login: Login, look: Callable[[Login], _Value]) -> Seen[_Value] | Unseen:
    try:
        return Seen(look(login))
    except UnansweredError as error:
        return Unseen(why=error.problem, fix=error.fix, message=error.message)
    except RollcallError as error:
        return Unseen(why=str(error), fix="run the command again in a minute")
    except AWS_ERRORS as error:
        if isinstance(error, ClientError) and get_code(error) in _DENIED:
            action = error.operation_name
            return Unseen(
                why=f"the credentials of the {login.position} account may not read {what} ({action})",
                fix=f"allow {action} to their role; the policy for a reader is in docs/cli.md",
                message=get_message(error),
            )
        return Unseen(why=f"AWS answered {get_code(error)}", fix="run the command again in a minute")
