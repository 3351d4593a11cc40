"""The page in Chinese and in the dark, in a real Chromium."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import CHROMIUM, Visit, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found; install the package 'chromium'"),
]
_LUMINANCE = """selector => {
  const rgb = (css) => css.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (css) => { const [r, g, b] = rgb(css).map(part); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const element = document.querySelector(selector);
  let under = element;
  while (getComputedStyle(under).backgroundColor === "rgba(0, 0, 0, 0)") under = under.parentElement;
  const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(under).backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
_TEXTS = (
    ".reply",
    "#live .bubble",
    "#live .excerpt",
    "#live .chips li",
    ".panel .line-label",
    "#head .quiet",
    "#live .word",
)


def test_a_chinese_browser_gets_a_chinese_page_that_can_be_switched_and_remembers(
    browser: Browser, urls: tuple[str, str]
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    li = Visitor(context.new_page(), urls[0]).arrive()
    expect(li.page.locator("html")).to_have_attribute("lang", "zh")
    li.ask("我喜欢 The Harbour 0 (1960)")
    expect(li.page.get_by_role("heading", name="我知道的你的喜好")).to_be_visible()
    li.knows({"喜欢": ["The Harbour 0 (1960)"]})
    assert re.search(r"[\u4e00-\u9fff]{4}", li.page.locator("#live .reply").inner_text())
    li.page.locator("#live .card").first.get_by_role("button", name=re.compile("^类似")).click()
    expect(li.page.locator("#live .exchange[data-phase=done] .answer")).to_have_attribute("lang", "zh")
    li.page.get_by_role("button", name="语言: English").click()
    expect(li.page.get_by_role("heading", name="What I know about you")).to_be_visible()
    li.page.reload()
    expect(li.page.get_by_role("button", name="New conversation")).to_be_visible()
    assert li.trouble == []
    context.close()


def test_the_colours_can_be_chosen_are_remembered_and_can_be_read(visit: Visit) -> None:
    ann = visit()
    ann.ask("I love The Harbour 0 (1960)")
    toggle = ann.page.locator("[data-local=theme]")
    expect(toggle).to_have_attribute("aria-label", "Colours as on this device")
    papers = []
    for name in ("Light colours", "Dark colours"):
        toggle.press("Enter")
        expect(toggle).to_have_attribute("aria-label", name)
        papers.append(ann.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        ann.page.mouse.move(0, 0)
        ann.page.wait_for_timeout(300)
        assert {text: ratio for text in _TEXTS if (ratio := ann.page.evaluate(_LUMINANCE, text)) < 4.5} == {}
    assert papers[0] != papers[1]
    ann.page.reload()
    ann.page.wait_for_selector("#past .bubble")
    assert ann.page.evaluate("getComputedStyle(document.body).backgroundColor") == papers[1]
