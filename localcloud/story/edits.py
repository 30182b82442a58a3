"""People edit contacts: in a member, in the management account, below the guardrail."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING

from localcloud.story.scene import PAYMENTS, WEB_SHOP, Act, End
from rollcall.model.well_known import MANAGEMENT_ROLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import DemoStep, Scene


def play_edits_in_a_member(scene: Scene) -> Iterator[DemoStep]:
    """Two contacts are edited, then one is deleted; Rollcall restores them."""
    wanted = {"SECURITY": scene.usual["SECURITY"]}

    def delete() -> Act:
        # Not in the second of the restore: by CloudTrail's times nobody knows which of the two came first.
        sleep(1)
        scene.act_as_mary(PAYMENTS).delete_alternate_contact(AlternateContactType="SECURITY")
        return Act(account=PAYMENTS)

    def edit() -> Act:
        scene.edit_primary(PAYMENTS)
        return scene.edit(PAYMENTS)

    primary = scene.expect_primary("Payments")
    yield scene.play(
        "security and primary contact edited in a member",
        edit,
        End(
            contacts=wanted | {"PRIMARY": primary},
            severity="MEDIUM",
            alerts=2,
            texts=(
                "Found: AddressLine1: *** E*** R***",
                f"Roster: AddressLine1: {primary['address_line1']}",
            ),
        ),
    )
    yield scene.play("security contact deleted in a member", delete, End(contacts=wanted, severity="MEDIUM"))


def play_edit_in_management(scene: Scene) -> Iterator[DemoStep]:
    """Rollcall restores it too, with the role of RollcallManagement."""
    wanted = {"SECURITY": scene.usual["SECURITY"]}
    yield scene.play(
        "security contact edited in the management account",
        lambda: scene.edit(scene.management),
        End(contacts=wanted, severity="HIGH", writer=MANAGEMENT_ROLE_NAME),
    )


def play_edit_below_the_guardrail(scene: Scene) -> Iterator[DemoStep]:
    """The guardrail denies the edit; an alert is sent."""
    untouched = {"SECURITY": scene.production["SECURITY"]}
    yield scene.play(
        "edit below the guardrail (Workloads/Production)",
        lambda: scene.edit(WEB_SHOP),
        End(contacts=untouched, severity="LOW", denied=True),
    )
