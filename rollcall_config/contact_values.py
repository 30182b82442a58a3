"""The values of contacts: what the Account API takes, placeholders, and the roster's words for a part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, Field

from rollcall.model.contact import EMAIL, PRIMARY_PARTS, ContactKind, find_rules
from rollcall_config.document import list_known
from rollcall_config.values import ABSENT, refuse_outer_space, refuse_unseen

if TYPE_CHECKING:
    from collections.abc import Callable

#: How the roster says that a part of a primary contact stays as each account has it.
KEPT: Final = "keep"
#: Placeholders, each with the shortest value that an account can give. Names of accounts have 1 to 50
#: characters (service model organizations-2016-11-28); all values of a contact may have digits.
PLACEHOLDERS: Final = {"{account_id}": "0" * 12, "{account_name}": "0"}
#: ISO 3166-1 alpha-2, as of ISO/TC 46 N1108: https://data.iana.org/time-zones/tzdb/iso3166.tab
_CODES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
    "BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT "
    "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI "
    "NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
    "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG "
    "UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_CODES.split())
_EXPRESSION: Final = re.compile(r"\{[^{}]*\}|[{}]")
_CHARACTERS: Final = {"email": r"[\w+=.#|!&@-]", "phone": r"[\s0-9()+-]", "country_code": r"[A-Za-z]"}
#: Any of the alternate kinds: they have the same rules.
_ALTERNATE: Final = ContactKind.SECURITY
_WORD: Final = r"\{account_(id|name)\}"


def fill_shortest(value: str) -> str:
    """Return the value with each placeholder replaced by the shortest that an account can give."""
    for placeholder, shortest in PLACEHOLDERS.items():
        value = value.replace(placeholder, shortest)
    return value


def check_primary(part: str, value: str) -> str:
    """Return the value of a primary contact's part, or `keep` or `absent`; ValueError if AWS refuses it."""
    if value == ABSENT and PRIMARY_PARTS[part].required:
        raise ValueError(f"cannot be {ABSENT!r}, because AWS requires it: give it, or write {KEPT}")
    if value not in {KEPT, ABSENT}:
        _check(part, value, ContactKind.PRIMARY)
    if part == "country_code" and value != KEPT and value.upper() not in COUNTRIES:
        raise ValueError("is not the code of a country")
    return value


def _make_check(part: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        return _check(part, value, _ALTERNATE)

    return check


def _check(part: str, value: str, kind: ContactKind) -> str:
    """Check the filled-in value by the rules that hold at run time, too."""
    if not value:
        raise ValueError("is empty")
    refuse_outer_space(value)
    refuse_unseen(value)
    for expression in _EXPRESSION.findall(value):
        if expression not in PLACEHOLDERS:
            raise ValueError(_explain_placeholder(expression))
    result = fill_shortest(value)
    rule = find_rules(kind)[part]
    if len(result) > rule.longest:
        least = "" if result == value else "at least "
        raise ValueError(f"is {least}{len(result)} characters long")
    if rule.form and not rule.form.fullmatch(result):
        raise ValueError(_find_refused(result, part) or _find_misplaced(result, part, kind))
    return value


def _explain_placeholder(expression: str) -> str:
    # A word between braces is a misspelt placeholder; anything else is not repeated.
    word = re.fullmatch(r"\{[a-z_]{1,20}\}", expression)
    problem = f"has {expression}, which is no placeholder" if word else "has a brace outside of a placeholder"
    return f"{problem}; {list_known('placeholders', PLACEHOLDERS, meant=expression)}"


def _find_refused(value: str, part: str) -> str:
    # Single characters, sorted: enough to find them, and no contact details.
    characters = sorted({one for one in value if not re.match(_CHARACTERS[part], one, re.ASCII)})
    return f"has {' '.join(map(repr, characters))}, which the Account API refuses" if characters else ""


def _find_misplaced(value: str, part: str, kind: ContactKind) -> str:
    if part == "country_code":
        return "is not two letters"
    if part == "phone":
        return "does not begin with +" if kind is ContactKind.PRIMARY else "is not of the form digits"
    domain = value.partition("@")[2]
    if value.count("@") == 1 and domain and "." not in domain:
        return "has no dot after the @: write the whole domain, as in name@example.com"
    if value.count("@") == 1 and "-" in domain.rpartition(".")[2]:
        return (
            "has '-' after the last dot, where the Account API refuses it: use an address at another domain"
        )
    return "is not of the form name@domain.tld"


def _make_schema(part: str, kind: ContactKind) -> dict[str, Any]:
    """Return what an editor can check: the length of a value without placeholders, and the form."""
    rules: dict[str, Any] = {
        "minLength": 1,
        "anyOf": [{"maxLength": find_rules(kind)[part].longest}, {"pattern": _WORD}],
    }
    if part == "email":
        before, after = EMAIL.pattern.split("@")
        return rules | {
            "pattern": f"^({before[:-1]}|{_WORD})+@({after[: after.index('+')]}|{_WORD})+\\.([\\w]|{_WORD})+$"
        }
    return rules | ({"pattern": rf"^([\s0-9()+-]|{_WORD})+$"} if part == "phone" else {})


def _make_field(part: str, allowed: str) -> Any:
    # repr=False marks personal data: no message repeats the value.
    return Field(
        repr=False,
        description=f"1 to {find_rules(_ALTERNATE)[part].longest} {allowed}",
        json_schema_extra=_make_schema(part, _ALTERNATE),
    )


def describe_primary(part: str, allowed: str = "characters") -> Any:
    """Describe a part of a primary contact: what is allowed, and what an editor can check."""
    rule = PRIMARY_PARTS[part]
    words = f"or {KEPT}" if rule.required else f"{KEPT} or {ABSENT}"
    schema = _make_schema(part, ContactKind.PRIMARY)
    if part == "phone":
        schema["pattern"] = rf"^([+]([\s0-9()-]|{_WORD})+|{KEPT})$"
    if part == "country_code":
        schema = {"pattern": rf"^([A-Za-z]{{2}}|{KEPT})$"}
    elif rule.required and "pattern" not in schema:
        schema["not"] = {"const": ABSENT}
    text = allowed if part == "country_code" else f"1 to {rule.longest} {allowed}"
    return Field(repr=False, description=f"{text}, {words}", json_schema_extra=schema)


PersonName = Annotated[str, AfterValidator(_make_check("name")), _make_field("name", "characters")]
Title = Annotated[str, AfterValidator(_make_check("title")), _make_field("title", "characters")]
Email = Annotated[
    str,
    AfterValidator(_make_check("email")),
    _make_field(
        "email",
        "characters: letters, digits and _ + = . # | ! & - before one @,"
        " a domain of letters, digits and _ . - after it",
    ),
]
Phone = Annotated[
    str,
    AfterValidator(_make_check("phone")),
    _make_field("phone", 'digits, spaces, + - ( and ), such as "+1 206 555 0100"'),
]
