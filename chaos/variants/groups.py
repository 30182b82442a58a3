"""Wrong variants of how alerts are grouped: what is counted, claimed, sent and looked at again."""

from __future__ import annotations

from typing import Final

from chaos.mutation import Variant

_GROUPER: Final = "rollcall.grouping.grouper:AlertGrouper."
_MESSAGES: Final = "rollcall.grouping.sending:GroupMessages."

GROUPS: Final = (
    Variant(
        name="own-role-counts-as-bulk",
        place="rollcall.grouping.placing:_is_foreign_edit",
        old="        and signal.actor.role_arn not in writer_roles\n",
        new="",
        caught_by=("own-writes-in-bulk",),
        profiles=("overwritten",),
    ),
    Variant(
        name="set-by-others-not-alerted",
        place="rollcall.grouping.model:Group.find_due",
        old="return self.opened_at + HOUR",
        new="return now + HOUR",
        caught_by=("set-to-right-not-alerted",),
        profiles=("bursts", "calm"),
    ),
    Variant(
        name="lines-marked-before-published",
        place=_MESSAGES + "_send",
        old="        self.bus.publish_notice(",
        new="        self.groups.mark_sent(group.key, lines, at=now)\n        self.bus.publish_notice(",
        caught_by=("edit-not-alerted", "attempt-not-alerted"),
        profiles=("flood-and-faults",),
    ),
    Variant(
        name="claim-unchecked",
        place=_MESSAGES + "_save_claim",
        old="if saved else None",
        new="if saved or not saved else None",
        caught_by=("update-published-differently", "edit-not-alerted"),
        profiles=("flood-and-faults",),
    ),
    Variant(
        name="line-that-nobody-comes-back-for",
        place=_GROUPER + "come_back",
        old="if placed.key is None:",
        new="if True:",
        caught_by=("named-late",),
        profiles=("flood",),
    ),
    Variant(
        name="copy-ends-the-message-of-its-line",
        place=_GROUPER + "place",
        old="_find_known(self.groups, incident, self.clock) if is_copy(incident) else Placed()",
        new="Placed()",
        caught_by=("named-late",),
        profiles=("flood",),
    ),
    Variant(
        name="all-admitted",
        place=_GROUPER + "_admit",
        old="free = place",
        new="free = True or place",
        caught_by=("too-many-alerts",),
        profiles=("flood",),
    ),
    Variant(
        name="messages-of-a-group-at-once",
        place="rollcall.grouping.model:Group.find_due",
        old=".replace(second=0, microsecond=0) + _MINUTE",
        new="",
        caught_by=("two-messages-in-one-minute",),
        profiles=("flood",),
    ),
)
