"""Profiles of accounts that join, move, leave, close or get another name, beside edits of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.fakes.account import ALTERNATE_KINDS
from chaos.fakes.organizations import TAG
from chaos.faults import FaultPlan
from chaos.profiles.draws import draw_planned
from chaos.setting import SANDBOX, UNIT, UNITS
from chaos.story import EventPlan
from chaos.wants import KEEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.profiles.draft import Draft
    from chaos.story import Story

#: Seconds for which a new account denies access: longer than anybody looks at it again.
_DENIED: Final = 70_000.0


def write_accounts(draft: Draft) -> Story:
    """Accounts join, move to a unit with contacts of its own and back, are renamed, close and leave."""
    random = draft.random
    members = [account for account, _ in draft.accounts[2:]]
    draft.add_members(random.randint(1, 2))
    new = [account for account, _ in draft.accounts[5:]]
    kinds = {kind: random.choice(["first", "second", None]) for kind in random.sample(ALTERNATE_KINDS, 2)}
    sandbox = {"ou": random.choice([SANDBOX, UNITS[SANDBOX]]), "kinds": kinds, "mode": None}
    tagged = {"tag": dict([TAG]), "kinds": {random.choice(ALTERNATE_KINDS): "second"}, "mode": None}
    draft.rosters = [{**draft.rosters[0], "overrides": [sandbox, tagged], "exempt": []}]
    draft.absent = None
    steps = [("create", account) for account in new]
    steps += [("move", random.choice(members)) for _ in range(random.randint(1, 3))]
    steps += [("close", members[0])] if draft.chance(0.5) else []
    steps += [("leave", members[1])] if draft.chance(0.4) else []
    steps += [("call", random.choice(members)) for _ in range(random.choice([0, 1, 2]))]
    steps += [("tag", account) for account in random.sample(members, random.choice([0, 0, 1, 2]))]
    for contact in draft.rosters[0]["contacts"].values():
        part = "title" if "title" in contact else "company_name"
        contact[part] = random.choice([contact.get(part, KEEP), "For {account_name}"])
    random.shuffle(steps)
    closed: set[str] = set()
    for what, account in steps:
        if account in closed:
            continue
        value = {
            "create": random.choice([0, 0, 200, 1000, _DENIED]),
            "move": random.choice([SANDBOX, UNIT]),
            "leave": random.choice(["removed", "denied"]),
            "call": random.choice([0, 60, 700, 3000]),
        }.get(what)
        closed |= {account} if what == "close" or value == "removed" else set()
        if draft.chance(0.4):
            # Of what is about to be moved or closed, or of another one.
            edited = account if what != "create" and draft.chance(0.7) else random.choice(members)
            draft.edit(edited, random.choice(draft.kinds), right=0.0)
            draft.wait(0, 10)
        draft.do(what, account=account, value=value, who=random.choice(["admin", "root"]))
        if what == "move":
            _move_back(draft, account, str(value))
        draft.wait(1, random.choice([10, 5000]))
        if value == _DENIED:
            draft.edit(account, random.choice(draft.kinds), right=0.0)
        if value == "removed" and draft.chance(0.5):
            draft.do("rejoin", account=account)
            closed.discard(account)
            draft.wait(1, random.choice([10, 5000]))
    for account in [account for what, account in steps if what == "tag" and draft.chance(0.7)]:
        draft.wait(0, random.choice([2, 5000]))
        if account not in closed:
            draft.do("untag", account=account, who=random.choice(["admin", "dev"]))
    _rename_unit(draft, members)
    planned = [draw_planned(random) for _ in range(random.choice([0, 0, 0, 1, 2]))]
    events = EventPlan(lost=random.choice([0.0, 0.0, 0.3]), late=random.choice([0.0, 0.5]), longest=300.0)
    return draft.finish(events=events, faults=FaultPlan(planned=planned), end=draft.now + 7200)


def _move_back(draft: Draft, account: str, unit: str) -> None:
    """There and back again, while somebody may still be at it."""
    for _ in range(draft.random.choice([0, 0, 1, 4])):
        unit = SANDBOX if unit == UNIT else UNIT
        draft.wait(0.5, 4)
        draft.do("move", account=account, value=unit)


def _rename_unit(draft: Draft, members: Sequence[str]) -> None:
    """A unit gets another name, and perhaps its first one back."""
    for _ in range(draft.random.choice([0, 0, 1, 2])):
        draft.do("rename", value=SANDBOX)
        draft.wait(0, draft.random.choice([2, 5000]))
        draft.edit(draft.random.choice(members), draft.random.choice(draft.kinds), right=0.0)
        draft.wait(0, draft.random.choice([2, 5000]))
