"""EventBridge Scheduler: moto keeps the schedules, this module checks and fires them.

Source: EventBridge Scheduler API reference and user guide, "Schedule types" and "Execution role".
Nothing here waits a day: `Schedules.fire`, or an unsigned POST to /schedules/NAME/fire, is the clock.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from moto.scheduler.models import scheduler_backends

from localcloud.cloud.clients import REGION
from localcloud.cloud.gateway import build_response
from localcloud.events.deliverable import UndeliverableError
from localcloud.events.schedule_expressions import is_schedule
from localcloud.state_machines.triggers import Triggers

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from localcloud.access.services import ServiceAccess
    from localcloud.cloud.interface import Cloud
    from localcloud.state_machines.service import Executions

_SERVICE = "scheduler.amazonaws.com"
_FIRE = re.compile(r"/schedules/([^/]+)/fire")


class Schedules:
    """The schedules of all accounts."""

    def __init__(self, triggers: Triggers, access: ServiceAccess) -> None:
        self._triggers = triggers
        self._access = access

    def fire(self, name: str) -> str:
        """Start the target of the enabled schedule with this name; returns the execution's ARN.

        Raises LookupError when there is none, UndeliverableError when its target does not take it.
        """
        for regions in list(scheduler_backends.values()):
            schedule = regions[REGION].schedule_groups["default"].schedules.get(name)
            if schedule and schedule.state == "ENABLED":
                return self._triggers.start_by_schedule(_get_group_arn(schedule.arn), schedule.target)
        raise LookupError(f"no enabled schedule {name}")

    def handle(self, request: Request) -> Response | None:
        """Refuse what AWS would refuse of CreateSchedule and UpdateSchedule. moto answers the rest."""
        if request.method not in {"POST", "PUT"} or not request.path.startswith("/schedules/"):
            return None
        parameters = json.loads(request.get_data())
        if not is_schedule(parameters["ScheduleExpression"]):
            return _build_error(f"Invalid Schedule Expression {parameters['ScheduleExpression']}.")
        target, arn = parameters["Target"], f"arn:aws:scheduler:{REGION}"
        account = target["RoleArn"].split(":")[4]
        group = f"{arn}:{account}:schedule-group/default"
        if not self._access.can_assume(_SERVICE, target["RoleArn"], source_arn=group):
            return _build_error(
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            )
        return None

    def handle_fire(self, request: Request) -> Response | None:
        """POST /schedules/NAME/fire, unsigned: for users of `make local`."""
        match = _FIRE.fullmatch(unquote(request.path))
        if request.method != "POST" or match is None:
            return None
        try:
            return build_response({"executionArn": self.fire(match[1])})
        except LookupError as error:
            return build_response({"message": str(error)}, status=404)
        except UndeliverableError as error:
            return build_response({"message": f"{error.code}: {error.message}"}, status=409)


def _get_group_arn(schedule_arn: str) -> str:
    return schedule_arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]


def _build_error(message: str) -> Response:
    return build_response(
        {"Message": message}, status=400, headers={"x-amzn-ErrorType": "ValidationException"}
    )


def install(cloud: Cloud, access: ServiceAccess, executions: Executions) -> Schedules:
    """Check schedules as they are made, and let them be fired."""
    schedules = Schedules(Triggers(executions, access), access)
    cloud.gateway.route("scheduler", schedules.handle)
    cloud.gateway.route("", schedules.handle_fire)
    return schedules
