"""The account of a drill as its editor sees it: contacts, and the records of its own calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.errors import get_code
from rollcall.model.desired import Unreadable
from rollcall.timing import make_buckets
from rollcall_cli.text.problems import DENIED_CODES, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Absent, Present
    from rollcall_cli.aws.composition import Composition
    from rollcall_cli.drill.edits import DrillEdit
    from rollcall_config.settings import Settings

_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedAccount:
    """Edits with the caller's own credentials, in the account itself or, if `central`, by its ID."""

    id: str
    central: bool
    #: The ARN that CloudTrail records, and the account of these credentials.
    principal: str
    home: str
    client: Callable[[str], Any]
    contacts: OneModeAccountApi

    def read(self, kind: ContactKind) -> Present | Absent:
        """Return a contact; CommandError if AWS denies it."""
        found = self.contacts.get(self.id, kind)
        if isinstance(found, Unreadable):
            raise CommandError(
                f"the {kind} contact of {self.id} cannot be read: {found.reason}",
                fix="allow account:GetAlternateContact for the credentials of the edits",
            )
        return found

    def edit(self, edit: DrillEdit) -> str:
        """Make an edit; returns AWS's request ID. CommandError if AWS denies it."""
        target = {"AlternateContactType": str(edit.kind)} | ({"AccountId": self.id} if self.central else {})
        account, contact = self.client("account"), edit.contact
        try:
            if contact is None:
                answer = account.delete_alternate_contact(**target)
            else:
                answer = account.put_alternate_contact(
                    **target,
                    Name=contact.name,
                    Title=contact.title,
                    EmailAddress=contact.email,
                    PhoneNumber=contact.phone,
                )
        except ClientError as error:
            # `from None`: the text of a refusal can repeat the values.
            raise _explain(error, "account", self) from None
        return str(answer["ResponseMetadata"]["RequestId"])

    def look_up(self, event_name: str, since: datetime) -> list[Mapping[str, Any]]:
        """Return the latest CloudTrail records of a call in the account of the credentials, newest first.

        CommandError if AWS denies it.
        """
        try:
            found = self.client("cloudtrail").lookup_events(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event_name}],
                StartTime=since.replace(microsecond=0),
            )
        except ClientError as error:
            raise _explain(error, "cloudtrail", self) from None
        return [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]


def connect_to_account(
    composition: Composition, settings: Settings, account_id: str, *, central: bool, profile: str | None
) -> EditedAccount:
    """Log in to edit; CommandError for credentials of another account than the edits need."""
    client = composition.make_clients(region=settings.region, profile=profile)
    caller = client("sts").get_caller_identity()
    home = str(caller["Account"])
    homes = (settings.hub, settings.management) if central else (account_id,)
    if home not in homes:
        places = " or ".join(dict.fromkeys(homes))
        other = "" if central else ", or edit from the hub or the management account with --central"
        raise CommandError(
            f"the edits need credentials of account {places}, and these are of {home}",
            fix=f"name a profile with --edit-profile{other}",
        )
    buckets = make_buckets(share=_SHARE, now=composition.clock.now().timestamp(), region=settings.region)
    return EditedAccount(
        id=account_id,
        central=central,
        principal=str(caller["Arn"]),
        home=home,
        client=client,
        contacts=OneModeAccountApi(
            client=client("account"), clock=composition.clock, buckets=buckets, standalone=not central
        ),
    )


def _explain(error: ClientError, service: str, account: EditedAccount) -> CommandError:
    action, code = f"{service}:{error.operation_name}", get_code(error)
    if code not in DENIED_CODES:
        return CommandError(f"AWS answered {action} with {code}", fix="run the command again in a minute")
    fix = f"allow {action} for these credentials"
    if service == "account" and not account.central:
        fix += "; below the guardrail, edit with --central"
    return CommandError(f"AWS denies the credentials of the edits {action}", fix=fix)
