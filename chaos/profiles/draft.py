"""A story under way: accounts and a roster, to which a profile adds what happens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaos.fakes.account import ALTERNATE_KINDS, KINDS, PRIMARY
from chaos.profiles.draws import chance, make_edited, make_owner, make_primary, make_values, make_word
from chaos.story import HUB, MANAGEMENT, RIGHT, WHO, Action, Story

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random


class Draft:
    """A story under way: accounts and a roster, to which a profile adds what happens."""

    def __init__(self, seed: int, profile: str, random: Random) -> None:
        self.seed, self.profile, self.random = seed, profile, random
        ids = [
            MANAGEMENT,
            HUB,
            *(f"{random.randrange(4, 10)}{random.randrange(10**11):011}" for _ in range(3)),
        ]
        self.accounts = [(account, f"{make_word(random)} {make_word(random)}") for account in ids]
        self.exempt = random.choice(ids[2:]) if self.chance(0.3) else None
        self.foreign = [make_values(random, "evil.example") for _ in range(4)]
        self.foreign_primary = [
            make(random, "evil.example") for make in (make_primary, make_primary, make_edited, make_edited)
        ]
        #: Kinds of contacts that people change: the primary contact most often where the roster names it.
        self.kinds = KINDS if self.chance(0.6) else ALTERNATE_KINDS
        #: A contact that the roster wants absent.
        self.absent: tuple[str, str] | None = None
        self.authorised = f"arn:aws:iam::{ids[2]}:role/Terraform"
        self.rosters = [self.make_roster()]
        self.actions: list[Action] = []
        self.now = 600.0

    def add_members(self, count: int) -> None:
        """So many accounts more, which no override names."""
        for _ in range(count):
            account = f"{self.random.randrange(4, 10)}{self.random.randrange(10**11):011}"
            self.accounts.append((account, f"{make_word(self.random)} {make_word(self.random)}"))

    def chance(self, share: float) -> bool:
        """Whether something happens that does so this often."""
        return chance(self.random, share)

    def make_roster(self, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A roster; one that follows `before` differs in its contacts."""
        random = self.random
        names = ["first", "second"]
        contacts = {
            name: dict(
                zip(("name", "title", "email", "phone"), make_values(random, "corp.example"), strict=True)
            )
            for name in names
        }
        if self.chance(0.3):
            contacts["first"]["title"] = "For {account_id}"
        contacts["owner"] = make_owner(random, "corp.example")
        if before is not None:
            return {**before, "contacts": contacts}
        defaults: dict[str, str | None] = {kind: random.choice(names) for kind in ALTERNATE_KINDS}
        if self.chance(0.3):
            defaults.pop(random.choice(ALTERNATE_KINDS))
        if PRIMARY in self.kinds and self.chance(0.9):
            defaults[PRIMARY] = "owner"
        overrides: list[dict[str, Any]] = []
        members = [account for account, _ in self.accounts[2:]]
        if self.chance(0.4):
            self.absent = (members[0], random.choice(ALTERNATE_KINDS))
            overrides.append({"accounts": [members[0]], "kinds": {self.absent[1]: None}, "mode": None})
        if self.chance(0.2):
            overrides.append({"accounts": [members[1]], "kinds": {}, "mode": "audit"})
        exempt = [{"accounts": [self.exempt], "reason": "divested", "until": None}] if self.exempt else []
        return {
            "version": 1,
            "mode": "enforce",
            "contacts": contacts,
            "defaults": defaults,
            "overrides": overrides,
            "exempt": exempt,
            "authorised_changers": [self.authorised],
            "limits": {"max_changed_accounts": random.choice([1, 3, "50%", None])},
        }

    def weaken(self, roster: Mapping[str, Any]) -> dict[str, Any]:
        """The roster, weakened in one way or two."""
        random = self.random
        members = [account for account, _ in self.accounts[2:]]
        exempt = {"accounts": [random.choice(members)], "reason": "wanted", "until": None}
        audit = {"accounts": [random.choice(members)], "kinds": {}, "mode": "audit"}
        ways: list[dict[str, Any]] = [
            {"mode": "audit", "overrides": []},
            {"exempt": [*roster["exempt"], exempt]},
            {"overrides": [audit]},
            {"defaults": dict(list(roster["defaults"].items())[1:]), "overrides": []},
            {"limits": {"max_changed_accounts": "100%"}},
            {"authorised_changers": [*roster["authorised_changers"], f"arn:aws:iam::{HUB}:role/Nobody"]},
        ]
        if PRIMARY not in roster["defaults"]:
            # It waits for a person, as if it weakened something.
            ways.append({"defaults": {**roster["defaults"], PRIMARY: "owner"}})
        found = dict(roster)
        for way in random.sample(ways, random.choice([1, 1, 2])):
            found |= way
        return found

    def pick_contact(self) -> tuple[str, str]:
        """Any contact; those of the management account are changed as seldom as others."""
        if self.absent is not None and self.chance(0.3):
            return self.absent
        account, _ = self.random.choice(self.accounts)
        return account, self.random.choice(self.kinds)

    def edit(
        self,
        account: str,
        kind: str,
        *,
        who: str | None = None,
        right: float = 0.15,
        deleted: float = 0.3,
        lost: bool = False,
    ) -> None:
        """Somebody changes a contact now: so often to what is right, so often they delete it."""
        random = self.random
        who = who or random.choices(WHO, (20, 45, 20, 10, 5))[0]
        number = random.random()
        value: int | str | None = random.randrange(len(self.foreign))
        if number < right:
            value = RIGHT
        elif number < right + deleted:
            value = None if kind != PRIMARY else value
        if who == "thief" and account == MANAGEMENT:
            account = HUB
        at = round(self.now, 2)
        edit = Action(at=at, do="edit", who=who, account=account, kind=kind, value=value, lost=lost)
        self.actions.append(edit)

    def drill(self, account: str, kind: str) -> None:
        """An operator registers an edit, and soon somebody makes it, or one that differs somewhere."""
        random = self.random
        values = [None, 0, 1, 2, 3] if kind != PRIMARY else [0, 1, 2, 3]
        asked = {"who": "admin", "account": account, "kind": kind, "value": random.choice(values)}
        self.do("drill", **asked)
        self.wait(20, random.choice([60, 60, 1500]))
        for _ in range(random.choice([1, 1, 2])):
            other = {
                "who": random.choice(("dev", "root", "stranger")),
                "account": random.choice(self.accounts)[0],
                "kind": kind if asked["value"] is None else random.choice(self.kinds),
                "value": random.choice(values),
            }
            name = random.choice([*other, None, None])
            self.do("edit", **asked | ({name: other[name]} if name else {}))
            self.wait(0, random.choice([2, 30]))

    def burst(self, account: str, kind: str, *, right: float = 0.15) -> None:
        """Two to five edits of one contact within four seconds."""
        start = self.now
        for at in sorted(self.random.uniform(0, 4) for _ in range(self.random.randint(2, 5))):
            self.now = start + at
            self.edit(account, kind, right=right)

    def change(self) -> None:
        """An edit of some contact, or a burst of them."""
        if self.chance(0.4):
            self.burst(*self.pick_contact())
        else:
            self.edit(*self.pick_contact())

    def draw_stale(self) -> float:
        """The share of reads that may be late."""
        return self.random.choice([0.0, 0.0, 0.1, 0.5])

    def do(self, what: str, **facts: Any) -> None:
        """Something else happens now."""
        self.actions.append(Action(at=round(self.now, 2), do=what, **facts))

    def wait(self, least: float, most: float) -> None:
        """Time passes."""
        self.now += self.random.uniform(least, most)

    def finish(self, *, bulk: int = 5, **options: Any) -> Story:
        """The story as it stands; edits of so many accounts are `bulk` edits."""
        random = self.random
        given = {
            "workers": random.randint(2, 6),
            "batch": random.choice([1, 1, 3, 10]),
            "skew": random.choice([0.0, 2.0]),
            "pace": random.choice([0.5, 1.0, 1.0, 3.0]),
            "paths": self.chance(0.8),
            "empty_pages": self.chance(0.2),
            "ttl_lag": random.choice([0.0, 172_800.0]),
            "end": self.now + random.uniform(600, 7200),
            **options,
        }
        return Story(
            seed=self.seed,
            profile=self.profile,
            accounts=self.accounts,
            rosters=[{**roster, "bulk_edits": {"accounts": bulk}} for roster in self.rosters],
            actions=[
                replace(action, name=f"{'e' if action.do == 'edit' else action.do}{number}")
                for number, action in enumerate(sorted(self.actions, key=lambda action: action.at))
            ],
            foreign=self.foreign,
            foreign_primary=self.foreign_primary,
            **given,
        )
