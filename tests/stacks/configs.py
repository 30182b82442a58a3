"""Good configuration files to break, and writing them down."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from rollcall_config.configuration import Configuration, load
from rollcall_config.document import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

ORGANIZATION = """\
version: 1
organization: o-exampleorgid
management: "111111111111"
hub: "333333333333"
region: us-east-1
alerts:
  addresses: [aws-alerts@example.com]
ledger:
  retention_days: 365
"""

CONTACTS = """\
version: 1
mode: enforce
contacts:
  soc:
    name: Security Operations
    title: Duty officer
    email: aws-soc@example.com
    phone: "+1 206 555 0100"
  platform: {name: Cloud Platform, title: On call, email: ops@example.com, phone: "+1 206 555 0101"}
defaults:
  security: soc
  operations: platform
overrides:
  - ou: Workloads/Production
    security: platform
exempt:
  - accounts: ["111122223333"]
    reason: divested
"""

#: With a primary contact.
PRIMARY = """\
version: 1
mode: enforce
contacts:
  soc: {name: Security, title: Duty officer, email: aws-soc@corp.internal, phone: "+1 206 234 5600"}
  office:
    FullName: Cloud Office of {account_name}
    CompanyName: Corp Inc.
    AddressLine1: 410 Terry Avenue N
    AddressLine2: absent
    AddressLine3: absent
    City: Seattle
    StateOrRegion: WA
    PostalCode: "98109"
    CountryCode: us
    PhoneNumber: "+1 206-234-5601"
    WebsiteUrl: absent
    review_by: 2027-05-01
  untouched:
    {FullName: keep, AddressLine1: keep, City: keep, PostalCode: keep, CountryCode: keep, PhoneNumber: keep}
defaults:
  security: soc
  primary: office
overrides:
  - ou: Legacy
    primary: untouched
"""


#: The day on which the files are read.
TODAY = date(2026, 10, 5)


def load_from(where: Path, *, organization: str = ORGANIZATION, contacts: str = CONTACTS) -> Configuration:
    """What the files say; they are called config/organization.yaml and config/contacts.yaml."""
    directory = where / "config"
    directory.mkdir(exist_ok=True)
    (directory / "organization.yaml").write_text(organization, encoding="utf-8")
    (directory / "contacts.yaml").write_text(contacts, encoding="utf-8")
    return load(where, "config", today=TODAY)


def complaints(where: Path, **files: str) -> list[str]:
    """The faults of the files, one line each; none if they are good."""
    try:
        load_from(where, **files)
    except ConfigError as error:
        return str(error).splitlines()
    return []
