"""The whole state table as one object: for tests that write by one of its ports and read by another."""

from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.state.groups import GroupItems
from rollcall.adapters.state.incidents import IncidentItems
from rollcall.adapters.state.rosters import ControlItems


class WholeStateTable(ControlItems, ContactItems, GroupItems, IncidentItems):
    """Every port that `MemoryState` is, over a boto3 DynamoDB client."""
