"""CloudFormation. moto's own fails on updates and skips resource types that it does not know."""

from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug import Response

from localcloud.cloudformation.api import CloudFormationApi
from localcloud.cloudformation.engine import Engine
from localcloud.cloudformation.stack_sets.api import StackSetsApi
from localcloud.cloudformation.stack_sets.auto_deployment import AutoDeployment
from localcloud.cloudformation.stack_sets.service import StackSets

if TYPE_CHECKING:
    from werkzeug import Request

    from localcloud.cloud.interface import Cloud


def install(cloud: "Cloud", *, auto_deployment_seconds: float) -> Engine:
    """Answer every CloudFormation request of the server from a new, empty engine.

    StackSets notice an account that has come to a target or left it after `auto_deployment_seconds`.
    """
    engine = Engine(cloud.clients)
    stack_sets = StackSets(engine, cloud.simulation.organization)
    cloud.on_stop(stack_sets.runner.close)
    automatic = AutoDeployment(stack_sets, cloud.simulation, auto_deployment_seconds)
    cloud.on_stop(automatic.close)
    state = {"engine": engine, "stack_sets": stack_sets}
    api: Any = type("LocalCloudFormationApi", (CloudFormationApi, StackSetsApi), state)

    def answer(request: "Request") -> Response:
        status, headers, body = api.dispatch(BackendRequest(request.environ))
        return Response(body, status=status, headers=headers)

    cloud.gateway.route("cloudformation", answer)  # importing moto's own takes seconds
    return engine
