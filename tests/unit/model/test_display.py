"""Values as people are shown them: what differs never looks alike."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollcall.model.display import PARTS, ContactValue, Masks, show_values, spell_unseen
from tests.support.cases import check_each

SOC, SCO = "aws-soc@example.com", "aws-sco@example.com"


def own(text, part="email"):
    return ContactValue(part=part, text=text, own=True)


def foreign(text, part="email"):
    return ContactValue(part=part, text=text, own=False)


def show(*values, masks=Masks.FOREIGN):
    shown = show_values(values, masks=masks)
    return [shown[value] for value in values]


def test_what_a_roster_has_is_shown_in_full_and_what_is_foreign_is_masked():
    assert show(own(SOC), foreign("mallory@example.net")) == [SOC, "m***@example.net"]
    assert show(foreign("mallory@example.net"), masks=Masks.NOTHING) == ["mallory@example.net"]


def test_masks_of_different_values_that_coincide_are_numbered():
    assert show(own(SOC), own(SCO), masks=Masks.EVERYTHING) == ["a***@example.com #1", "a***@example.com #2"]
    assert show(foreign("+1 555 0100", "phone"), foreign("+1 555 9900", "phone")) == ["***00 #1", "***00 #2"]


def test_the_same_value_is_the_same_wherever_it_stands():
    first, other = foreign(SOC), foreign(SCO)
    shown = show_values([first, other, first], masks=Masks.FOREIGN)
    assert shown == {first: "a***@example.com #1", other: "a***@example.com #2"}


def test_a_mask_that_coincides_with_nothing_has_no_number():
    assert show(foreign(SOC), foreign("a@example.com"), foreign("Ann Lee", "name")) == [
        "a***@example.com",
        "***@example.com",
        '"A*** L***"',
    ]


def test_a_mask_does_not_look_like_a_value_that_is_shown_in_full():
    assert show(own("M***", "name"), foreign("Mary", "name")) == ['"M***"', '"M***" #1']
    assert show(own("Soc", "name"), foreign("Soc", "title")) == ['"Soc"', '"S***"']


@check_each(
    ("one", "other"),
    [
        ("Duty officer", "Duty  officer"),
        ("Duty officer", "Duty officer "),
        ("Duty officer", "Duty\u200b officer"),
        ("Duty", "Du\u3164ty"),
        ("Caf\u00e9", "Cafe\u0301"),
        ('a"', 'a\\"'),
        ("a\u200b", "a\\u{200b}"),
        ("a\u202eb", "ab"),
        ("Duty\ufe0f", "Duty"),
        ("Du\u034fty", "Duty"),
        ("Duty\U000e0101", "Duty"),
        ("Duty\U000e0041", "Duty"),
        ("Du\u00adty", "Duty"),
        ("Du\u2060ty", "Duty"),
        ("Duty\u00a0officer", "Duty officer"),
        ("S\u0430m", "Sam"),
        ("\u0421\u0415\u041e", "CEO"),
        ("\u039f\u03a1\u0395", "OPE"),
        ("\uff2fps", "Ops"),
        ("x\u0301", "x"),
        ("o\u0338", "\u00f8"),
        ("O`Brien", "O'Brien"),
        ("O\u2019Brien", "O'Brien"),
        ("on\u2010call", "on-call"),
        ("\u0131d", "id"),
        ("\u529b", "\u30ab"),
    ],
)
def test_what_cannot_be_seen_or_looks_like_something_else_is_spelt_out(one, other):
    first, second = show(foreign(one, "title"), foreign(other, "title"), masks=Masks.NOTHING)
    assert "\\" in first + second
    assert first != second
    assert (first + second).isprintable()
    assert "  " not in first + second
    assert "`" not in first + second


@pytest.mark.parametrize(
    "text", ["J\u00fcrgen Stra\u00dfe", "Zo\u00eb \u0141uk", "\u5c71\u7530\u592a\u90ce", "\uae40\ubbfc\uc900"]
)
def test_names_in_latin_letters_kana_hangul_and_han_stay_readable(text):
    assert show(own(text, "name")) == [f'"{text}"']


def test_a_name_of_an_account_keeps_every_script_and_shows_what_cannot_be_seen():
    cyrillic = "\u0421\u043a\u043b\u0430\u0434"
    assert spell_unseen(f"{cyrillic}\u200b\ufe0f") == cyrillic + r"\u{200b}\u{fe0f}"


def test_a_form_that_shortens_still_tells_values_apart():
    one, other = own("Duty officer one", "title"), own("Duty officer two", "title")
    shown = show_values(
        [one, other, own("Duty", "title")], masks=Masks.FOREIGN, write=lambda _value, text: text[:4]
    )
    assert sorted(shown.values()) == ["Duty #1", "Duty #2", "Duty #3"]


def test_a_foreign_value_cannot_pretend_to_be_filled_in_for_each_account():
    template, literal = (
        own("On call for {account_name}", "title"),
        foreign("On call for {account_name}", "title"),
    )
    assert show(template, literal, masks=Masks.NOTHING) == [
        '"On call for {account_name}"',
        '"On call for \\{account_name}"',
    ]


#: Few letters, so that masks coincide; and what people would not see.
texts = st.text(
    st.sampled_from("ab@.*# 1\"\\{}`'\u200b\u0301\u00e1\u0430\uff41\u3164\ufe0f") | st.characters(),
    min_size=1,
    max_size=6,
)
contact_values = st.builds(ContactValue, part=st.sampled_from(PARTS), text=texts, own=st.booleans())


@given(st.lists(contact_values, max_size=12), st.sampled_from(Masks))
@example([own("a"), foreign("a b #1"), foreign("ab"), foreign("ac")], Masks.FOREIGN)
def test_what_differs_never_looks_alike(values, masks):
    shown = show_values(values, masks=masks)
    assert set(shown) == set(values)
    for value, look in shown.items():
        for other, other_look in shown.items():
            if value.part == other.part and value.text != other.text:
                assert look != other_look
                assert unicodedata.normalize("NFKC", look) != unicodedata.normalize("NFKC", other_look)
        assert look.isprintable()
        assert not any(unicodedata.category(one).startswith("M") for one in look)
        if masks is Masks.EVERYTHING and len(value.text) > 1 and "*" not in value.text:
            assert look.strip('"') != value.text
