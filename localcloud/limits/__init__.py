"""Checks of sizes, bounds and states that moto lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.limits import functions, identities, messaging, storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.access.services import ServiceAccess
    from localcloud.limits.refusal import Check


def list_checks(access: ServiceAccess) -> Mapping[str, Check]:
    """The check of each operation, by the name that its action has in IAM."""
    return {**functions.make_checks(access), **identities.CHECKS, **messaging.CHECKS, **storage.CHECKS}
