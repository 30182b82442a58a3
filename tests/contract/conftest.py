"""The example organization, who calls it, and a check of documents against botocore's shapes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from simulation import Caller, SimulatedCloud, SimulatedOrganization, VirtualClock, make_example_organization

MANAGEMENT, HUB, MEMBER, OTHER = "111111111111", "333333333333", "222222222222", "444455556666"
CALLERS = {
    "management": Caller.role(MANAGEMENT, "Admin", "admin"),
    "hub": Caller.role(HUB, "Ops", "ops"),
    "member": Caller.role(MEMBER, "Dev", "mary"),
    "administrator": Caller.role(OTHER, "Ops", "ops"),
    "standalone": Caller.role("777788889999", "Admin", "ana"),
    "outsider": Caller.role("999999999999", "Dev", "eve"),
}
#: A primary contact with nothing that it can do without.
PRIMARY = {
    "FullName": "Ana Example",
    "AddressLine1": "1 Any Street",
    "City": "Lisbon",
    "PostalCode": "1000-001",
    "CountryCode": "PT",
    "PhoneNumber": "+351 21 555 0100",
}

ORGANIZATIONS: Any = botocore.session.get_session().get_service_model("organizations")


@dataclass
class World:
    clock: VirtualClock
    organization: SimulatedOrganization
    cloud: SimulatedCloud
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, service: str, who: str | Caller) -> Any:
        return self.cloud.client(service, CALLERS[who] if isinstance(who, str) else who)

    def names(self) -> list[str]:
        return [event["detail"]["eventName"] for _, event in self.events]


@pytest.fixture
def build():
    def make(**options: Any) -> World:
        clock = VirtualClock()
        organization = make_example_organization(clock)
        world = World(clock, organization, SimulatedCloud(organization, clock, **options))
        world.cloud.subscribe(lambda account, event: world.events.append((account, event)))
        return world

    return make


@pytest.fixture
def world(build) -> World:
    return build()


@pytest.fixture
def client(world):
    """AWS Organizations, asked by the management account."""
    return world.client("organizations", "management")


@pytest.fixture
def contact() -> dict[str, str]:
    return {
        "AlternateContactType": "SECURITY",
        "Name": "SOC",
        "Title": "Security Operations",
        "EmailAddress": "soc@example.com",
        "PhoneNumber": "+1 202 555 0100",
    }


def deviations(shape: Any, value: Any, where: str = "") -> list[str]:
    """What in `value` the model does not know: members, types, enums, lengths, patterns."""
    if shape.type_name == "structure":
        unknown = [f"{where}.{name}: unknown member" for name in value if name not in shape.members]
        missing = [f"{where}.{name}: missing" for name in shape.required_members if name not in value]
        known = [(name, item) for name, item in value.items() if name in shape.members]
        inside = [
            text for name, item in known for text in deviations(shape.members[name], item, f"{where}.{name}")
        ]
        return unknown + missing + inside
    if shape.type_name == "list":
        return [text for item in value for text in deviations(shape.member, item, f"{where}[]")]
    if shape.type_name == "timestamp":
        return [] if getattr(value, "tzinfo", None) else [f"{where}: {value!r} is no aware datetime"]
    if shape.type_name != "string":
        return []
    limits = shape.metadata
    faults = []
    if "enum" in limits and value not in limits["enum"]:
        faults.append(f"{where}: {value!r} not in enum")
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        faults.append(f"{where}: length of {value!r}")
    pattern = limits.get("pattern", "")
    if pattern and r"\p{" not in pattern and not re.search(pattern, value, re.ASCII):
        faults.append(f"{where}: {value!r} does not match {pattern}")
    return faults


@pytest.fixture
def misfits():
    return deviations


def refused(act: Callable[..., object], code: str, reason: str | None = None) -> str:
    """AWS Organizations refuses the call with this code, which its model has; returns the message."""
    with pytest.raises(ClientError) as caught:
        act()
    error = caught.value
    assert (error.response["Error"]["Code"], error.response.get("Reason")) == (code, reason)
    modelled = ORGANIZATIONS.operation_model(error.operation_name).error_shapes
    assert code in {shape.error_code for shape in modelled}
    return error.response["Error"]["Message"]
