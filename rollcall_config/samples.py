"""Values of documentation, which reach nobody: domains, accounts, organizations, addresses, phones."""

from __future__ import annotations

import re
from typing import Final

# RFC 2606 and RFC 6761 reserve them; test.com belongs to somebody, and is what people type.
_DOMAINS: Final = re.compile(r"(.*\.)?(example\.(com|net|org)|test\.com|example|invalid|test|localhost)")
# As AWS's documentation writes them: 111111111111, 111122223333, and both directions of counting.
_ACCOUNT: Final = re.compile(r"(\d)\1{11}|(\d)\2{3}(\d)\3{3}(\d)\4{3}")
_COUNTED: Final = "01234567890123456789"
_ORGANIZATIONS: Final = {"o-exampleorgid", "o-a1b2c3d4e5"}
# +1 NXX 555 0100 to 0199 are kept for fiction (ATIS-0300115).
_FICTION: Final = re.compile(r"1?([2-9][0-9]{2})?55501[0-9]{2}")
# 123 Any Street, Any Town, USA.
_PLACE: Final = re.compile(r"\d+ (any|example) (st\.?|street)|any ?(town|city)")
#: Of a phone number with its country code; shorter ones reach nobody from outside.
_FEWEST_DIGITS: Final = 7


def is_sample_address(address: str) -> bool:
    """Whether no mail to this address arrives, because of its domain."""
    return _DOMAINS.fullmatch(address.rpartition("@")[2].casefold()) is not None


def is_sample_account(account_id: str) -> bool:
    """Whether it is an account ID of documentation."""
    return _ACCOUNT.fullmatch(account_id) is not None or _is_counted(account_id)


def is_sample_organization(organization_id: str) -> bool:
    """Whether it is the organization of AWS's documentation."""
    return organization_id in _ORGANIZATIONS


def is_sample_phone(phone: str) -> bool:
    """Whether it looks like a placeholder: for fiction, one digit only, counted up or down, or too short."""
    if "{" in phone:
        return False  # each account fills it in
    digits = re.sub(r"[^0-9]", "", phone)
    return (
        len(digits) < _FEWEST_DIGITS
        or len(set(digits)) == 1
        or _is_counted(digits)
        or _FICTION.fullmatch(digits) is not None
    )


def is_sample_place(text: str) -> bool:
    """Whether it is a street or a city of documentation."""
    return _PLACE.fullmatch(text.casefold()) is not None


def _is_counted(digits: str) -> bool:
    return digits in _COUNTED or digits in _COUNTED[::-1]
