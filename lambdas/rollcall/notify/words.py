"""The words for incidents, as data: a headline for each cause, and each verdict's words by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rollcall.outcomes.verdicts import NOTHING, VERDICTS, Verdict, Words

#: What happened; result and account follow. The account comes last: its name is the part that may be cut.
HEADLINES: Final = {
    "account-created": "{contacts} of a new account",
    "account-joined": "{contacts} of an account that joined",
    "account-moved": "{contacts} of an account that moved",
    "account-tagged": "{contacts} of an account whose tags changed",
    "account-renamed": "{contacts} of an account that was renamed",
    "ou-changed": "{contacts} below a changed OU",
    "contact-edited": "{contacts} edited",
    "contact-deleted": "{contacts} deleted",
    "swept": "{contacts} found by the sweep",
}

#: Causes behind which nobody edited a contact: the roster asks for something else than is there.
ARRANGED: Final = frozenset(HEADLINES) - {"contact-edited", "contact-deleted"}

#: By verdict, as outcome events name it.
WORDS: Final = {str(verdict): meaning.words for verdict, meaning in VERDICTS.items() if meaning.words}
#: The same where nobody edited a contact.
ARRANGED_WORDS: Final = {
    name: replace(words, **VERDICTS[Verdict(name)].arranged) for name, words in WORDS.items()
}

_BY_NOW: Final = Words(
    result="right by now",
    did="nothing more: it is in order without it",
    next_step=NOTHING,
    runbook="contact-right-by-now",
)

#: For an incident that was alerted as open, and turned out to need nothing.
CLOSING: Final = {
    str(Verdict.COMPLIANT): _BY_NOW,
    str(Verdict.OWN_WRITE): _BY_NOW,
}

#: For one that ended in another way.
CLOSED_OTHERWISE: Final = Words(
    result="not pursued any more",
    did="stopped trying",
    next_step="Look at the contact, if the account still matters: it may still be wrong.",
    runbook="not-pursued",
    over=False,
)
#: Where the roster authorises the actor.
AUTHORISED: Final = replace(
    WORDS[str(Verdict.SET)],
    next_step="Nothing, unless the authorised changer keeps doing it: then roster and changer disagree.",
    runbook="authorised-changer",
)
