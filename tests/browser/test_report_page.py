"""The report as a person has it: in a browser, without a network, on a desk and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from rollcall.report.summary import format_percent
from tests.support.reports import HOSTILE, sample_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium.webdriver import Chrome

    Show = Callable[..., Chrome]

BOTH = pytest.mark.parametrize("at", ["desk", "phone"])


def texts(browser: Chrome, selector: str) -> list[str]:
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, selector)]


@BOTH
def test_the_page_shows_how_many_contacts_are_compliant(show: Show, at: str) -> None:
    browser, coverage = show(at=at), sample_report()["coverage"]
    tiles = texts(browser, ".tile")
    security = coverage["kinds"]["SECURITY"]
    share, before = (format_percent(security[name] / security["managed"]) for name in ("compliant", "found"))
    text = f"{share}\nof {security['managed']} SECURITY contacts are compliant; {before} before this run"
    assert tiles[0] == text
    assert f"{coverage['contacts']['would-set']}\nwould be set" in tiles
    assert len(browser.find_elements(By.CSS_SELECTOR, "#trend circle")) == 31


@BOTH
def test_the_page_begins_with_three_answers(show: Show, at: str) -> None:
    heads = texts(show(at=at), "#summary h2")
    assert [head.partition("?")[0] for head in heads] == [
        "Are we covered",
        "Who changed what since 2026-10-04 09:42 UTC",
        "What waits for a person",
    ]


@BOTH
def test_nothing_of_the_page_is_wider_than_the_screen(show: Show, at: str) -> None:
    browser = show(at=at)
    width, inner = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= inner


@BOTH
def test_the_browser_has_nothing_to_complain_of(show: Show, at: str) -> None:
    browser = show(at=at)
    browser.get_log("browser")
    browser.refresh()
    assert browser.get_log("browser") == []


@BOTH
def test_the_page_asks_for_nothing_from_anywhere(show: Show, at: str) -> None:
    assert show(at=at).execute_script("return performance.getEntriesByType('resource').length") == 0


@BOTH
def test_accounts_are_found_by_any_of_their_texts(show: Show, at: str) -> None:
    browser = show(at=at)
    search = browser.find_element(By.ID, "search")
    search.send_keys("PAT.DOE")
    found = texts(browser, "#list tbody tr")
    assert found
    assert all("pat.doe@example.net" in row for row in found)
    assert browser.find_element(By.ID, "found").text == f"{len(found)} of 40 accounts"
    search.clear()
    search.send_keys("no such thing")
    assert texts(browser, "#list tbody tr") == []
    assert browser.find_element(By.ID, "found").text == "0 of 40 accounts"


def test_accounts_are_filtered_by_status(show: Show) -> None:
    browser = show()
    Select(browser.find_element(By.ID, "status")).select_by_value("exempt")
    assert texts(browser, "#list tbody code") == ["100000000003"]


def test_the_list_is_sorted_by_a_click_on_its_head_and_back(show: Show) -> None:
    browser = show()
    head = browser.find_element(By.CSS_SELECTOR, "#list th[data-column='0'] button")
    head.click()
    ids = texts(browser, "#list tbody code")
    assert ids == sorted(ids)
    head.click()
    assert texts(browser, "#list tbody code") == sorted(ids, reverse=True)


def test_numbers_of_units_are_sorted_as_numbers(show: Show) -> None:
    browser = show()
    head = browser.find_elements(By.CSS_SELECTOR, "#units th button")[2]
    head.click()
    right = [int(number) for number in texts(browser, "#units tbody td:nth-child(3)")]
    assert right == sorted(right)
    assert max(right) > 9


@BOTH
def test_a_hostile_name_is_text_and_nothing_more(show: Show, at: str) -> None:
    browser = show(at=at)
    browser.find_element(By.ID, "search").send_keys("100000000001")
    (name,) = texts(browser, "#list tbody tr td:nth-child(2)")
    assert name == HOSTILE.replace("\u202e", r"\u{202e}").replace("\u202c", r"\u{202c}")
    assert browser.title.startswith("Rollcall: contacts of 40 accounts")
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 2


def test_a_plan_that_waits_is_said_with_its_command(show: Show) -> None:
    assert texts(show(held=True), "#waiting-1 p code") == ["rollcall approve 000000000000"]


@BOTH
def test_a_table_is_sorted_with_the_keyboard_alone_and_says_so(show: Show, at: str) -> None:
    browser = show(at=at)
    head = browser.find_element(By.CSS_SELECTOR, "#attention th:nth-child(2)")
    browser.execute_script("arguments[0].focus()", head.find_element(By.TAG_NAME, "button"))
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert head.get_attribute("aria-sort") == "ascending"
    browser.switch_to.active_element.send_keys(Keys.SPACE)
    assert head.get_attribute("aria-sort") == "descending"
    assert head.aria_role == "columnheader"


@BOTH
def test_tables_are_tables_to_those_who_cannot_see_them(show: Show, at: str) -> None:
    browser = show(at=at)
    rows = browser.find_elements(By.CSS_SELECTOR, "#list tbody tr")[:3]
    assert {row.aria_role for row in rows} == {"row"}
    cells = [cell.aria_role for row in rows for cell in row.find_elements(By.TAG_NAME, "td")]
    assert cells == ["cell"] * 18
    assert browser.find_element(By.ID, "list").accessible_name == "All accounts"
    names = [browser.find_element(By.ID, name).accessible_name.strip() for name in ("search", "status")]
    assert names == ["Search", "Status"]


def test_on_a_phone_every_cell_stands_on_the_screen_with_its_head(show: Show) -> None:
    browser = show(at="phone")
    cells = browser.find_elements(By.CSS_SELECTOR, "#attention tbody tr:first-child td")
    assert [cell.get_attribute("data-label") for cell in cells[1:]] == [
        "Name",
        "OU",
        "Contact",
        "Status",
        "Why",
    ]
    assert all(cell.rect["x"] >= 0 and cell.rect["x"] + cell.rect["width"] <= 390 for cell in cells)


def test_the_reason_stands_with_the_status_and_needs_no_pointer(show: Show) -> None:
    browser = show()
    Select(browser.find_element(By.ID, "status")).select_by_value("unreadable")
    (cell,) = [text for text in texts(browser, "#list tbody td") if text.startswith("unreadable")]
    assert "exempt the role rollcall-reconcile" in cell


@BOTH
def test_the_keyboard_stops_at_no_table_that_is_whole_on_the_screen(show: Show, at: str) -> None:
    browser = show(at=at)
    boxes = "return [...document.querySelectorAll('.scroll')]"
    script = f"{boxes}.map(b => [b.tabIndex, b.scrollWidth <= b.clientWidth])"
    assert browser.execute_script(script) == [[-1, True]] * 7


def test_the_keyboard_reaches_a_table_that_is_wider_than_the_screen(show: Show) -> None:
    browser = show()
    size = {"width": 660, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide = "return [...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
    boxes = browser.execute_script(wide)
    assert boxes
    WebDriverWait(browser, 20).until(lambda _: {box.get_attribute("tabindex") for box in boxes} == {"0"})


def test_the_focus_stays_with_the_pages_when_the_last_one_is_reached(show: Show) -> None:
    browser = show(250)
    button = browser.find_element(By.ID, "next")
    button.click()
    button.send_keys(Keys.ENTER)
    assert browser.find_element(By.ID, "page").text == "201 to 250"
    assert browser.switch_to.active_element.get_attribute("id") == "before"


def test_what_is_printed_says_what_of_the_list_it_is(show: Show) -> None:
    browser = show(10_000)
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    said = browser.find_element(By.ID, "printed").get_attribute("textContent")
    assert said == "The first 2,000 of 10,000 accounts; the CSV has all."
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    browser.find_element(By.ID, "search").send_keys("pat.doe@example.net, +1")
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    found = len(texts(browser, "#list tbody tr"))
    said = browser.find_element(By.ID, "printed").get_attribute("textContent")
    assert said == f'{found:,} accounts, only those with "pat.doe@example.net, +1".'


@pytest.mark.parametrize("accounts", [0, 1, 40])
def test_paper_is_wide_enough(show: Show, accounts: int) -> None:
    browser = show(accounts)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        size = {"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": False}  # A4 in CSS pixels
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 724
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_ten_thousand_accounts_open_and_can_be_paged_and_filtered(show: Show) -> None:
    browser = show(10_000)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#list tbody tr")) == 100
    assert browser.find_element(By.ID, "page").text == "1 to 100"
    browser.find_element(By.ID, "next").click()
    assert browser.find_element(By.ID, "page").text == "101 to 200"
    browser.find_element(By.ID, "search").send_keys("100000009999")
    assert texts(browser, "#list tbody code") == ["100000009999"]


@BOTH
def test_each_value_of_a_pending_plan_says_whether_it_is_the_old_or_the_new_one(show: Show, at: str) -> None:
    """Only the first row of a group has a cell for what it is about: labels by position would be wrong."""
    browser = show(at=at, held=True)
    for row in browser.find_elements(By.CSS_SELECTOR, "#waiting-1 tbody tr"):
        cells = row.find_elements(By.TAG_NAME, "td")
        by_label = {cell.get_attribute("data-label"): cell.text for cell in cells}
        assert {"Part", "Now", "After approval"} <= by_label.keys()
        assert "@example.com" in by_label["After approval"] or by_label["Part"] != "email"
    width, inner = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= inner
