"""The page's tools for a list in a real Chromium: variety, side by side, the trace, pictures."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import CHROMIUM, PHONE, Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found; install the package 'chromium'"),
]


def test_the_slider_makes_the_last_list_more_varied_says_what_it_did_and_is_remembered(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    before = ann.cards()
    slider = ann.page.get_by_role("slider", name="How varied")
    slider.fill("100")
    ann.reply_to("How varied: 100%")
    assert ann.cards()[0] == before[0] and ann.cards() != before
    expect(ann.page.locator("#tune-effect")).to_have_text(
        re.compile(r"\d+% more varied than the 5 closest matches, with \d+% of their match kept\.")
    )
    ann.page.reload()
    expect(ann.page.get_by_role("slider", name="How varied")).to_have_value("100")


def test_only_the_latest_list_has_a_slider(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    ann.ask("a comedy")
    expect(ann.page.get_by_role("slider")).to_have_count(1)


def test_picked_cards_stand_side_by_side_with_what_differs_marked(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    titles = ann.cards()[:2]
    tray = ann.page.locator("#tray")
    expect(tray).to_be_hidden()
    for card in (0, 1):
        ann.page.locator("#live .card").nth(card).get_by_role("button", name=re.compile("^Compare:")).press("Enter")
    expect(tray).to_contain_text("2 picked")
    tray.get_by_role("button", name="Compare").click()
    table = ann.page.get_by_role("region", name="Comparison").get_by_role("table")
    for title in titles:
        expect(table.get_by_role("columnheader", name=title)).to_be_visible()
    expect(table.locator("tr.differs th").first).to_contain_text("(differs)")
    expect(table.locator("tr:not(.differs) th", has_text="genre")).to_have_count(1)
    expect(tray).to_be_hidden()
    ann.page.reload()
    expect(ann.page.get_by_role("region", name="Comparison")).to_be_visible()


def test_one_picked_card_is_not_enough_and_picks_can_be_cleared(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    ann.page.locator("#live [data-pick]").first.click()
    tray = ann.page.locator("#tray")
    expect(tray.get_by_role("button", name="Compare")).to_be_disabled()
    tray.get_by_role("button", name="Clear").click()
    expect(tray).to_be_hidden()
    expect(ann.page.locator("#live [data-pick]").first).to_have_attribute("aria-pressed", "false")


def test_a_comparison_asked_for_in_words_is_a_table_too_and_scrolls_inside_itself_on_a_phone(visit: Visit) -> None:
    ann = visit(size=PHONE)
    ann.ask("a western")
    ann.ask("compare the first three")
    region = ann.page.get_by_role("region", name="Comparison")
    expect(region.get_by_role("columnheader")).to_have_count(3)
    assert region.evaluate("region => region.scrollWidth > region.clientWidth")
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_the_trace_tells_which_tools_ran_and_how_long_it_took_also_after_a_reload(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    for _ in range(2):
        trace = ann.page.locator("details.trace").last
        trace.locator("summary").first.press("Enter")
        expect(trace.locator(".calls li").first).to_contain_text(re.compile(r"search.*Western.*found 5 of \d+", re.S))
        expect(trace.get_by_role("rowheader", name="tools")).to_be_visible()
        ann.page.reload()
        ann.page.wait_for_selector(".trace")


def test_a_condition_of_this_search_still_holds_when_the_slider_moves(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western after 1980")
    ann.page.get_by_role("slider", name="How varied").fill("100")
    ann.reply_to("How varied: 100%")
    years = ann.page.locator("#live .card .aside").all_text_contents()
    assert years and all(int(year) > 1980 for year in years)
    assert set(ann.page.locator("#live .chips li:first-child").all_text_contents()) == {"Western"}


def test_another_catalogue_ends_the_turn_that_runs_and_forgets_what_was_picked(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.ask("a western")
    ann.page.locator("#live [data-pick]").first.click()
    ann.page.fill("#box textarea", "a comedy")
    ann.page.press("#box textarea", "Enter")
    ann.page.wait_for_selector("#live [data-busy]")
    ann.page.get_by_role("navigation", name="Catalogues").get_by_role("button").last.click()
    ann.page.wait_for_selector(".welcome")
    ann.page.wait_for_timeout(1500)
    expect(ann.page.locator("#live .exchange")).to_have_count(0)
    expect(ann.page.locator("#tray")).to_be_hidden()
