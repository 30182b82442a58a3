"""The report as a person has it: in a browser, without a network, on a desk and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.support.reports import HOSTILE, sample_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium.webdriver import Chrome

    Show = Callable[..., Chrome]

BOTH = pytest.mark.parametrize("at", ["desk", "phone"])


def texts(browser: Chrome, selector: str) -> list[str]:
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, selector)]


@BOTH
def test_the_page_says_how_many_contacts_are_right(show: Show, at: str) -> None:
    browser, coverage = show(at=at), sample_report()["coverage"]
    tiles = texts(browser, ".tile")
    assert tiles[0] == f"92.5 %\nof {coverage['managed']} managed contacts are right"
    assert f"{coverage['contacts']['would-fix']}\nwould be fixed" in tiles
    assert len(browser.find_elements(By.CSS_SELECTOR, "#trend circle")) == 31


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
    assert name == HOSTILE.replace("\u202e", "<U+202E>").replace("\u202c", "<U+202C>")
    assert browser.title.startswith("Rollcall: contacts of 40 accounts")
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 2


def test_a_plan_that_waits_is_said_with_its_command(show: Show) -> None:
    assert texts(show(held=True), "#held code") == ["rollcall approve 5d41402abc4b"]


def test_ten_thousand_accounts_open_and_can_be_paged_and_filtered(show: Show) -> None:
    browser = show(10_000)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#list tbody tr")) == 100
    assert browser.find_element(By.ID, "page").text == "1 to 100"
    browser.find_element(By.ID, "next").click()
    assert browser.find_element(By.ID, "page").text == "101 to 200"
    browser.find_element(By.ID, "search").send_keys("100000009999")
    assert texts(browser, "#list tbody code") == ["100000009999"]
