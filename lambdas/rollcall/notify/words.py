"""The words for incidents, as data: a headline for each cause, and each verdict's words by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rollcall.outcomes.verdicts import NOTHING, VERDICTS, Verdict, Words

#: The first line behind the status: contacts and account, what happened, the results with what joins them.
HEADLINES: Final = {
    "account-created": "{contacts}{results} (new account)",
    "account-joined": "{contacts}{results} (account joined)",
    "account-moved": "{contacts}{results} (account moved)",
    "account-tagged": "{contacts}{results} (account tags changed)",
    "account-renamed": "{contacts}{results} (account renamed)",
    "ou-changed": "{contacts}{results} (OU changed)",
    "contact-edited": "{contacts} edited{results}",
    "contact-deleted": "{contacts} deleted{results}",
    "swept": "{contacts}{results} (found by the sweep)",
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
    result="compliant now",
    did="None: the contact is compliant.",
    next_step=NOTHING,
    runbook="contact-compliant-now",
)

#: For an incident that was alerted as open, and turned out to need nothing.
CLOSING: Final = {
    str(Verdict.COMPLIANT): _BY_NOW,
    str(Verdict.OWN_WRITE): _BY_NOW,
}

#: For one that ended in another way.
CLOSED_OTHERWISE: Final = Words(
    result="no longer retried",
    did="Rollcall stopped retrying.",
    next_step="Check the contact if the account still matters: it may be wrong.",
    runbook="not-pursued",
    over=False,
)
#: Where the roster authorises the actor.
AUTHORISED: Final = replace(
    WORDS[str(Verdict.SET)],
    next_step="Nothing, unless it repeats: then the roster and the authorised changer disagree.",
    runbook="authorised-changer",
)
