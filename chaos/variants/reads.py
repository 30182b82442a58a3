"""Wrong variants of what sweeps read through roles in members."""

from __future__ import annotations

from typing import Final

from chaos.mutation import Variant

READS: Final = (
    Variant(
        name="failed-role-means-unreadable",
        place="rollcall.sweep.observe:AccountReader._read_contact",
        old="    try:",
        new="    if account_id in self.failures:\n"
        "        return Unreadable(reason=self.failures[account_id])\n"
        "    try:",
        caught_by=("unreadable-by-role",),
        profiles=("roles",),
    ),
    Variant(
        name="odd-answer-believed",
        place="rollcall.adapters.member_roles:_read",
        old="if isinstance(found, Present) and not has_form(found.contact, kind):",
        new="if False:",
        caught_by=("read-untrue",),
        profiles=("roles",),
    ),
    Variant(
        name="session-of-another-account-believed",
        place="rollcall.adapters.member_roles:MemberRoleReader._begin_session",
        old='if answer["AssumedRoleUser"]["Arn"].split(":")[4] != account_id:',
        new="if False:",
        caught_by=("read-untrue",),
        profiles=("roles",),
    ),
    Variant(
        name="lost-roles-left-out",
        place="rollcall.sweep.counts:RunCounts.add_read",
        old="self.lost_roles.append(observed.account.id)",
        new="return",
        caught_by=("lost-role-not-reported",),
        profiles=("roles",),
    ),
)
