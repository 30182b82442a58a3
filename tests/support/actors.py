"""What several tests of one subject share: actor."""

from typing import Any

MEMBER = "222222222222"


STS = f"arn:aws:sts::{MEMBER}"


MFA = {"attributes": {"mfaAuthenticated": "true", "creationDate": "2026-10-05T09:00:00Z"}}


ISSUER = {"type": "Role", "arn": f"arn:aws:iam::{MEMBER}:role/Dev", "userName": "Dev"}


FORMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "root": (
        {
            "type": "Root",
            "principalId": MEMBER,
            "arn": f"arn:aws:iam::{MEMBER}:root",
            "accountId": MEMBER,
            "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "sessionContext": MFA,
        },
        {
            "principal": f"arn:aws:iam::{MEMBER}:root",
            "kind": "root user",
            "account_id": MEMBER,
            "mfa": True,
            "access_key": "ASIA***MPLE",
        },
    ),
    "IAM user with a key": (
        {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{MEMBER}:user/alice",
            "accountId": MEMBER,
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": "alice",
        },
        {
            "principal": f"arn:aws:iam::{MEMBER}:user/alice",
            "kind": "IAM user",
            "account_id": MEMBER,
            "access_key": "AKIA***MPLE",
        },
    ),
    "assumed role": (
        {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:mary",
            "arn": f"{STS}:assumed-role/Dev/mary",
            "accountId": MEMBER,
            "sessionContext": {"sessionIssuer": ISSUER, "attributes": {"mfaAuthenticated": "false"}},
        },
        {
            "principal": f"{STS}:assumed-role/Dev/mary",
            "kind": "assumed role",
            "account_id": MEMBER,
            "role_arn": ISSUER["arn"],
            "mfa": False,
            "session": "mary",
        },
    ),
    "assumed role without an ARN": (
        {"type": "AssumedRole", "principalId": "AROAEXAMPLE:mary"},
        {"principal": "AROAEXAMPLE:mary", "kind": "assumed role", "session": "mary"},
    ),
    "role on behalf of a service": (
        {
            "type": "AssumedRole",
            "arn": f"{STS}:assumed-role/Deploy/pipeline",
            "accountId": MEMBER,
            "invokedBy": "cloudformation.amazonaws.com",
        },
        {
            "principal": f"{STS}:assumed-role/Deploy/pipeline",
            "kind": "assumed role",
            "account_id": MEMBER,
            "session": "pipeline",
            "via": "cloudformation.amazonaws.com",
        },
    ),
    "role": (
        {"type": "Role", "arn": ISSUER["arn"]},
        {"principal": ISSUER["arn"], "kind": "role"},
    ),
    "federated user": (
        {
            "type": "FederatedUser",
            "principalId": f"{MEMBER}:bob",
            "arn": f"{STS}:federated-user/bob",
            "accountId": MEMBER,
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": f"arn:aws:iam::{MEMBER}:user/x"}},
        },
        {
            "principal": f"{STS}:federated-user/bob",
            "kind": "federated user",
            "account_id": MEMBER,
            "role_arn": f"arn:aws:iam::{MEMBER}:user/x",
            "session": "bob",
        },
    ),
    "web identity": (
        {
            "type": "WebIdentityUser",
            "principalId": "accounts.google.com:app-id:user-id",
            "userName": "user-id",
            "identityProvider": "accounts.google.com",
        },
        {"principal": "accounts.google.com/user-id", "kind": "web identity user"},
    ),
    "SAML": (
        {
            "type": "SAMLUser",
            "principalId": "SAMPLE:ann",
            "userName": "ann",
            "identityProvider": "bdGOnTesti4+wlxEXAMPLE=",
        },
        {"principal": "bdGOnTesti4+wlxEXAMPLE=/ann", "kind": "SAML user"},
    ),
    "another account": (
        {"type": "AWSAccount", "principalId": "AIDAX", "accountId": "999999999999"},
        {"principal": "AIDAX", "kind": "another AWS account", "account_id": "999999999999"},
    ),
    "AWS service": (
        {"type": "AWSService", "invokedBy": "controltower.amazonaws.com"},
        {"principal": "controltower.amazonaws.com", "kind": "AWS service"},
    ),
    "service event without a type": (
        {"accountId": MEMBER, "invokedBy": "AWS Internal"},
        {"principal": "AWS Internal", "kind": "AWS service", "account_id": MEMBER},
    ),
    "Identity Center": (
        {
            "type": "IdentityCenterUser",
            "accountId": MEMBER,
            "onBehalfOf": {
                "userId": "544894e8-80c1-707f-60e3-3ba6510dfac1",
                "identityStoreArn": f"arn:aws:identitystore::{MEMBER}:identitystore/d-9067642ac7",
            },
            "credentialId": "EXAMPLEVHULjJdTUdPJfofVa1sufHDoj7aYcOYcxFVllWR_Whr1fEXAMPLE",
        },
        {
            "principal": f"arn:aws:identitystore::{MEMBER}:identitystore/d-9067642ac7"
            "/544894e8-80c1-707f-60e3-3ba6510dfac1",
            "kind": "IAM Identity Center user",
            "account_id": MEMBER,
        },
    ),
    "directory": (
        {"type": "Directory", "userName": "dora"},
        {"principal": "dora", "kind": "directory user"},
    ),
    "unknown": ({"type": "Unknown"}, {}),
    "a type that is new": ({"type": "Robot", "principalId": "R2"}, {"principal": "R2", "kind": "Robot"}),
    "nothing": ({}, {}),
    "null": (None, {}),
    "a list": ([], {}),
}
