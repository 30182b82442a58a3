"""What several tests of one subject share: doctor."""

from __future__ import annotations

import json


def results(checks):
    return {name: check["result"] for name, check in checks.items()}


def failing(checks):
    return [name for name, result in results(checks).items() if result == "fail"]


def put_role(world, account, name, *statements):
    world.client("iam", account).put_role_policy(
        RoleName=name,
        PolicyName="inline",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
    )
