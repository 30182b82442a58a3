"""The words for incidents: a headline for each cause, each verdict's words, and how a caller is named."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from rollcall.events.monitored import get_monitored
from rollcall.outcomes.documents import is_open
from rollcall.outcomes.verdicts import NOTHING, RIGHT, VERDICTS, Verdict, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    **{str(verdict): _BY_NOW for verdict in RIGHT | {Verdict.OWN_WRITE}},
    str(Verdict.INACTIVE): replace(WORDS[str(Verdict.INACTIVE)], result="left as it is"),
}

#: For one that ended in another way.
CLOSED_OTHERWISE: Final = Words(
    result="no longer retried",
    did="Rollcall stopped retrying.",
    next_step="Check the contact if the account still matters: it may be wrong.",
    runbook="not-pursued",
    over=False,
)
#: Nothing is asked of the contact.
_NEEDS_NOTHING: Final = replace(
    CLOSED_OTHERWISE,
    result="left as it is",
    did="None: the roster asks nothing of the contact.",
    next_step=NOTHING,
    over=True,
)


def find_closing_words(verdict: str) -> Words:
    """The words for the end of an incident that was alerted as open, and needs none of its own."""
    if is_open(Verdict(verdict)):
        return CLOSED_OTHERWISE
    return CLOSING.get(verdict, _NEEDS_NOTHING)


def list_next_steps(words: Iterable[Words]) -> tuple[str, ...]:
    """What the reader does, each step once; that it is nothing only if there is none."""
    steps = dict.fromkeys(word.next_step for word in words)
    return tuple(step for step in steps if step != NOTHING) or (NOTHING,)


#: Where the roster authorises the actor.
AUTHORISED: Final = replace(
    WORDS[str(Verdict.SET)],
    next_step="Nothing, unless it repeats: then the roster and the authorised changer disagree.",
    runbook="authorised-changer",
)


def describe_kept(words: Words, members: Sequence[str]) -> Words:
    """The words of a restore that left these members as they were found: the roster keeps them."""
    named = ", ".join(members)
    check = f"Check {named} in the console of the account."
    return replace(
        words,
        result=f"{words.result} except kept values",
        did=f"Restored the contact of the roster, except values that it keeps ({named}): the edit may have "
        "changed them, too.",
        next_step=check if words is AUTHORISED else f"{check} {words.next_step}",
    )


_VERSION: Final = r"/v?(\d{1,5}(?:\.\d{1,8}){0,3})"


def _match_product(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){name}{_VERSION}", re.ASCII | re.IGNORECASE)


#: The first that is found names the program: what is built upon another comes before it. Terraform's user
#: agent names its provider and the SDK as well, the AWS CLI's names botocore and Python.
_PROGRAMS: Final = (
    ("Terraform", _match_product("Terraform")),
    ("OpenTofu", _match_product("OpenTofu")),
    ("Pulumi", _match_product("Pulumi")),
    ("AWS CLI", _match_product("aws-cli")),
    ("AWS Tools for PowerShell", _match_product("AWSPowerShell[.A-Za-z]*")),
    ("Boto3", _match_product("Boto3")),
    ("AWS SDK for Python", _match_product("Botocore")),
    ("AWS SDK for Go", _match_product("aws-sdk-go(?:-v2)?")),
    ("AWS SDK for Java", _match_product("aws-sdk-java")),
    ("AWS SDK for JavaScript", _match_product("aws-sdk-(?:js|nodejs)")),
    ("AWS SDK for .NET", _match_product("aws-sdk-dotnet[a-z0-9-]*")),
    ("AWS SDK for Ruby", _match_product("aws-sdk-ruby[0-9]*")),
    ("AWS SDK for PHP", _match_product("aws-sdk-php")),
    ("AWS SDK for Rust", _match_product("aws-sdk-rust")),
)
_BROWSER: Final = "browser"
#: `exec-env/CloudShell`: the program ran inside this service of AWS.
_INSIDE: Final = re.compile(r"\bexec-env/([A-Za-z0-9_.-]{1,40})", re.ASCII)


#: Which of them are libraries: a program that names itself before one is the one that called.
_LIBRARIES: Final = frozenset({"Boto3"}) | {name for name, _ in _PROGRAMS if name.startswith("AWS SDK")}
#: What is known as neither: a word with a version. Callers choose it, and mail programs make links of
#: addresses.
_PRODUCT: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9_-]{0,40}(?:/v?[0-9][0-9A-Za-z.+-]{0,20})?(?=\s|$)", re.ASCII
)
_SERVICE: Final = re.compile(r"AWS Internal|[a-z0-9.-]{1,60}\.amazonaws\.com", re.ASCII)


def name_program(user_agent: str) -> str:
    """A program with its version, `browser`, or the first word of what is known as neither."""
    text = user_agent.strip().removeprefix("[").removesuffix("]")
    # A browser in front of the console's own back end, which is written in Java, is a browser.
    if text.lower().startswith("mozilla/"):
        return _BROWSER
    for name, pattern in _PROGRAMS:
        if found := pattern.search(text):
            inside, first = _INSIDE.search(text), _PRODUCT.match(text)
            own = f"{first[0]}, " if first and first.end() <= found.start() and name in _LIBRARIES else ""
            return f"{own}{name} {found[1]}" + (f" in {inside[1]}" if inside else "")
    word = _SERVICE.fullmatch(text) or _PRODUCT.match(text)
    return word[0] if word else "another program"


_MFA = {True: "with MFA", False: "without MFA", None: "MFA unknown"}
_WAYS = {True: "console", False: "API", None: "console or API unknown"}


#: A role that IAM Identity Center made: nobody else can make one below this path. Permission set, hash.
_IDENTITY_CENTER: Final = re.compile(
    r":role/aws-reserved/sso\.amazonaws\.com/(?:[a-z0-9-]+/)?AWSReservedSSO_(.+)_[0-9a-f]{16}", re.ASCII
)


def describe_monitored(event_name: str) -> Words:
    """The words of an event that is only alerted; KeyError for any other."""
    monitored = get_monitored(event_name)
    return replace(
        WORDS[str(Verdict.NOTIFIED)],
        result="",
        next_step=monitored.next_step,
        over=not is_open(Verdict.NOTIFIED, monitored=event_name),
        runbook=monitored.section or event_name.lower(),
    )


def describe_actor(actor: Mapping[str, Any]) -> str:
    """Principal, kind, account, MFA and what it went through; KeyError if it is no actor document."""
    via = f", through {actor['via']}" if actor.get("via") else ""
    kind = actor["kind"]
    if found := _IDENTITY_CENTER.fullmatch(_get_path(actor.get("role_arn"))):
        kind = f"IAM Identity Center, {found[1]}, in"
    else:
        kind = f"{kind} of"
    return f"{name_principal(actor)} ({kind} account {actor['account_id']}, {_MFA[actor['mfa']]}{via})"


def name_principal(actor: Mapping[str, Any]) -> str:
    """The user name of an IAM Identity Center session, else the principal; KeyError without one."""
    user = actor.get("session") if _IDENTITY_CENTER.fullmatch(_get_path(actor.get("role_arn"))) else None
    return str(user or actor["principal"])


def _get_path(role_arn: object) -> str:
    """The end of a role's ARN, from `:role/` on."""
    return ":role/" + str(role_arn).partition(":role/")[2]


def describe_origin(actor: Mapping[str, Any]) -> str:
    """Source address, console or API, program, access key; KeyError if it is no actor document."""
    key = f", access key {actor['access_key']}" if actor.get("access_key") else ""
    return (
        f"{actor['source_ip']}, {_WAYS[actor.get('console')]} ({name_program(str(actor['user_agent']))}){key}"
    )
