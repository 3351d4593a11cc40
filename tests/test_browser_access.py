"""The page for keyboards, screen readers and weak eyes, in a real Chromium."""

from itertools import pairwise
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import CHROMIUM, Visit, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found; install the package 'chromium'"),
]
_COLLECT_SPOKEN = """() => {
  window.heard = [];
  new MutationObserver(() => window.heard.push(document.getElementById("spoken").textContent))
    .observe(document.getElementById("spoken"), { childList: true });
}"""
_COLLECT_SCROLLS = """() => {
  window.scrolls = [];
  Element.prototype.scrollIntoView = (how) => window.scrolls.push(how.behavior);
}"""
_NAMED = """(element) => [element.tagName, element.id, element.getAttribute("aria-label") ?? element.textContent.trim(),
  [...document.querySelectorAll(element.tagName)].indexOf(element)].join(" ")"""
_NAME_OF = f"() => ({_NAMED})(document.activeElement)"
_USABLE = f"""() => [...document.querySelectorAll("button, a[href], input, textarea, summary")]
  .filter((element) => element.checkVisibility({{ visibilityProperty: true }}) && !element.disabled
    && element.closest("#head, #shell")).map({_NAMED})"""
_FAINT = """() => {
  // Every colour as red, green, blue and opacity, whatever form it is written in.
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const rgba = (css) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = css;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((v, n) => v * a + under[n] * (1 - a));
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
  };
  const shown = (element) => element ? Number(getComputedStyle(element).opacity) * shown(element.parentElement) : 1;
  const part = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.map(part).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const faint = [];
  for (const element of document.querySelectorAll("#head *, #shell *")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join("");
    if (!text || !element.checkVisibility({ visibilityProperty: true }) || element.disabled
      || element.getBoundingClientRect().width <= 1) continue;
    const style = getComputedStyle(element), under = ground(element), [r, g, b, a] = rgba(style.color);
    const [high, low] = [light(over([r, g, b, a * shown(element)], under)), light(under)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const ratio = (high + 0.05) / (low + 0.05), least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (ratio < least) faint.push(`${element.className || element.tagName} ${text.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
"""Texts with less contrast than WCAG 2 asks for at level AA."""


def _headings(ann: Visitor) -> list[int]:
    """The levels of the headings that are there, in order."""
    there = """[...document.querySelectorAll("h1, h2, h3, h4")].filter((h) => h.checkVisibility())"""
    levels: list[int] = ann.page.evaluate(f"{there}.map((h) => Number(h.tagName[1]))")
    return levels


def test_the_page_has_landmarks_a_way_past_them_and_headings_in_order(visit: Visit) -> None:
    ann = visit()
    assert _headings(ann) == [1, 2, 2]
    ann.ask("a western")
    ann.ask("I love The Harbour 0 (1960)")
    levels = _headings(ann)
    assert levels[:2] == [1, 2]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    expect(ann.page.get_by_role("heading", name="You said a western")).to_have_count(1)
    ann.page.get_by_role("link", name="Skip to the conversation").focus()
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.press("Tab")
    assert ann.page.evaluate("document.querySelector('#talk').contains(document.activeElement)")


def test_an_answer_reads_as_what_was_said_the_reply_and_a_list_of_named_cards(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    expect(ann.page.locator("#live")).to_match_aria_snapshot("""
      - article:
        - heading "You said a western" [level=2]
        - list "Recommendations":
          - listitem:
            - region /^1\\. /:
              - heading [level=3]
              - meter /Match of/
              - list "Facts":
                - listitem "genre": Western
              - list "Reasons"
              - group "Your verdict":
                - button /^Like/
                - button /^Dislike/
                - button /^Seen it/
              - button /^Compare/
              - button /^Why/
              - button /^More like/
    """)


def test_a_screen_reader_hears_that_a_turn_began_and_then_the_whole_reply_but_no_single_words(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.page.evaluate(_COLLECT_SPOKEN)
    ann.ask("a western")
    expect(ann.page.get_by_role("status").filter(has_text="Harbour")).to_have_count(1)
    heard = ann.page.evaluate("window.heard")
    assert heard[:-1] and set(heard[:-1]) <= {"Listening…", "Looking through the films…"}
    assert heard[-1] == ann.page.locator("#live .reply").evaluate("reply => reply.textContent.trim()")
    assert ann.page.locator("#live [aria-live]").count() == 0


def test_tab_reaches_everything_that_can_be_used(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western after 2030")
    ann.page.get_by_role("group", name="Answers at hand").get_by_role("button").first.click()
    expect(ann.page.locator("#live [data-phase=done] .card").first).to_be_visible()
    ann.page.evaluate("document.activeElement.blur()")
    reached: set[str] = set()
    for _ in range(150):
        ann.page.keyboard.press("Tab")
        reached.add(ann.page.evaluate(_NAME_OF))
    unreached = set(ann.page.evaluate(_USABLE)) - reached
    assert unreached == set()


def test_the_focus_is_not_lost_when_a_key_starts_a_turn(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western after 2030")
    way = ann.page.get_by_role("group", name="Answers at hand").get_by_role("button").first
    said = way.get_attribute("data-text") or ""
    way.press("Enter")
    ann.reply_to(said)
    expect(ann.page.locator("#box textarea")).to_be_focused()
    slider = ann.page.get_by_role("slider", name="How varied")
    slider.press("End")
    ann.reply_to("How varied: 100%")
    expect(slider).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_enough_from_what_is_under_it(
    browser: Browser, urls: tuple[str, str], scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    ann = Visitor(context.new_page(), urls[1]).arrive()
    faint = ann.page.evaluate(_FAINT)
    ann.ask("I love The Harbour 0 (1960)")
    ann.ask("a western after 2030")
    faint += ann.page.evaluate(_FAINT)
    ann.ask("a comedy")
    for closed in ann.page.locator("#shell summary").all():
        closed.evaluate("summary => { summary.parentElement.open = true }")
    faint += ann.page.evaluate(_FAINT)
    ann.page.fill("#box textarea", "break it")
    ann.page.press("#box textarea", "Enter")
    ann.page.wait_for_selector("#live .trouble")
    faint += ann.page.evaluate(_FAINT)
    context.close()
    assert faint == []


def test_nothing_moves_for_those_who_asked_for_that(browser: Browser, urls: tuple[str, str]) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    ann = Visitor(context.new_page(), urls[1]).arrive()
    ann.page.evaluate(_COLLECT_SCROLLS)
    ann.page.fill("#box textarea", "a western")
    ann.page.press("#box textarea", "Enter")
    ann.page.wait_for_selector("#live .working")
    assert ann.page.evaluate("document.getAnimations().length") == 0
    ann.reply_to("a western")
    assert ann.page.evaluate("window.scrolls") == ["auto"]
    context.close()
