"""Read facts with the logins that there are. A refusal becomes a fact that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from rollcall.adapters.errors import AWS_ERRORS, get_code, get_message
from rollcall.model.errors import RollcallError
from rollcall_cli.aws.composition import Position
from rollcall_cli.aws.hub import STACK
from rollcall_cli.doctor.facts import Seen, Unseen
from rollcall_cli.text import fixes
from rollcall_cli.text.problems import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.facts import DeployedHub
    from rollcall_config.settings import Settings

_Value = TypeVar("_Value")
HUB = (Position.HUB,)
#: The management account first: the hub sees the organization only while it is a delegated administrator.
EITHER = (Position.MANAGEMENT, Position.HUB)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReader:
    """Reads facts with the credentials of the hub, of the management account, or of both."""

    settings: Settings
    logins: Mapping[Position, Login]
    #: Called with what is being read.
    progress: Callable[[str], None]

    def read(
        self, what: str, where: tuple[Position, ...], look: Callable[[Login], _Value]
    ) -> Seen[_Value] | Unseen:
        """Read with the first login of `where` that AWS answers; CommandError for invalid credentials."""
        self.progress(what)
        found: Seen[_Value] | Unseen = self._report_missing_login(where)
        for position in where:
            if position in self.logins:
                found = _read(what, self.logins[position], look)
                if isinstance(found, Seen):
                    return found
        return found

    def read_in_hub(
        self,
        what: str,
        hub: Seen[DeployedHub | None] | Unseen,
        look: Callable[[Login, DeployedHub], _Value],
    ) -> Seen[_Value] | Unseen:
        """Read something that the deployed hub has; its stack says where it is."""
        if isinstance(hub, Unseen):
            return hub
        deployed = hub.value
        if deployed is None:
            return Unseen(reason=f"{STACK} is not deployed", fix=f"`{fixes.deploy(STACK)}`")
        try:
            return self.read(what, HUB, lambda login: look(login, deployed))
        except KeyError as error:
            return Unseen(reason=f"{STACK} has no output {error}", fix=f"`{fixes.deploy(STACK)}`")

    def _report_missing_login(self, where: tuple[Position, ...]) -> Unseen:
        accounts = {Position.HUB: self.settings.hub, Position.MANAGEMENT: self.settings.management}
        words = " or ".join(f"the {position} account {accounts[position]}" for position in where)
        return Unseen(
            reason=f"only {words} can see it",
            fix=f"add credentials of {words}: --other-profile NAME",
            asked=False,
        )


def _read(what: str, login: Login, look: Callable[[Login], _Value]) -> Seen[_Value] | Unseen:
    try:
        return Seen(look(login))
    except UnansweredError as error:
        return Unseen(reason=error.problem, fix=error.fix, message=error.message)
    except RollcallError as error:
        return Unseen(reason=str(error), fix="run the command again in a minute")
    except AWS_ERRORS as error:
        if isinstance(error, ClientError) and get_code(error) in _DENIED:
            action = error.operation_name
            return Unseen(
                reason=f"the credentials of the {login.position} account cannot read {what} ({action})",
                fix=f"allow {action} for their role; docs/reference/permissions.md lists them all",
                message=get_message(error),
            )
        return Unseen(reason=f"AWS answered {get_code(error)}", fix="run the command again in a minute")
