"""The ledger's bucket, every version of every object of one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall_cli.history.records import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Somebody removed it between the list and the look: then it is missing, and that is what is told.
_GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


def stored(client: Any, *, bucket: str, account_id: str) -> Iterator[Stored]:
    """Every version of everything of one account.

    S3 tells the lock of an object only to those with s3:GetObjectRetention; to others it has none.
    """
    for item in _versions(client, bucket, f"ledger/{account_id}/"):
        body, locked_until = None, None
        if "Size" in item:
            try:
                answer = client.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
            except ClientError as error:
                if get_code(error) in _GONE:
                    continue
                raise
            body = answer["Body"].read()
            locked_until = answer.get("ObjectLockRetainUntilDate")
        yield Stored(
            key=item["Key"],
            version=item["VersionId"],
            written_at=item["LastModified"],
            body=body,
            locked_until=locked_until,
        )


def _versions(client: Any, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    """Versions of objects, and marks of deletions, which have no size."""
    marker: dict[str, str] = {}
    while True:
        page = client.list_object_versions(Bucket=bucket, Prefix=prefix, **marker)
        yield from page.get("Versions", ())
        yield from page.get("DeleteMarkers", ())
        if not page.get("IsTruncated"):
            return
        marker = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            marker["VersionIdMarker"] = page["NextVersionIdMarker"]
