"""Stories: what people do and what goes wrong, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.account import KINDS
from chaos.faults import FaultPlan, Kind, Outage, Planned, can_hit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chaos.fakes.account import Values

MANAGEMENT: Final = "111111111111"
HUB: Final = "333333333333"
#: Who may act: the root user of the account, an administrator, another one, a changer whom the roster
#: authorises, and somebody with the credentials of the role that writes.
WHO: Final = ("root", "admin", "dev", "authorised", "thief")
#: What a person sets: one of the foreign contacts by its number, nothing, or what the roster wants.
RIGHT: Final = "right"
#: Bursts of edits in a story of nothing else.
BURSTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that somebody does `at` so many seconds.

    `do` is edit, sweep, deploy, approve, pause, unpause, release or rename (of the organizational unit that
    all members are in). Of an edit `value` is the number of a
    foreign contact, None for a delete, or "right". Of a deployment it is the number of the roster. `name`
    is its own, also when others are taken out of the story. The event of an edit may be surely `lost`.
    """

    name: str = ""
    at: float
    do: str
    who: str = "admin"
    account: str = ""
    kind: str = ""
    value: int | str | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """What happens to events on their way: shares of them that are lost, late (by up to so long) or doubled.

    `copies` is whether AWS writes a record in the target account, too. `double` is the share of messages
    that a queue delivers once more, at once. With `release` events are held up, and come together each so
    many seconds.
    """

    lost: float = 0.0
    late: float = 0.0
    longest: float = 7200.0
    doubled: float = 0.0
    copies: bool = False
    double: float = 0.0
    release: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that a replay needs. Times are seconds of the story; faults end at `end`."""

    seed: int
    profile: str
    accounts: Sequence[tuple[str, str]]
    rosters: Sequence[Mapping[str, Any]]
    actions: Sequence[Action]
    foreign: Sequence[Values]
    end: float
    workers: int = 2
    batch: int = 1
    #: Edits of so many accounts are a bulk.
    bulk: int = 5
    skew: float = 0.0
    pace: float = 1.0
    events: EventPlan = field(default_factory=EventPlan)
    faults: FaultPlan = field(default_factory=FaultPlan)
    paths: bool = True
    empty_pages: bool = False
    ttl_lag: float = 0.0


def make_story(seed: int, profile: str | None = None) -> Story:
    """The story of a seed, of this profile or of one that the seed chooses."""
    random = Random(seed)  # noqa: S311  # no secret depends on it
    profile = profile or random.choices(list(PROFILES), [weight for weight, _ in PROFILES.values()])[0]
    return PROFILES[profile][1](_Draft(seed, profile, random))


class _Draft:
    """A story under way: accounts and a roster, to which a profile adds what happens."""

    def __init__(self, seed: int, profile: str, random: Random) -> None:
        self.seed, self.profile, self.random = seed, profile, random
        ids = [
            MANAGEMENT,
            HUB,
            *(f"{random.randrange(4, 10)}{random.randrange(10**11):011}" for _ in range(3)),
        ]
        self.accounts = [(account, f"{_make_word(random)} {_make_word(random)}") for account in ids]
        self.exempt = random.choice(ids[2:]) if self.chance(0.3) else None
        self.foreign = [_make_values(random, "evil.example") for _ in range(4)]
        #: A contact that the roster wants absent.
        self.absent: tuple[str, str] | None = None
        self.authorised = f"arn:aws:iam::{ids[2]}:role/Terraform"
        self.rosters = [self.make_roster()]
        self.actions: list[Action] = []
        self.now = 600.0

    def chance(self, share: float) -> bool:
        """Whether something happens that does so this often."""
        return _chance(self.random, share)

    def make_roster(self, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A roster; one that follows `before` differs in its contacts."""
        random = self.random
        names = ["first", "second"]
        contacts = {
            name: dict(
                zip(("name", "title", "email", "phone"), _make_values(random, "corp.example"), strict=True)
            )
            for name in names
        }
        if self.chance(0.3):
            contacts["first"]["title"] = "For {account_id}"
        if before is not None:
            return {**before, "contacts": contacts}
        defaults: dict[str, str | None] = {kind: random.choice(names) for kind in KINDS}
        if self.chance(0.3):
            defaults.pop(random.choice(KINDS))
        overrides: list[dict[str, Any]] = []
        members = [account for account, _ in self.accounts[2:]]
        if self.chance(0.4):
            self.absent = (members[0], random.choice(KINDS))
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

    def pick_contact(self) -> tuple[str, str]:
        """Any contact; those of the management account are changed as seldom as others."""
        if self.absent is not None and self.chance(0.3):
            return self.absent
        account, _ = self.random.choice(self.accounts)
        return account, self.random.choice(KINDS)

    def edit(
        self, account: str, kind: str, *, who: str | None = None, right: float = 0.15, lost: bool = False
    ) -> None:
        """Somebody changes a contact now."""
        random = self.random
        who = who or random.choices(WHO, (20, 45, 20, 10, 5))[0]
        number = random.random()
        value: int | str | None = random.randrange(len(self.foreign))
        if number < right:
            value = RIGHT
        elif number < right + 0.3:
            value = None
        if who == "thief" and account == MANAGEMENT:
            account = HUB
        at = round(self.now, 2)
        edit = Action(at=at, do="edit", who=who, account=account, kind=kind, value=value, lost=lost)
        self.actions.append(edit)

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

    def finish(self, **options: Any) -> Story:
        """The story as it stands."""
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
            rosters=self.rosters,
            actions=[
                replace(action, name=f"{'e' if action.do == 'edit' else action.do}{number}")
                for number, action in enumerate(sorted(self.actions, key=lambda action: action.at))
            ],
            foreign=self.foreign,
            **given,
        )


_SYLLABLES: Final = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
    "zo",
)


def _chance(random: Random, share: float) -> bool:
    return random.random() < share


def _make_word(random: Random) -> str:
    return "".join(random.choice(_SYLLABLES) for _ in range(3)).capitalize()


def _make_values(random: Random, domain: str) -> Values:
    """Values that no other text holds by chance."""
    mailbox = "".join(random.choice(_SYLLABLES) for _ in range(5))
    name = f"{_make_word(random)}{_make_word(random)} {_make_word(random)}{_make_word(random)}"
    phone = f"+1 {random.randrange(200, 999)} {random.randrange(200, 999)} {random.randrange(1000, 9999)}"
    return (
        name,
        f"{_make_word(random)} {_make_word(random)}{_make_word(random)}",
        f"{mailbox}@{domain}",
        phone,
    )


def _write_bursts(draft: _Draft) -> Story:
    """Bursts of edits, no fault at all."""
    for _ in range(draft.random.randint(1, 4)):
        draft.burst(*draft.pick_contact())
        draft.wait(60, 3600)
    return draft.finish()


def _write_many_bursts(draft: _Draft) -> Story:
    """Ten bursts, far enough from each other that no edits count as bulk or as repeated."""
    for _ in range(BURSTS):
        draft.burst(*draft.pick_contact())
        draft.wait(1300, 3600)
    return draft.finish()


def _write_rush(draft: _Draft) -> Story:
    """Events are held up on their way and come all at once, when their edits are no longer new."""
    for _ in range(draft.random.randint(1, 3)):
        draft.burst(*draft.pick_contact(), right=0.05)
        draft.wait(60, 600)
    planned = [_draw_planned(draft.random) for _ in range(draft.random.choice([0, 0, 1, 2]))]
    events = replace(_draw_events(draft.random, quiet=0.7), release=draft.random.choice([30.0, 300.0]))
    return draft.finish(
        events=events, faults=FaultPlan(planned=planned), pace=draft.random.choice([1.0, 3.0])
    )


def _write_spree(draft: _Draft) -> Story:
    """One principal changes contacts of all accounts within a minute."""
    who = draft.random.choice(("admin", "root", "authorised"))
    for account, _ in draft.accounts:
        draft.edit(account, draft.random.choice(KINDS), who=who, right=0.0)
        draft.wait(0.1, 15)
    if draft.chance(0.5):
        draft.wait(10, 400)
        draft.change()
    planned = [_draw_planned(draft.random) for _ in range(draft.random.choice([0, 0, 1, 2]))]
    return draft.finish(
        bulk=draft.random.randint(2, 5),
        events=_draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=planned),
    )


def _write_calm(draft: _Draft) -> Story:
    """Single edits, also far apart, with all that events may do on their way."""
    for _ in range(draft.random.randint(1, 5)):
        draft.edit(*draft.pick_contact(), right=0.3)
        draft.wait(1, 3000)
    return draft.finish(events=_draw_events(draft.random))


def _write_crash(draft: _Draft) -> Story:
    """A burst or two, and one to three faults at chosen calls."""
    for _ in range(draft.random.randint(1, 2)):
        draft.change()
        draft.wait(5, 900)
    planned = [_draw_planned(draft.random) for _ in range(draft.random.randint(1, 4))]
    return draft.finish(
        events=_draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=planned, stale=draft.draw_stale()),
    )


def _write_trouble(draft: _Draft) -> Story:
    """Some per cent of all calls go wrong for the whole time."""
    for _ in range(draft.random.randint(1, 4)):
        draft.change()
        draft.wait(5, 1800)
    rates = _draw_rates(draft.random, draft.random.choice([0.01, 0.04, 0.1]))
    return draft.finish(
        events=_draw_events(draft.random), faults=FaultPlan(rates=rates, stale=draft.draw_stale())
    )


def _write_outage(draft: _Draft) -> Story:
    """A service or two are down for minutes, while contacts are changed."""
    outages = []
    for _ in range(draft.random.randint(1, 2)):
        draft.edit(*draft.pick_contact())
        start = draft.now + draft.random.uniform(-30, 30)
        outages.append(
            Outage(
                service=draft.random.choice(("account", "dynamodb", "events", "organizations", "s3", "sns")),
                start=start,
                end=start + draft.random.choice([20, 60, 400, 1200]),
                share=draft.random.choice([0.5, 1.0, 1.0]),
            )
        )
        draft.wait(1, 300)
        draft.burst(*draft.pick_contact())
        draft.wait(1, 1800)
    return draft.finish(
        events=_draw_events(draft.random, quiet=0.5), faults=FaultPlan(outages=tuple(outages))
    )


def _write_tug(draft: _Draft) -> Story:
    """Somebody, or several people, change one contact back again and again."""
    account, kind = draft.pick_contact()
    who = draft.random.choice((None, "admin", "root"))
    for _ in range(draft.random.randint(4, 8)):
        draft.edit(account, kind, who=who, right=0.05)
        draft.wait(5, 400)
    if draft.chance(0.3):
        draft.do("release", account=account, kind=kind)
        draft.wait(5, 60)
        draft.edit(account, kind)
    rates = _draw_rates(draft.random, 0.02) if draft.chance(0.6) else {}
    return draft.finish(
        events=_draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(rates=rates, most=3, stale=draft.draw_stale()),
    )


def _write_sweeps(draft: _Draft) -> Story:
    """Events are lost, and sweeps find what nobody announced."""
    for _ in range(draft.random.randint(1, 3)):
        draft.edit(*draft.pick_contact())
        draft.wait(0, 60)
    for _ in range(draft.random.randint(1, 2)):
        draft.do("sweep")
        draft.wait(0, 8)
        if draft.chance(0.7):
            draft.burst(*draft.pick_contact())
        draft.wait(60, 1200)
    rates = _draw_rates(draft.random, draft.random.choice([0.004, 0.02])) if draft.chance(0.7) else {}
    planned = []
    if draft.chance(0.3):
        place = _Place(draft.random.choice(["s3.PutObject", "*"]), 2, label="sweep:*report*")
        planned = [replace(_draw_planned(draft.random, [place]), times=5)]
    events = EventPlan(lost=draft.random.choice([0.3, 1.0]), late=draft.random.choice([0.0, 0.3]))
    return draft.finish(
        events=events, faults=FaultPlan(planned=planned, rates=rates, most=6, stale=draft.draw_stale())
    )


def _write_approvals(draft: _Draft) -> Story:
    """A new roster is deployed and approved, writes are paused, and contacts are changed meanwhile."""
    draft.rosters.append(draft.make_roster(draft.rosters[0]))
    steps = ["deploy", "approve", "pause", "unpause"]
    if draft.chance(0.6):
        steps = draft.random.choice(
            [["pause", "deploy", "unpause", "approve"], ["deploy", "pause", "unpause", "approve"]]
        )
    for step in steps:
        if draft.chance(0.5):
            draft.edit(*draft.pick_contact())
            # What was decided before a pause or another roster may come to be written after it.
            draft.wait(0, 8 if draft.chance(0.6) else 60)
        draft.do(step, value=1 if step == "deploy" else None)
        if draft.chance(0.4):
            draft.wait(0, 5)
            continue
        draft.wait(1, 30)
        if draft.chance(0.5):
            draft.edit(*draft.pick_contact())
        draft.wait(30, 900)
    rates = _draw_rates(draft.random, 0.006) if draft.chance(0.5) else {}
    return draft.finish(
        events=_draw_events(draft.random, quiet=0.6),
        faults=FaultPlan(rates=rates, most=4, stale=draft.draw_stale()),
    )


def _write_overwritten(draft: _Draft) -> Story:
    """A contact is changed after our write, and no event of it comes: only that of our own write."""
    for _ in range(draft.random.randint(2, 5)):
        account, kind = draft.pick_contact()
        draft.edit(account, kind, right=0.0)
        draft.wait(3, 30)
        draft.edit(account, kind, right=0.0, lost=draft.chance(0.8))
        draft.wait(20, draft.random.choice([60, 3000]))
    events = EventPlan(late=draft.random.choice([0.0, 0.5]), longest=300.0)
    return draft.finish(events=events, bulk=2)


def _write_relapse(draft: _Draft) -> Story:
    """A worker fails at its write or right after it, and the contact is changed again before others look."""
    for _ in range(draft.random.randint(1, 2)):
        account, kind = draft.pick_contact()
        draft.edit(account, kind, right=0.0)
        for _ in range(draft.random.randint(1, 2)):
            draft.wait(2, draft.random.choice([10, 100]))
            draft.edit(account, kind, right=0.5)
        draft.wait(200, 2000)
    denied: list[Planned] = []
    if draft.absent is not None and draft.chance(0.5):
        draft.edit(*draft.absent, right=0.0)
        draft.wait(100, 300)
        read = "account.GetAlternateContact"
        write = "account.DeleteAlternateContact"
        denied = [Planned(label="*", call=read, after=write, kind=Kind.DENIED, nth=nth) for nth in (1, 2, 3)]
    places = [
        place for place in _PLACES if place.call.startswith("account.") or place.afters == _AFTER_PUT[1:]
    ]
    planned = [_draw_planned(draft.random, places) for _ in range(draft.random.randint(1, 3))]
    return draft.finish(
        events=_draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=[*denied, *planned], stale=draft.draw_stale()),
    )


def _write_unrecorded(draft: _Draft) -> Story:
    """The ledger refuses how a write ended, and the event of the write may be lost."""
    for _ in range(draft.random.randint(1, 2)):
        draft.edit(*draft.pick_contact(), right=0.0)
        draft.wait(100, 900)
    planned = Planned(
        label="reconcile:*",
        call="s3.PutObject",
        after=draft.random.choice(_AFTER_PUT[1:]),
        kind=draft.random.choice([Kind.DENIED, Kind.BROKEN, Kind.BUSY, Kind.UNSENT, Kind.LOST]),
        skip=draft.random.choice([0, 1]),
        times=draft.random.choice([1, 2, 3]),
    )
    return draft.finish(events=EventPlan(lost=0.3), faults=FaultPlan(planned=[planned]))


def _write_held_up(draft: _Draft) -> Story:
    """A sweep is held up at its write for longer than others wait, and the contact is changed again."""
    account, kind = draft.pick_contact()
    draft.edit(account, kind, right=0.0)
    draft.wait(0, 20)
    draft.do("sweep")
    for _ in range(draft.random.randint(1, 3)):
        draft.wait(2, 60)
        draft.edit(account, kind, right=0.2)
    place = draft.random.choice(
        [("account.*", None), ("s3.PutObject", None), ("dynamodb.*", "account.PutAlternateContact")]
    )
    planned = Planned(
        label="apply:*apply*", call=place[0], after=place[1], kind=Kind.STALL, nth=draft.random.randint(1, 3)
    )
    return draft.finish(events=EventPlan(lost=0.5), faults=FaultPlan(planned=[planned]))


def _write_interrupted(draft: _Draft) -> Story:
    """A roster whose few changes need nobody is deployed, and writes are paused while its sweep runs."""
    roster = draft.rosters[0]
    draft.rosters = [{**roster, "limits": {"max_changed_accounts": "100%"}}]
    draft.rosters.append(draft.make_roster(draft.rosters[0]))
    draft.do("deploy", value=1)
    draft.wait(0.5, draft.random.choice([4, 12]))
    if draft.chance(0.4):
        draft.edit(*draft.pick_contact())
    draft.do("pause")
    draft.wait(30, 900)
    if draft.chance(0.4):
        draft.edit(*draft.pick_contact())
        draft.wait(0, 60)
    draft.do("unpause")
    draft.wait(1, 60)
    return draft.finish(pace=draft.random.choice([1.0, 3.0, 10.0]))


def _write_renamed(draft: _Draft) -> Story:
    """The unit of all members is renamed while calls fail: each account is looked at because of it."""
    for _ in range(draft.random.randint(0, 2)):
        account, _ = draft.random.choice(draft.accounts[2:])
        draft.edit(account, draft.random.choice(KINDS), right=0.0, lost=draft.chance(0.7))
        draft.wait(0, 60)
    draft.do("rename")
    draft.wait(1, 300)
    if draft.chance(0.4):
        draft.change()
    rates = _draw_rates(draft.random, draft.random.choice([0.0, 0.01, 0.05, 0.12]))
    planned: list[Planned] = []
    if draft.chance(0.3):
        # What it has to say in the end is refused, too.
        planned = [
            Planned(label="reconcile:rename*", call=call, kind=Kind.BROKEN, nth=nth, times=8)
            for call, nth in (("account.*", 1), ("events.PutEvents", draft.random.randint(1, 4)))
        ]
    faults = FaultPlan(rates=rates, planned=planned)
    return draft.finish(faults=faults, events=_draw_events(draft.random, quiet=0.5))


def _write_theft(draft: _Draft) -> Story:
    """Somebody has the credentials of the role that writes."""
    for _ in range(draft.random.randint(1, 3)):
        account, kind = draft.pick_contact()
        if draft.chance(0.5):
            draft.edit(account, kind)
            draft.wait(0, 6)
        draft.edit(account, kind, who="thief", right=0.1)
        draft.wait(1, 1200)
    planned = [_draw_planned(draft.random) for _ in range(draft.random.choice([0, 0, 1, 2]))]
    return draft.finish(
        events=_draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=planned, stale=draft.draw_stale()),
    )


def _write_pending(draft: _Draft) -> Story:
    """A roster waits for approval; the run that found it restores drift, and others sweep beside it."""
    limits = {"limits": {"max_changed_accounts": draft.random.choice([1, 2])}}
    draft.rosters = [{**draft.rosters[0], **limits}]
    draft.rosters.append(draft.make_roster(draft.rosters[0]))
    if draft.chance(0.8):
        draft.edit(*draft.pick_contact(), who="dev", right=0.0, lost=True)
        draft.wait(1, 60)
    draft.do("deploy", value=1)
    draft.wait(30, 600)
    if draft.chance(0.5):
        draft.edit(*draft.pick_contact(), right=0.0)
        draft.wait(1, 30)
        draft.do("sweep")
        draft.wait(0, 6)
    draft.do("approve")
    draft.wait(60, 900)
    return draft.finish(events=EventPlan(lost=0.5), pace=draft.random.choice([1.0, 3.0]))


def _write_too_many(draft: _Draft) -> Story:
    """Drift of more accounts than the limit: a plan waits, and another follows while it is approved."""
    draft.rosters = [
        {**draft.rosters[0], "limits": {"max_changed_accounts": 1}, "overrides": [], "exempt": []}
    ]
    first, second = draft.accounts[:2], draft.accounts[2:]
    for account, _ in first:
        draft.edit(account, draft.random.choice(KINDS), who="dev", right=0.0, lost=True)
    draft.wait(1, 60)
    draft.do("sweep")
    draft.wait(30, 600)
    for account, _ in second:
        draft.edit(account, draft.random.choice(KINDS), who="dev", right=0.0, lost=True)
    draft.wait(1, 10)
    draft.do("sweep")
    draft.wait(0, 5)
    draft.do("approve")
    draft.wait(60, 900)
    return draft.finish(pace=draft.random.choice([1.0, 3.0]))


def _draw_events(random: Random, *, quiet: float = 0.2) -> EventPlan:
    if _chance(random, quiet):
        return EventPlan(copies=_chance(random, 0.3))
    return EventPlan(
        lost=random.choice([0.0, 0.0, 0.1, 0.3]),
        late=random.choice([0.0, 0.2, 0.5]),
        longest=random.choice([30.0, 900.0, 7200.0]),
        doubled=random.choice([0.0, 0.2]),
        copies=_chance(random, 0.3),
        double=random.choice([0.0, 0.1]),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a fault is planned: a call, how many of them there are about, and in which invocations."""

    call: str
    most: int
    label: str = "reconcile:*"
    afters: tuple[str | None, ...] = (None,)


_PUT: Final = _Place("account.PutAlternateContact", 1)
_AFTER_PUT: Final = (None, "account.PutAlternateContact", "account.DeleteAlternateContact")
#: Each is as likely as its share of the list; most are where contacts are written.
_PLACES: Final = (
    *[_PUT] * 5,
    _Place("account.DeleteAlternateContact", 1),
    _Place("account.GetAlternateContact", 2, afters=_AFTER_PUT),
    _Place("account.GetAlternateContact", 1, afters=("account.DeleteAlternateContact",)),
    *[_Place("dynamodb.*", 8)] * 2,
    *[_Place("dynamodb.*", 4, afters=_AFTER_PUT[1:])] * 4,
    *[_Place("dynamodb.TransactWriteItems", 1)] * 2,
    *[_Place("s3.PutObject", 2)] * 3,
    *[_Place("events.PutEvents", 2)] * 4,
    _Place("organizations.*", 2),
    _Place("sqs.*", 1),
    _Place("sts.AssumeRole", 1),
    _Place("sns.Publish", 1, label="notify:*"),
    _Place("dynamodb.*", 4, label="notify:*"),
    *[_Place("*", 12, label="apply:*")] * 2,
    _Place("*", 12, label="sweep:*"),
)
#: What happens to writes of contacts more often than other faults.
_LIKELY: Final = (
    *[Kind.LOST, Kind.FALSE, Kind.LATE, Kind.KILL_AFTER, Kind.KILL_DURING] * 2,
    Kind.KILL_BEFORE,
    Kind.BUSY,
)


def _draw_planned(random: Random, places: Sequence[_Place] = _PLACES) -> Planned:
    """A fault at some call of some invocation."""
    place = random.choice(places)
    writes = place.call.startswith(("account.Put", "account.Delete"))
    kinds = [kind for kind in Kind if can_hit(kind, place.call.replace("*", "GetItem"))]
    label = place.label
    if label == "reconcile:*":
        label = random.choice([label, "reconcile:e*", "reconcile:e*", "reconcile:own:*"])
    kind = random.choice(_pick_kinds(place.call, kinds) if _chance(random, 0.6) else kinds)
    return Planned(
        label="reconcile:*" if writes else label,
        call=place.call,
        kind=kind,
        nth=random.randint(1, place.most),
        after=random.choice(place.afters),
        skip=random.choice([0, 0, 0, 1, 2]),
        times=random.choice([1, 1, 1, 2, 2 if "killed" in kind else 5]),
    )


def _pick_kinds(call: str, kinds: Sequence[Kind]) -> Sequence[Kind]:
    """Kinds that matter most at this call."""
    if call.startswith(("account.Put", "account.Delete")):
        return _LIKELY
    return [Kind.PARTIAL, Kind.LOST] if call == "events.PutEvents" else kinds


def _draw_rates(random: Random, total: float) -> dict[Kind, float]:
    """The rate, spread over all kinds or over some of them."""
    kinds = list(Kind) if _chance(random, 0.5) else random.sample(list(Kind), 4)
    # Some kinds hit one kind of call only, which is seldom enough.
    weights = {
        kind: (4.0 if kind in (Kind.STALE, Kind.PARTIAL, Kind.LATE, Kind.KILL_DURING) else 1.0)
        for kind in kinds
    }
    return {kind: total * weight / sum(weights.values()) for kind, weight in weights.items()}


#: By name how often each is drawn, and what writes it.
PROFILES: Final[dict[str, tuple[float, Callable[[_Draft], Story]]]] = {
    "bursts": (2.0, _write_bursts),
    "calm": (1.0, _write_calm),
    "rush": (1.5, _write_rush),
    "spree": (1.0, _write_spree),
    "crash": (6.0, _write_crash),
    "trouble": (2.0, _write_trouble),
    "outage": (1.0, _write_outage),
    "tug": (1.5, _write_tug),
    "sweeps": (1.5, _write_sweeps),
    "approvals": (1.5, _write_approvals),
    "theft": (1.0, _write_theft),
    "renamed": (0.5, _write_renamed),
    "pending": (0.7, _write_pending),
    "too-many": (0.4, _write_too_many),
    "relapse": (2.0, _write_relapse),
    "held-up": (0.5, _write_held_up),
    "unrecorded": (0.5, _write_unrecorded),
    "interrupted": (0.7, _write_interrupted),
    "overwritten": (1.0, _write_overwritten),
    "many-bursts": (0.0, _write_many_bursts),
}
