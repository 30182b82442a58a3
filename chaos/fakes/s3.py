"""Buckets: objects that are put, read and listed; what is put over another object is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from chaos.fakes.errors import make_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """One successful put."""

    time: float
    bucket: str
    key: str
    body: bytes


@dataclass(slots=True)
class Buckets:
    """All buckets. Reads are consistent, as S3's are. `puts` are all successful ones in their order.

    A bucket of `locked`, with Object Lock, takes an object only with a checksum.
    """

    now: Callable[[], float]
    names: frozenset[str]
    locked: frozenset[str] = frozenset()
    puts: list[Stored] = field(default_factory=list)
    _objects: dict[tuple[str, str], Stored] = field(default_factory=dict)

    def call(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of one operation; ClientError as AWS raises it."""
        if given["Bucket"] not in self.names:
            raise make_error(operation, "NoSuchBucket", "The specified bucket does not exist", 404)
        answer: dict[str, Any] = getattr(self, f"_{operation}")(**given)
        return answer

    def find_objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """The objects below a prefix by their keys."""
        return {
            key: stored.body
            for (where, key), stored in sorted(self._objects.items())
            if where == bucket and key.startswith(prefix)
        }

    def _PutObject(  # noqa: N802
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        ContentType: str = "",  # noqa: N803, ARG002
        ChecksumAlgorithm: str = "",  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        if Bucket in self.locked and not ChecksumAlgorithm:
            text = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object with Object Lock"
            raise make_error("PutObject", "InvalidRequest", text, 400)
        if IfNoneMatch not in (None, "*"):
            raise make_error("PutObject", "NotImplemented", "only * is implemented", 501)
        if IfNoneMatch and (Bucket, Key) in self._objects:
            text = "At least one of the pre-conditions you specified did not hold"
            raise make_error("PutObject", "PreconditionFailed", text, 412)
        stored = Stored(self.now(), Bucket, Key, bytes(Body))
        self.puts.append(stored)
        self._objects[Bucket, Key] = stored
        return {"ETag": '"etag"'}

    def _GetObject(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N802, N803
        stored = self._objects.get((Bucket, Key))
        if stored is None:
            raise make_error("GetObject", "NoSuchKey", "The specified key does not exist.", 404)
        return {"Body": BytesIO(stored.body), "ContentLength": len(stored.body)}

    def _ListObjectsV2(  # noqa: N802
        self,
        *,
        Bucket: str,  # noqa: N803
        Prefix: str = "",  # noqa: N803
        ContinuationToken: str = "",  # noqa: N803
        MaxKeys: int = _PAGE,  # noqa: N803
    ) -> dict[str, Any]:
        keys = [key for key in self.find_objects(Bucket, Prefix) if key > ContinuationToken]
        taken = keys[:MaxKeys]
        answer: dict[str, Any] = {"KeyCount": len(taken), "IsTruncated": len(keys) > len(taken)}
        if taken:
            answer["Contents"] = [{"Key": key} for key in taken]
        if answer["IsTruncated"]:
            answer["NextContinuationToken"] = taken[-1]
        return answer
