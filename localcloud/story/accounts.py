"""A new account: it is created, then moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.story.scene import Act, End

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import DemoStep, Scene

_NAME = "Ledger"


def play_new_account(scene: Scene) -> Iterator[DemoStep]:
    """It gets the contacts of its OU, each time."""
    created: list[str] = []

    def create() -> Act:
        created.append(_create(scene))
        return Act(account=created[0])

    # AWS gives it the address of the management account, and its own name.
    wanted = scene.usual | {"PRIMARY": scene.expect_primary(_NAME)}
    yield scene.play("account created", create, End(contacts=wanted, severity="INFO"))
    production = {"SECURITY": scene.production["SECURITY"]}
    yield scene.play(
        "account moved to Workloads/Production",
        lambda: _move(scene, created[0]),
        End(contacts=production, severity="INFO"),
    )


def _get_client(scene: Scene, account: str) -> Any:
    return scene.cloud.clients.client("organizations", account)


def _create(scene: Scene) -> str:
    organizations = _get_client(scene, scene.management)
    request = organizations.create_account(AccountName=_NAME, Email="aws+ledger@example.com")
    created = ""

    def ready() -> bool:
        nonlocal created
        status = organizations.describe_create_account_status(
            CreateAccountRequestId=request["CreateAccountStatus"]["Id"]
        )["CreateAccountStatus"]
        created = status.get("AccountId", "")
        return bool(created)

    scene.wait(ready)
    return created


def _move(scene: Scene, account: str) -> Act:
    _get_client(scene, scene.management).move_account(
        AccountId=account,
        SourceParentId=scene.organization.root_id,
        DestinationParentId=scene.organization.find_ou("Workloads/Production"),
    )
    return Act(account=account)
