"""The Account API in standalone mode, which is how the management account reaches its own contacts."""

from __future__ import annotations

from typing import Any


class StandaloneClient:
    """An Account API client that names no account: AWS then takes the caller's own, and only that."""

    def __init__(self, client: Any, *, own_account: str) -> None:
        self._client = client
        self._own_account = own_account

    def get_alternate_contact(self, *, AccountId: str, AlternateContactType: str) -> Any:  # noqa: N803  # boto3's spelling
        """As boto3's; ValueError for another account, which would silently be answered for the own one."""
        if AccountId != self._own_account:
            raise ValueError("standalone calls reach the caller's own account only")
        return self._client.get_alternate_contact(AlternateContactType=AlternateContactType)
