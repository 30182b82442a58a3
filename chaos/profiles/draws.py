"""What is drawn at random: the ways of events, planned errors, and rates of errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.faults import Kind, Planned, can_hit
from chaos.story import EventPlan
from chaos.wants import KEEP, PRIMARY_PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from chaos.fakes.account import Values


def chance(random: Random, share: float) -> bool:
    """Whether something happens that does so this often."""
    return random.random() < share


def draw_events(random: Random, *, quiet: float = 0.2) -> EventPlan:
    """Ways of events; `quiet` is how often none goes astray."""
    if chance(random, quiet):
        return EventPlan(copies=chance(random, 0.3))
    return EventPlan(
        lost=random.choice([0.0, 0.0, 0.1, 0.3]),
        late=random.choice([0.0, 0.2, 0.5]),
        longest=random.choice([30.0, 900.0, 7200.0]),
        doubled=random.choice([0.0, 0.2]),
        copies=chance(random, 0.3),
        double=random.choice([0.0, 0.1]),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is planned: a call, how many of them there are about, and in which invocations."""

    call: str
    most: int
    label: str = "reconcile:*"
    afters: tuple[str | None, ...] = (None,)


#: Puts of any contact.
ANY_PUT: Final = "account.Put*"
AFTER_PUT: Final = (None, ANY_PUT, "account.DeleteAlternateContact")
#: Each is as likely as its share of the list; most are where contacts are written.
PLACES: Final = (
    *[Place(ANY_PUT, 1)] * 5,
    *[Place("account.PutContactInformation", 1)] * 3,
    Place("account.DeleteAlternateContact", 1),
    Place("account.GetAlternateContact", 2, afters=AFTER_PUT),
    *[Place("account.GetContactInformation", 2, afters=(None, "account.PutContactInformation"))] * 2,
    Place("account.GetAlternateContact", 1, afters=("account.DeleteAlternateContact",)),
    *[Place("dynamodb.*", 8)] * 2,
    *[Place("dynamodb.*", 4, afters=AFTER_PUT[1:])] * 4,
    *[Place("dynamodb.TransactWriteItems", 1)] * 2,
    *[Place("s3.PutObject", 2)] * 3,
    *[Place("events.PutEvents", 2)] * 4,
    Place("organizations.*", 2),
    Place("sqs.*", 1),
    Place("sts.AssumeRole", 1),
    Place("sns.Publish", 1, label="notify:*"),
    Place("dynamodb.*", 4, label="notify:*"),
    *[Place("*", 12, label="apply:*")] * 2,
    Place("*", 12, label="sweep:*"),
)
#: What happens to writes of contacts more often than other faults.
_LIKELY: Final = (
    *[Kind.LOST, Kind.FALSE, Kind.KILL_AFTER] * 2,
    *[Kind.LATE, Kind.KILL_DURING] * 4,
    Kind.KILL_BEFORE,
    Kind.BUSY,
)


def draw_planned(random: Random, places: Sequence[Place] = PLACES) -> Planned:
    """A fault at some call of some invocation."""
    place = random.choice(places)
    writes = place.call.startswith(("account.Put", "account.Delete"))
    call = "account.PutAlternateContact" if place.call == ANY_PUT else place.call.replace("*", "GetItem")
    kinds = [kind for kind in Kind if can_hit(kind, call)]
    label = place.label
    if label == "reconcile:*":
        label = random.choice([label, "reconcile:e*", "reconcile:e*", "reconcile:own:*"])
    kind = random.choice(_pick_kinds(place.call, kinds) if chance(random, 0.6) else kinds)
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


def draw_rates(random: Random, total: float) -> dict[Kind, float]:
    """The rate, spread over all kinds or over some of them."""
    kinds = list(Kind) if chance(random, 0.5) else random.sample(list(Kind), 4)
    # Some kinds hit one kind of call only, which is seldom enough.
    weights = {
        kind: (4.0 if kind in (Kind.STALE, Kind.PARTIAL, Kind.LATE, Kind.KILL_DURING) else 1.0)
        for kind in kinds
    }
    return {kind: total * weight / sum(weights.values()) for kind, weight in weights.items()}


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


def make_word(random: Random) -> str:
    """A word that no other text holds by chance."""
    return "".join(random.choice(_SYLLABLES) for _ in range(3)).capitalize()


def make_values(random: Random, domain: str) -> Values:
    """Values that no other text holds by chance."""
    mailbox = "".join(random.choice(_SYLLABLES) for _ in range(5))
    name = f"{make_word(random)}{make_word(random)} {make_word(random)}{make_word(random)}"
    phone = f"+1 {random.randrange(200, 999)} {random.randrange(200, 999)} {random.randrange(1000, 9999)}"
    return (
        name,
        f"{make_word(random)} {make_word(random)}{make_word(random)}",
        f"{mailbox}@{domain}",
        phone,
    )


def make_primary(random: Random, domain: str) -> Values:
    """A primary contact of values that no other text holds by chance, with some that are optional."""
    name, company, mailbox, phone = make_values(random, domain)
    state, country = random.choice([("WA", "US"), ("", "PT")])
    return (
        name,
        random.choice(["", company]),
        f"{make_word(random)} {make_word(random)} {random.randrange(1, 99)}",
        # Space around a value is taken.
        random.choice(
            ["", f"{make_word(random)}{make_word(random)}", f" {make_word(random)} {make_word(random)}"]
        ),
        "",
        f"{make_word(random)}{make_word(random)}",
        random.choice(["", f"{make_word(random)}{make_word(random)}"]),
        state,
        f"{make_word(random)} {random.randrange(1000, 9999)}",
        country,
        phone,
        random.choice(["", f"https://{mailbox.partition('@')[0]}.example"]),
    )


def make_edited(random: Random, domain: str) -> Values:
    """A primary contact of which some parts are left as they are."""
    whole = dict(zip(PRIMARY_PARTS, make_primary(random, domain), strict=True))
    edited = random.sample(_FREE, random.randint(1, 3))
    return tuple(value if part in edited else KEEP for part, value in whole.items())


def make_owner(random: Random, domain: str) -> dict[str, str]:
    """A primary contact of a roster: some parts are named, some kept, and of optional ones some removed."""
    whole = dict(zip(PRIMARY_PARTS, make_primary(random, domain), strict=True))
    kept = set(random.sample(_FREE, random.randint(2, 6))) - {"address_line1"}
    if chance(random, 0.6):
        kept.add("name")
    if chance(random, 0.3):
        # What AWS asks of a state depends on the country.
        kept |= {"state_or_region", "country_code"}
    values = {part: KEEP if part in kept else value.strip() for part, value in whole.items()}
    return {part: value for part, value in values.items() if value}


#: Parts that any contact may have, whatever the others are.
_FREE: Final = tuple(part for part in PRIMARY_PARTS if part not in ("state_or_region", "country_code"))
