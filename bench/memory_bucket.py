"""An S3 bucket in memory, as far as runs of the sweep use one."""

from __future__ import annotations

from io import BytesIO
from typing import Any


class MemoryBucket:
    """Methods of a boto3 S3 client; `objects` by their keys."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803  # boto3's names
        """Store one."""
        self.objects[Key] = Body
        return {}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803  # same
        """Give one."""
        return {"Body": BytesIO(self.objects[Key])}

    def list_objects_v2(self, *, Prefix: str, **_: Any) -> dict[str, Any]:  # noqa: N803  # same
        """All keys, on one page."""
        return {"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}
