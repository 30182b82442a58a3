"""The ledger's bucket, every version of every object of one account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cli.ledger.entries import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def stored(client: Any, *, bucket: str, account_id: str) -> Iterator[Stored]:
    """Every version of everything of one account.

    S3 tells the lock of an object only to those with s3:GetObjectRetention; to others it has none.
    """
    for item in _versions(client, bucket, f"ledger/{account_id}/"):
        document, locked_until = None, None
        if "Size" in item:
            answer = client.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
            document = json.loads(answer["Body"].read())
            locked_until = answer.get("ObjectLockRetainUntilDate")
        yield Stored(
            key=item["Key"],
            version=item["VersionId"],
            written_at=item["LastModified"],
            document=document,
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
        marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
