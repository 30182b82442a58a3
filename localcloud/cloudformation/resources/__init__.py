"""All resource types that the local cloud can create. Any other type fails its stack."""

from localcloud.cloudformation.resources import (
    events,
    functions,
    identity,
    messaging,
    observability,
    organizations,
    recorded,
    stack_sets,
    state_machines,
    storage,
)
from localcloud.cloudformation.rows import ResourceType

ROWS: dict[str, ResourceType] = {
    **events.ROWS,
    **functions.ROWS,
    **identity.ROWS,
    **messaging.ROWS,
    **observability.ROWS,
    **organizations.ROWS,
    **recorded.ROWS,
    **stack_sets.ROWS,
    **state_machines.ROWS,
    **storage.ROWS,
}
