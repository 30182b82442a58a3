"""A test account in which a drill can be: the hub restores it as if deployed, and CloudTrail records it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.ledger import LedgerBucket
from rollcall.adapters.state.channels import ChannelMemoryTable
from tests.cli.desk import HUB, PAYMENTS
from tests.cli.scenes import LIMITED
from tests.cli.world import TABLE
from tests.support.ledger_books import BUCKET, Books

if TYPE_CHECKING:
    from tests.cli.world import World

DRILL = f'drill: {{accounts: ["{PAYMENTS}"]}}\n'


class EventHistory:
    """CloudTrail in the account: what moto answers, and LookupEvents, which it does not."""

    def __init__(self, world: World, client: Any) -> None:
        self.records: list[dict[str, Any]] = []
        self._world, self._client = world, client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def lookup_events(self, *, LookupAttributes: Any, StartTime: Any) -> dict[str, Any]:  # noqa: N803  # boto3's spelling
        """Meanwhile Rollcall does what it has to do."""
        assert StartTime <= self._world.clock.now()
        self._world.machines.hub.drain()
        (attribute,) = LookupAttributes
        assert attribute["AttributeKey"] == "EventName"
        found = [one for one in self.records if one["eventName"] == attribute["AttributeValue"]]
        return {"Events": [{"CloudTrailEvent": json.dumps(one)} for one in reversed(found)]}


def let_drill(
    world: World, *, roster: str = LIMITED + DRILL, forwards: bool = True, home: str = PAYMENTS
) -> EventHistory:
    """Approve a roster that names the account; events of the edits, made in `home`, reach an operated hub."""
    world.write(contacts=roster)
    world.machines.deploy()
    world.approve()
    world.machines.hub.restart()
    world.profiles["member"] = PAYMENTS
    assert world.deployed.outputs is not None
    if "LedgerBucketName" not in world.deployed.outputs:
        Books(world)
    hub, dynamodb = world.machines.hub, world.client("dynamodb", HUB)
    hub.ledger = LedgerBucket(client=world.client("s3", HUB), bucket=BUCKET)
    object.__setattr__(
        hub.notifier, "alerted", ChannelMemoryTable(client=dynamodb, table=TABLE, channel="sns")
    )
    hub.restart()
    history = EventHistory(world, world.client("cloudtrail", home))
    plain = world.elsewhere
    assert plain is not None

    def elsewhere(service: str, account: str) -> Any:
        return history if (service, account) == ("cloudtrail", home) else plain(service, account)

    def hear(account: str, event: dict[str, Any]) -> None:
        if account == home:
            history.records.append(event["detail"])
            if forwards:
                hub.send(event)

    world.elsewhere = elsewhere
    world.cloud.subscribe(hear)
    return history
