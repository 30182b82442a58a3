"""The table: every resource type that the local cloud can make. A type without a row fails its stack."""

from localcloud.cloudformation.resources import events, functions, identity, messaging, observability, storage
from localcloud.cloudformation.rows import Row

ROWS: dict[str, Row] = {
    **events.ROWS,
    **functions.ROWS,
    **identity.ROWS,
    **messaging.ROWS,
    **observability.ROWS,
    **storage.ROWS,
}
