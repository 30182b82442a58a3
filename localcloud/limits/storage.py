"""S3: checksums, Object Lock and its retention.

Sources: S3 user guide, "Checking object integrity", "Managing Object Lock" (retention is only extended, but
in governance mode by who may bypass it) and "Using versioning in S3 buckets" (a locked bucket keeps it).
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from localcloud.access.resources import find_bucket
from localcloud.limits.refusal import ServiceRefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.access.calls import ServiceCall
    from localcloud.limits.refusal import Check

_CHECKSUMS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "ContentMD5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
    "ChecksumCRC32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "ChecksumSHA1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "ChecksumSHA256": lambda body: hashlib.sha256(body).digest(),
}
#: Those that are not computed here: that there is one is enough.
_OTHERS: Final = ("ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumAlgorithm")
_DENIED: Final = "Access Denied because object protected by object lock."


def _check_upload(call: ServiceCall, _: str) -> None:
    given, body = call.parameters, call.parameters.get("Body") or b""
    content = body if isinstance(body, bytes) else str(body).encode()
    chunked = "aws-chunked" in str(given.get("ContentEncoding", ""))
    for name, compute in _CHECKSUMS.items():
        if name in given and not chunked and base64.b64encode(compute(content)).decode() != given[name]:
            code = "BadDigest" if name == "ContentMD5" else "InvalidRequest"
            what = "Content-MD5" if name == "ContentMD5" else name.removeprefix("Checksum")
            raise ServiceRefusalError(
                code, f"The {what} you specified did not match the calculated checksum."
            )
    bucket = find_bucket(given.get("Bucket", ""))
    locks = (
        bucket is not None
        and bucket.object_lock_enabled
        and (bucket.has_default_lock or given.get("ObjectLockMode") or given.get("ObjectLockLegalHoldStatus"))
    )
    if locks and not chunked and not {*_CHECKSUMS, *_OTHERS} & given.keys():
        raise ServiceRefusalError(
            "InvalidRequest",
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock "
            "parameters",
        )


def _check_retention(call: ServiceCall, _: str) -> None:
    bucket = find_bucket(call.parameters.get("Bucket", ""))
    if bucket is None:
        return
    versions = bucket.keys.getlist(call.parameters.get("Key", ""), default=[])
    wanted = call.parameters.get("VersionId")
    found = next((one for one in reversed(versions) if wanted in (None, str(one.version_id))), None)
    if found is None or not getattr(found, "lock_mode", None) or not found.lock_until:
        return
    until = _parse(found.lock_until)
    if until <= datetime.now(UTC):
        return
    new = call.parameters.get("Retention") or {}
    extends = new.get("Mode") in {found.lock_mode, "COMPLIANCE"} and (
        "RetainUntilDate" in new and _parse(str(new["RetainUntilDate"])) >= until
    )
    bypasses = found.lock_mode == "GOVERNANCE" and call.parameters.get("BypassGovernanceRetention")
    if not extends and not bypasses:
        raise ServiceRefusalError("AccessDenied", _DENIED, 403)


def _parse(text: str) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_versioning(call: ServiceCall, _: str) -> None:
    bucket = find_bucket(call.parameters.get("Bucket", ""))
    status = (call.parameters.get("VersioningConfiguration") or {}).get("Status")
    if bucket is not None and bucket.object_lock_enabled and status != "Enabled":
        raise ServiceRefusalError(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, "
            "so the versioning state cannot be changed.",
            409,
        )


CHECKS: Final[Mapping[str, Check]] = {
    "s3:PutBucketVersioning": _check_versioning,
    "s3:PutObject": _check_upload,
    "s3:PutObjectRetention": _check_retention,
    "s3:UploadPart": _check_upload,
}
