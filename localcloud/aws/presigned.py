"""GetCallerIdentity by a presigned URL, as AWS STS answers it: moto would answer to any signature.

Source: IAM user guide, "Create a signed AWS API request" and "Troubleshoot Signature Version 4"; the JSON is
what aws-iam-authenticator reads. botocore's own signer computes the signature that is compared.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from moto.iam import models as iam_models
from moto.sts.models import sts_backends

from localcloud.cloud.gateway import build_response, identify_key

if TYPE_CHECKING:
    from werkzeug import Request, Response

_SIGNATURE = "X-Amz-Signature"
_NEEDED = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", _SIGNATURE}
#: However long a URL shall be valid, AWS STS takes it for 15 minutes.
_LONGEST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RefusedSignatureError(Exception):
    """AWS STS's answer to a request that it does not take."""

    code: str
    message: str


def answer_presigned(request: Request) -> Response | None:
    """The answer to a presigned request; None for one that is signed in its headers or not at all."""
    pairs = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    if "X-Amz-Credential" not in dict(pairs):
        return None
    if "application/json" not in request.headers.get("Accept", ""):
        raise NotImplementedError("a presigned request that asks for XML")
    try:
        key = check_signature(request, pairs, datetime.now(UTC))
    except RefusedSignatureError as error:
        text = {"Code": error.code, "Message": error.message, "Type": "Sender"}
        return build_response({"Error": text, "RequestId": "refused"}, status=403)
    if dict(pairs).get("Action") != "GetCallerIdentity":
        raise NotImplementedError("a presigned request for something else than GetCallerIdentity")
    caller = identify_key(key)
    result = {
        "Account": caller.account_id,
        "Arn": caller.arn,
        "UserId": str(caller.build_user_identity()["principalId"]),
    }
    metadata = {"RequestId": "answered"}
    return build_response(
        {
            "GetCallerIdentityResponse": {
                "GetCallerIdentityResult": result,
                "ResponseMetadata": metadata,
            }
        }
    )


def check_signature(request: Request, pairs: list[tuple[str, str]], now: datetime) -> str:
    """The access key ID that signed the request; RefusedSignatureError as AWS STS refuses others."""
    given = dict(pairs)
    if len(given) != len(pairs) or not given.keys() >= _NEEDED:
        raise RefusedSignatureError("IncompleteSignature", "Parameters are missing, or given twice.")
    key, day, region, service, end = given["X-Amz-Credential"].split("/")
    if (day, service, end) != (given["X-Amz-Date"][:8], "sts", "aws4_request"):
        raise RefusedSignatureError("SignatureDoesNotMatch", "Credential is not scoped to this service.")
    if not request.host.startswith(f"sts.{region}."):
        raise RefusedSignatureError("SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
    credentials = find_credentials(key)
    if credentials is None or (credentials.token or "") != given.get("X-Amz-Security-Token", ""):
        raise RefusedSignatureError(
            "InvalidClientTokenId", "The security token included in the request is invalid."
        )
    signed_at = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    longest = min(_LONGEST, timedelta(seconds=int(given.get("X-Amz-Expires", "900"))))
    if not -timedelta(minutes=5) <= now - signed_at <= longest:
        raise RefusedSignatureError("SignatureDoesNotMatch", "Signature expired.")
    names = given["X-Amz-SignedHeaders"].split(";")
    if "host" not in names or any(
        name.lower().startswith("x-amz-") and name.lower() not in names for name, _ in request.headers
    ):
        raise RefusedSignatureError("SignatureDoesNotMatch", "Headers that must be signed are not.")
    headers = {name: request.headers.get(name, "") for name in names}
    unsigned = [pair for pair in sorted(pairs) if pair[0] != _SIGNATURE]
    query = urlencode(unsigned, safe="-_.~", quote_via=quote)
    again = AWSRequest(
        method=request.method, url=f"https://{request.host}{request.path}?{query}", headers=headers
    )
    again.context["timestamp"] = given["X-Amz-Date"]
    signer = SigV4Auth(credentials, "sts", region)
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    if not hmac.compare_digest(signature, given[_SIGNATURE]):
        raise RefusedSignatureError(
            "SignatureDoesNotMatch", "The request signature we calculated does not match the signature."
        )
    return key


def find_credentials(key: str) -> ReadOnlyCredentials | None:
    """The credentials with this access key ID that moto handed out, None if it did not."""
    account = iam_models.get_account_id_from(key)
    session: Any = sts_backends[account]["aws"].get_assumed_role_from_access_key(key)
    if session:
        if session.expiration <= datetime.now(UTC).replace(tzinfo=session.expiration.tzinfo):
            raise RefusedSignatureError(
                "ExpiredToken", "The security token included in the request is expired."
            )
        return ReadOnlyCredentials(key, session.secret_access_key, session.session_token)
    for user in iam_models.iam_backends[account]["aws"].users.values():
        for one in user.access_keys:
            if one.access_key_id == key:
                return ReadOnlyCredentials(key, one.secret_access_key, None)
    return None
