"""What several tests of one subject share: renamed OU."""

from __future__ import annotations


def rename(world, path, name):
    ou_id = world.organization.find_ou(path)
    world.organization.rename_ou(ou_id, name)
    return ou_id


def ou_event(ou_id):
    return {
        "detail": {
            "eventSource": "organizations.amazonaws.com",
            "eventName": "UpdateOrganizationalUnit",
            "eventID": f"rename-{ou_id}",
            "eventTime": "2026-10-05T09:00:00Z",
            "recipientAccountId": "111111111111",
            "requestParameters": {"organizationalUnitId": ou_id, "name": "x"},
            "userIdentity": {"type": "Root", "arn": "arn:aws:iam::111111111111:root"},
        }
    }
