"""`config/organization.yaml`: whose organization this is, and where Rollcall runs in it."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from stacks.document import Document
from stacks.faults import ConfigError, Fault
from stacks.located_yaml import read
from stacks.validation import Strict, validate
from stacks.values import AccountId, AlertAddress, OrganizationId

FILE: Final = "organization.yaml"

_Region = Literal["us-east-1", "cn-northwest-1", "us-gov-west-1"]


class _Alerts(Strict):
    addresses: Annotated[list[AlertAddress], Field(min_length=1, description="a list of e-mail addresses")]


class _Ledger(Strict):
    # S3 Object Lock takes no more: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-overview.html
    retention_days: Annotated[int, Field(ge=1, le=36500, description="days, 1 to 36500")] = 365


class OrganizationFile(Strict):
    """The whole file."""

    version: Annotated[Literal[1], Field(description="the number 1")]
    organization: OrganizationId
    management: AccountId
    hub: AccountId
    alerts: Annotated[_Alerts, Field(description="addresses: [aws-alerts@example.com]")]
    region: Annotated[
        _Region,
        Field(
            description="us-east-1, cn-northwest-1 or us-gov-west-1, because the Account API runs only there,"
            " one Region in each partition, and publishes its events only there"
        ),
    ] = "us-east-1"
    ledger: Annotated[_Ledger, Field(description="retention_days: 365")] = _Ledger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the stacks need to know. `ledger_retention_days` is how long nobody can change the ledger."""

    organization: str
    management: str
    hub: str
    region: str
    alert_addresses: tuple[str, ...]
    ledger_retention_days: int


def read_settings(path: Path, *, file: str) -> Settings:
    """Read and check the file, which messages call `file`. Raises ConfigError with every fault of it."""
    document = read(path, file=file)
    model, faults = validate(OrganizationFile, document)
    faults += document.faults
    if isinstance(document.data, dict):
        faults += _contradictions(document)
    if faults or model is None:
        raise ConfigError(faults)
    return Settings(
        organization=model.organization,
        management=model.management,
        hub=model.hub,
        region=model.region,
        alert_addresses=tuple(model.alerts.addresses),
        ledger_retention_days=model.ledger.retention_days,
    )


def _contradictions(document: Document) -> list[Fault]:
    """What two values that are each right get wrong together."""
    faults = []
    management, hub = document.data.get("management"), document.data.get("hub")
    if isinstance(hub, str) and hub == management:
        faults.append(
            document.fault(
                ("hub",),
                "is the management account: AWS registers no management account as delegated administrator;"
                " name the account that runs your security tools",
            )
        )
    alerts = document.data.get("alerts")
    addresses = alerts.get("addresses") if isinstance(alerts, dict) else None
    seen: dict[str, int] = {}
    for index, address in enumerate(addresses if isinstance(addresses, list) else []):
        if isinstance(address, str) and seen.setdefault(address, index) != index:
            route = ("alerts", "addresses", index)
            faults.append(document.fault(route, "is given twice: each alert would arrive twice"))
    return faults
