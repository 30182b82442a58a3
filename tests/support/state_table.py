"""The whole state table as one object: for tests that write by one of its ports and read by another."""

from rollcall.adapters.state.edits import BulkItems, KnownDriftItems, RepeatedEditItems
from rollcall.adapters.state.intents import IncidentItems, IntentItems, OwnWriteItems
from rollcall.adapters.state.rosters import ControlItems


class WholeStateTable(
    ControlItems, IntentItems, OwnWriteItems, BulkItems, RepeatedEditItems, KnownDriftItems, IncidentItems
):
    """Every port that `MemoryState` is, over a boto3 DynamoDB client."""
