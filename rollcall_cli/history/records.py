"""Records of the ledger as S3 stores them. Nothing in them is trusted before it is checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.adapters.ledger import read_intent
from rollcall.decide.intent import WriteState
from rollcall.model.desired import Desired, Present
from rollcall.model.well_known import LEDGER_ALERTS, LEDGER_COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from rollcall.decide.intent import Intent

RECORDS: Final = ("intent", "outcome", "confirmation")
# As `LedgerBucket` names them.
_KEY: Final = re.compile(
    r"ledger/(?P<account>[0-9]{12})/[0-9]{4}/[0-9]{2}/[0-9]{2}/(?P<intent>[^/]+)/"
    rf"(?P<record>{'|'.join(RECORDS)})\.json"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """One version of one object."""

    key: str
    version: str
    written_at: datetime
    #: None if the version is a delete marker.
    body: bytes | None = field(repr=False)
    #: When its Object Lock ends, None if it has none.
    locked_until: datetime | None = None

    @property
    def account_id(self) -> str | None:
        """The account that it belongs to, None if it is not a record of Rollcall."""
        return self._match("account")

    @property
    def intent_id(self) -> str | None:
        """The intent that it belongs to, None if it is not a record of Rollcall."""
        return self._match("intent")

    @property
    def record(self) -> str | None:
        """`intent`, `outcome` or `confirmation`, None if it is not a record of Rollcall."""
        return self._match("record")

    def _match(self, part: str) -> str | None:
        found = _KEY.fullmatch(self.key)
        return found[part] if found else None


#: What may become known of an unconfirmed write.
_CONFIRMED: Final = frozenset({str(WriteState.WRITTEN), str(WriteState.REFUSED)})


class UnreadableRecordError(Exception):
    """A record has not the form that Rollcall writes. The text has no contact details."""


def parse_intent(item: StoredVersion) -> Intent:
    """Return the intent in an object; UnreadableRecordError if it has something else."""
    try:
        intent = read_intent(_parse_object(item))
    except (KeyError, ValueError, TypeError, AttributeError):
        # Without its cause: the text of such an error has values.
        raise UnreadableRecordError("cannot be read: it has not the form that Rollcall writes") from None
    actor = intent.signal.actor
    texts = [actor.principal, actor.source_ip, actor.user_agent, intent.wanted.source]
    for contact in (
        intent.found.contact if isinstance(intent.found, Present) else None,
        intent.wanted.contact if isinstance(intent.wanted, Desired) else None,
    ):
        texts += contact.as_document().values() if contact else ()
    if not all(isinstance(text, str) for text in texts):
        raise UnreadableRecordError("cannot be read: it has not the form that Rollcall writes")
    if (intent.id, intent.signal.account_id) != (item.intent_id, item.account_id):
        raise UnreadableRecordError("belongs to another write")
    return intent


def parse_outcome(item: StoredVersion) -> Mapping[str, Any]:
    """Return the outcome or the confirmation in an object; UnreadableRecordError if it has something else."""
    try:
        outcome = _parse_object(item)
    except ValueError:
        outcome = {}
    texts = ("intent_id", "reason", *(("by",) if item.record == "confirmation" else ()))
    states = _CONFIRMED if item.record == "confirmation" else frozenset(map(str, WriteState))
    if not all(isinstance(outcome.get(name), str) for name in texts) or outcome.get("state") not in states:
        raise UnreadableRecordError("cannot be read: it has not the form that Rollcall writes")
    if outcome["intent_id"] != item.intent_id:
        raise UnreadableRecordError("belongs to another write")
    return outcome


def _parse_object(item: StoredVersion) -> dict[str, Any]:
    """Return the JSON object; ValueError if it is something else."""
    try:
        document = json.loads(item.body or b"")
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004  # as the parser says of everything else
    return document


#: It was removed between the list and the read: then it is reported as missing.
_GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


#: The folder of an account. Commands and alerts have others.
_FOLDER: Final = re.compile(r"ledger/(?P<account>[0-9]{12})/")


def list_ledger_accounts(client: Any, *, bucket: str) -> list[str]:
    """Return the IDs of the accounts that have records, also deleted ones."""
    pages = _list_pages(client, Bucket=bucket, Prefix="ledger/", Delimiter="/")
    folders = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ())]
    return [found["account"] for folder in folders if (found := _FOLDER.fullmatch(folder))]


def list_versions(
    client: Any, *, bucket: str, account_id: str, days: tuple[date, date] | None
) -> list[Mapping[str, Any]]:
    """Return all versions and delete markers of an account's objects, between days, without content."""
    account = f"ledger/{account_id}/"
    months = _list_months(*days) if days else []
    # Beyond some months one listing of everything is less work than one for each.
    prefixes = [f"{account}{month}/" for month in months] if 0 < len(months) <= _MOST_MONTHS else [account]
    first = f"{account}{days[0]:%Y/%m/%d}" if days else account
    return [
        item
        for prefix in prefixes
        for page in _list_pages(client, Bucket=bucket, Prefix=prefix)
        # A delete marker has no size.
        for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        if item["Key"] >= first
    ]


_MOST_MONTHS: Final = 3


def _list_months(first: date, last: date) -> list[str]:
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12}/{number % 12 + 1:02}" for number in numbers]


def read_version(client: Any, item: Mapping[str, Any], *, bucket: str) -> StoredVersion | None:
    """Return a listed version with its content, None if it was removed meanwhile.

    S3 shows locks only to callers with s3:GetObjectRetention; for others an object has none.
    """
    body, locked_until = None, None
    if "Size" in item:
        try:
            answer = client.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
        except ClientError as error:
            if get_code(error) in _GONE:
                return None
            raise
        body = answer["Body"].read()
        locked_until = answer.get("ObjectLockRetainUntilDate")
    return StoredVersion(
        key=item["Key"],
        version=item["VersionId"],
        written_at=item["LastModified"],
        body=body,
        locked_until=locked_until,
    )


def list_alert_files(client: Any, *, bucket: str, incident_id: str) -> list[Mapping[str, Any]]:
    """Return the files of lines that messages about an incident name, each once, in their order."""
    pages = _list_pages(client, Bucket=bucket, Prefix=f"{LEDGER_ALERTS}{incident_id}/")
    return [item for page in pages for item in page.get("Versions", ()) if item["IsLatest"]]


#: What a line of such a file must have to be shown.
_LINE_TEXTS: Final = ("incident_id", "account_id", "at", "event", "verdict")


def parse_alert_lines(item: StoredVersion) -> list[Mapping[str, Any]]:
    """Return the lines of a file; UnreadableRecordError if it has something else."""
    try:
        lines = _parse_object(item)["lines"]
        whole = all(isinstance(line[name], str) for line in lines for name in _LINE_TEXTS) and all(
            isinstance(line["actor"]["principal"], str) and isinstance(line["kinds"], list) for line in lines
        )
    except (KeyError, ValueError, TypeError):
        whole, lines = False, []
    if not whole:
        raise UnreadableRecordError("cannot be read: it has not the form that Rollcall writes")
    return list(lines)


def list_commands(client: Any, *, bucket: str) -> list[Mapping[str, Any]]:
    """Return the first version of each part of the records of commands, without content."""
    pages = _list_pages(client, Bucket=bucket, Prefix=LEDGER_COMMANDS)
    versions = [item for page in pages for item in page.get("Versions", ())]
    versions.sort(key=lambda item: item["LastModified"], reverse=True)
    return list({item["Key"]: item for item in versions}.values())


#: What a command may say, as its record has it.
_SAID: Final = ("operation", "by", "reason", "plan", "account", "kind")


def parse_commands(items: Iterable[StoredVersion]) -> list[Mapping[str, Any]]:
    """Return what was commanded, the oldest first; `refused` is why not, `done` None without a result.

    Of a record that cannot be read only execution and time are known.
    """
    parts: dict[str, dict[str, StoredVersion]] = {}
    for item in items:
        execution, _, part = item.key.removeprefix(LEDGER_COMMANDS).removesuffix(".json").partition("/")
        parts.setdefault(execution, {})[part] = item
    commands = [
        _parse_command(execution, known, first)
        for execution, known in parts.items()
        if (first := known.get("command") or known.get("refusal")) is not None
    ]
    return sorted(commands, key=lambda command: (command["at"], command["execution"]))


def _parse_command(
    execution: str, parts: Mapping[str, StoredVersion], first: StoredVersion
) -> Mapping[str, Any]:
    asked, result = (_find_object(item) for item in (first, parts.get("result") or parts.get("refusal")))
    said = {name: value if isinstance(value := asked.get(name), str) else None for name in _SAID}
    ended = {"done": result.get("done"), "refused": result.get("refused")}
    return {"execution": execution, "at": first.written_at.isoformat(), **said, **ended}


def _find_object(item: StoredVersion | None) -> Mapping[str, Any]:
    try:
        return _parse_object(item) if item else {}
    except ValueError:
        return {}


def _list_pages(client: Any, **parameters: Any) -> Iterator[Mapping[str, Any]]:
    while True:
        page = client.list_object_versions(**parameters)
        yield page
        if not page.get("IsTruncated"):
            return
        parameters["KeyMarker"] = page["NextKeyMarker"]
        parameters.pop("VersionIdMarker", None)
        if page.get("NextVersionIdMarker"):
            parameters["VersionIdMarker"] = page["NextVersionIdMarker"]
