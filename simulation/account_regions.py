"""Regions of one account, as the Account API turns them on and off.

Source: Account Management guide, "Enable or disable AWS Regions in your account". In AWS it takes minutes to
hours; here it is done at once, with the events of both statuses. The lists are those of January 2026.
"""

from typing import Any

from simulation.accounts import SimulatedAccount
from simulation.errors import ApiError
from simulation.models import Params

_LARGEST_PAGE = 50
_BY_DEFAULT = (
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)
_OPT_IN = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4"),
    *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1"),
    *("eu-south-2", "il-central-1", "me-central-1", "me-south-1", "mx-central-1"),
)


class RegionOperations:
    """Each method answers one operation on `account`; the parameters have been validated."""

    def list_all(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer ListRegions."""
        wanted = params.get("RegionOptStatusContains")
        found = [
            {"RegionName": name, "RegionOptStatus": status}
            for name in sorted((*_BY_DEFAULT, *_OPT_IN))
            if (status := _read(account, name)) in (wanted or [status])
        ]
        start, size = int(params.get("NextToken") or 0), int(params.get("MaxResults") or _LARGEST_PAGE)
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"Regions": found[start : start + size], **more}

    def get_status(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer GetRegionOptStatus."""
        name = params["RegionName"]
        return {"RegionName": name, "RegionOptStatus": _read(account, name)}

    def enable(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer EnableRegion."""
        return _switch(account, params["RegionName"], "ENABLED")

    def disable(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer DisableRegion."""
        return _switch(account, params["RegionName"], "DISABLED")


def _read(account: SimulatedAccount, name: str) -> str:
    if name in _BY_DEFAULT:
        return "ENABLED_BY_DEFAULT"
    if name not in _OPT_IN:
        raise ApiError("ValidationException", f"Region {name} is not supported.", 400)
    return account.regions.get(name, "DISABLED")


def _switch(account: SimulatedAccount, name: str, status: str) -> dict[str, Any]:
    if _read(account, name) == "ENABLED_BY_DEFAULT":
        raise ApiError("ValidationException", f"Region {name} is enabled by default.", 400)
    account.regions[name] = status
    return {}
