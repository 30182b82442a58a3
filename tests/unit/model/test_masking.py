"""Masking: recognisable to the owner, useless to others."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.model.contact import Contact, mask_contact, mask_secrets
from rollcall.model.desired import Present
from tests.support.strategies import contacts

LOCAL = st.text(string.ascii_letters + string.digits + "_+=.#|!&-", min_size=1, max_size=30)
DOMAIN = st.from_regex(r"[a-z]{2,10}(\.[a-z]{2,8}){1,2}", fullmatch=True)
TEXT = st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=1, max_size=64)
PHONE = st.text(string.digits + " ()+-", min_size=1, max_size=25)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("Quentin Xylander", "Q*** X***"),
        ("  Quentin \t X ", "Q*** ***"),
        ("Q", "***"),
        (" ", "***"),
        ("名前", "名***"),
    ],
)
def test_of_words_the_first_letter_is_kept(value, hint):
    contact = Contact(name=value, title=value, email="a@b.example", phone="1")
    assert (mask_contact(contact)["name"], mask_contact(contact)["title"]) == (hint, hint)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("q.xylander@roster.example", "q***@roster.example"),
        ("  q.xylander@roster.example  ", "q***@roster.example"),
        ("q@roster.example", "***@roster.example"),
        ("qq@roster.example", "q***@roster.example"),
        ("q.xylander", "***"),
        ("@roster.example", "***"),
        ("a@b@roster.example", "a***@roster.example"),
    ],
)
def test_of_an_address_the_domain_is_kept(value, hint):
    assert mask_contact(Contact(name="n", title="t", email=value, phone="1"))["email"] == hint


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("+49 1577 0314159", "***59"),
        ("1234567", "***67"),
        ("123456", "***"),
        ("110", "***"),
        ("+() -", "***"),
    ],
)
def test_of_a_long_number_the_end_is_kept(value, hint):
    assert mask_contact(Contact(name="n", title="t", email="a@b.example", phone=value))["phone"] == hint


@given(name=TEXT, title=TEXT, local=LOCAL, domain=DOMAIN, phone=PHONE)
def test_no_value_survives_its_masking(name, title, local, domain, phone):
    contact = Contact(name=name, title=title, email=f"{local}@{domain}", phone=phone)
    hints = mask_contact(contact)
    assert name not in hints["name"]
    assert title not in hints["title"]
    assert contact.email not in hints["email"]
    assert hints["email"].endswith(f"***@{domain}")
    assert phone not in hints["phone"] or not phone.strip()
    assert sum(character.isdigit() for character in hints["phone"]) <= 2
    assert mask_contact(contact) == hints


@given(name=TEXT, title=TEXT, local=LOCAL, domain=DOMAIN, phone=PHONE)
def test_a_contact_never_shows_in_a_repr(name, title, local, domain, phone):
    contact = Contact(name=name, title=title, email=f"{local}@{domain}", phone=phone)
    assert repr(contact) == str(contact) == f"{contact}" == "Contact()"
    assert repr(Present(contact=contact)) == "Present(contact=Contact())"


@given(contact=contacts)
def test_a_masked_contact_keeps_the_mail_domain_the_country_and_no_other_whole_value(contact):
    hidden = mask_contact(contact)
    assert hidden.keys() == contact.as_document().keys()
    if contact.email:
        assert hidden["email"].endswith("@" + contact.email.split("@")[-1])
    assert hidden.pop("country_code", "") == contact.country_code
    for part in hidden:
        value = contact.get(part)
        assert "*" in value or set(value) <= set("@. ") or value not in hidden[part]
    assert sum(character.isdigit() for character in hidden["phone"]) <= 2


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("curl https://hooks.slack.com/services/T0/B0/SECRET now", "curl https://*** now"),
        ("hooks.slack-gov.com/services/T0/B0/SECRET", "***"),
        ("bot xoxb-1-SECRET", "bot ***"),
        ("AKIAIOSFODNN7EXAMPLE/x", "AKIA***MPLE/x"),
        ("aws-cli/2.17", "aws-cli/2.17"),
    ],
)
def test_a_secret_that_a_caller_says_of_itself_is_masked(text, masked):
    assert mask_secrets(text) == masked
