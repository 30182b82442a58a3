"""An own CloudFormation: moto's breaks on updates and skips what it does not know."""

from typing import TYPE_CHECKING, Any

from moto.cloudformation import urls

from localcloud.cloudformation.api import CloudFormationApi
from localcloud.cloudformation.engine import Engine

if TYPE_CHECKING:
    from localcloud.server import LocalCloud


def install(cloud: "LocalCloud") -> None:
    """Answers every CloudFormation request of the server from a new, empty engine."""
    api: Any = type("LocalCloudFormationApi", (CloudFormationApi,), {"engine": Engine(cloud.clients)})
    cloud.patch(urls.url_paths, "{0}/$", api.dispatch)
