"""Where the reader looks next: the runbook, the CloudTrail event, the account's page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rollcall.alerts.message import Link

#: Console by the beginning of the Region's name; others are in the partition aws.
#: https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-govcloud-endpoints.html and
#: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
_CONSOLES: Final = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
_CONSOLE: Final = "console.aws.amazon.com"
#: Where nobody says that the runbook can be read on the web.
RUNBOOK: Final = "docs/operations.md"
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_EVENT = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes links. `runbook` is the URL, or the path, of docs/operations.md; `region` the functions' own."""

    region: str
    runbook: str

    @property
    def console(self) -> str:
        """Host of the console in this partition."""
        return next((host for start, host in _CONSOLES.items() if self.region.startswith(start)), _CONSOLE)

    def section(self, anchor: str) -> Link:
        """A section of the runbook."""
        return Link(label="Runbook", target=f"{self.runbook}#{anchor}")

    def event(self, event_id: object) -> list[Link]:
        """The event in CloudTrail's event history, which is the account's whose event it was."""
        if not isinstance(event_id, str) or not _EVENT.fullmatch(event_id):
            return []
        page = f"cloudtrailv2/home?region={self.region}#/events/{event_id}"
        return [Link(label="CloudTrail", target=f"https://{self.region}.{self.console}/{page}")]

    def account(self, account_id: object) -> list[Link]:
        """The account's page in AWS Organizations, for those who may sign in to the management account."""
        if not isinstance(account_id, str) or not _ACCOUNT.fullmatch(account_id):
            return []
        return [
            Link(
                label="Account", target=f"https://{self.console}/organizations/v2/home/accounts/{account_id}"
            )
        ]
