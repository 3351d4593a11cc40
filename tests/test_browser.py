"""The chat page in a real Chromium: what a person sees and does."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import CHROMIUM, HOSTILE, PHONE, Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found; install the package 'chromium'"),
]
_COUNT_LENGTHS = """() => {
  window.lengths = new Set();
  const count = () => {
    const reply = document.querySelector("#live [data-busy] .reply");
    if (reply) window.lengths.add(reply.textContent.length);
  };
  new MutationObserver(count).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def test_the_empty_page_offers_examples_that_start_a_conversation(visit: Visit) -> None:
    page = visit().page
    expect(page.locator(".welcome h2")).to_have_text("Find films you’ll love.")
    page.get_by_role("button", name="A western").click()
    expect(page.locator("#live .exchange[data-phase=done] .card")).to_have_count(5)
    expect(page.locator(".welcome")).to_have_count(0)


def test_a_reply_streams_and_its_cards_name_the_same_items_in_the_same_order(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.page.evaluate(_COUNT_LENGTHS)
    ann.ask("a western")
    assert ann.page.evaluate("window.lengths.size") > 3
    named = ann.page.locator("#live .reply ol li strong").all_text_contents()
    assert len(named) == 5
    assert ann.cards() == named


def test_a_card_shows_rank_year_facets_score_and_reasons(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    card = ann.page.locator("#live .card").first
    expect(card.locator(".rank")).to_have_text("1")
    expect(card.locator(".aside")).to_have_text(re.compile(r"^(19|20)\d\d$"))
    expect(card.locator(".chips li").first).to_have_text("Western")
    score = card.get_by_role("meter", name="Match of").get_attribute("aria-valuenow")
    assert score is not None
    assert 0 <= int(score) <= 100
    assert 1 <= card.locator(".reasons > li").count() <= 3


def test_the_evidence_of_a_reason_opens_on_click(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    reason = ann.page.locator("#live .card").first.locator(".reasons > li").first
    expect(reason.locator(".grounds")).to_be_hidden()
    reason.locator("summary").click()
    expect(reason.locator(".grounds")).to_be_visible()
    expect(reason.locator(".ground-refers").first).not_to_be_empty()


def test_a_verdict_appears_in_the_panel_and_a_second_click_takes_it_back(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    like = ann.verdict("Like")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    ((title,),) = [ann.known()["Likes"]]
    assert title.startswith(ann.cards()[0])
    like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    ann.knows({})


def test_an_item_can_be_liked_and_seen(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    ann.verdict("Like").click()
    expect(ann.verdict("Like")).to_have_attribute("aria-pressed", "true")
    ann.verdict("Seen it").click()
    expect(ann.verdict("Seen it")).to_have_attribute("aria-pressed", "true")
    expect(ann.verdict("Like")).to_have_attribute("aria-pressed", "true")


def test_a_preference_is_edited_deleted_and_undone(visit: Visit) -> None:
    ann = visit()
    ann.ask("I love The Harbour 0 (1960)")
    ann.knows({"Likes": ["The Harbour 0 (1960)"]})
    ann.page.get_by_label("Edit The Harbour 0 (1960)").click()
    ann.page.get_by_role("button", name="Dislike", exact=True).click()
    ann.knows({"Dislikes": ["The Harbour 0 (1960)"]})
    ann.page.get_by_role("button", name="Delete The Harbour 0 (1960)").click()
    ann.knows({})
    ann.page.get_by_role("button", name="Undo the last change").click()
    ann.knows({"Dislikes": ["The Harbour 0 (1960)"]})
    expect(ann.page.locator(".history")).to_contain_text("replaced")


def test_a_reload_keeps_the_conversation_and_the_profile(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    ann.ask("I love The Harbour 0 (1960)")
    ann.verdict("Dislike").click()
    expect(ann.page.locator("#profile .group")).to_have_count(2)
    before, known = ann.page.locator("#live .exchange").inner_text(), ann.known()
    ann.page.reload()
    expect(ann.page.locator("#past .exchange")).to_have_count(2)
    assert ann.page.locator("#past .exchange").last.inner_text() == before
    ann.knows(known)
    pressed = ann.page.locator("#past .exchange").last.locator("[aria-pressed=true]")
    expect(pressed).to_have_count(1)


def test_two_people_at_once_do_not_see_each_other(visit: Visit) -> None:
    ann, bob = visit(slow=True), visit(slow=True)
    for person, wish in ((ann, "a western"), (bob, "a comedy")):
        person.page.fill("#box textarea", wish)
        person.page.press("#box textarea", "Enter")
    ann.reply_to("a western")
    bob.reply_to("a comedy")
    ann.verdict("Like").click()
    expect(ann.page.locator("#profile .line")).to_have_count(1)
    for person, wish in ((ann, "a western"), (bob, "a comedy")):
        person.page.reload()
        expect(person.page.locator(".bubble")).to_have_text([wish])
    assert bob.known() == {}


def test_hostile_text_of_catalogue_and_person_is_only_text(visit: Visit) -> None:
    ann = visit()
    ann.ask("show me horror <script>window.pwned=5</script> <img src=x onerror=window.pwned=6>")
    assert sorted(ann.cards()) == sorted(HOSTILE)
    for summary in ann.page.locator("#live .reasons summary").all():
        summary.click()
    for card in range(len(HOSTILE)):
        ann.verdict("Like", card).click()
    expect(ann.page.locator("#profile .line")).to_have_count(len(HOSTILE))
    ann.page.reload()
    expect(ann.page.locator("#past .card")).to_have_count(len(HOSTILE))
    assert ann.page.locator("#shell :is(script, img, iframe, object, b)").count() == 0
    links = ann.page.locator("#shell a").evaluate_all("links => links.map(a => a.protocol)")
    assert set(links) <= {"http:", "https:"}


def test_why_and_more_like_this_are_turns_about_that_item(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    first = ann.cards()[0]
    ann.page.locator("#live .card").first.get_by_role("button", name="Why").click()
    ann.reply_to(f"Why {first}")
    expect(ann.page.locator("#live .reply")).to_contain_text(first)
    ann.page.locator("#past .card").first.get_by_role("button", name="More like").click()
    ann.reply_to(f"More like {first}")
    assert ann.cards()
    assert first not in ann.cards()


def test_a_stopped_turn_gives_the_words_back(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.page.fill("#box textarea", "a western")
    ann.page.press("#box textarea", "Enter")
    ann.page.locator("#live [data-phase=telling]").wait_for()
    ann.page.get_by_role("button", name="Stop").click()
    expect(ann.page.locator("#live [data-phase=stopped]")).to_be_visible()
    expect(ann.page.locator("#box textarea")).to_have_value("a western")
    ann.page.press("#box textarea", "Enter")
    ann.reply_to("a western")
    expect(ann.page.locator(".bubble")).to_have_count(1)


def test_a_failed_turn_says_so_keeps_the_words_and_can_be_tried_again(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.page.fill("#box textarea", "break it")
    ann.page.press("#box textarea", "Enter")
    trouble = ann.page.locator("#live .trouble")
    expect(trouble).to_contain_text("the model 'slow' does not answer")
    expect(trouble).to_contain_text("model_down")
    expect(ann.page.locator("#box textarea")).to_have_value("break it")
    trouble.get_by_role("button", name="Try again").click()
    expect(trouble).to_be_visible()


def test_a_new_conversation_keeps_the_profile_and_an_erasure_keeps_nothing(visit: Visit) -> None:
    ann = visit()
    ann.ask("I love The Harbour 0 (1960)")
    ann.page.get_by_role("button", name="New conversation").click()
    ann.page.wait_for_selector(".welcome")
    ann.knows({"Likes": ["The Harbour 0 (1960)"]})
    ann.page.get_by_text("Your data").click()
    ann.page.get_by_text("Delete everything", exact=True).click()
    ann.page.get_by_role("button", name="Yes, delete everything").click()
    ann.knows({})
    ann.page.reload()
    ann.page.wait_for_selector(".welcome")
    ann.knows({})


def test_a_person_can_take_their_data_away(visit: Visit, tmp_path: Path) -> None:
    ann = visit()
    ann.ask("I love The Harbour 0 (1960)")
    ann.page.get_by_text("Your data").click()
    with ann.page.expect_download() as download:
        ann.page.get_by_role("button", name="Download it").click()
    download.value.save_as(tmp_path / "data.json")
    data = json.loads((tmp_path / "data.json").read_text(encoding="utf-8"))
    assert "The Harbour 0 (1960)" in str(data["profile"])
    assert [turn["text"] for turn in data["turns"]] == ["I love The Harbour 0 (1960)"]


def test_each_catalogue_has_its_own_conversation(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.ask("a western")
    shelf = ann.page.get_by_role("navigation", name="Catalogues")
    shelf.get_by_role("button").last.press("Enter")
    ann.page.wait_for_selector(".welcome")
    ann.page.reload()
    ann.page.wait_for_selector(".welcome")
    expect(shelf.get_by_role("button").last).to_have_attribute("aria-current", "page")
    shelf.get_by_role("button").first.click()
    expect(ann.page.locator("#past .bubble")).to_have_text(["a western"])


def test_on_a_phone_the_panel_is_a_sheet_and_nothing_is_cut_off(visit: Visit) -> None:
    ann = visit(size=PHONE)
    ann.ask("a western")
    expect(ann.page.locator("#profile")).to_be_hidden()
    ann.page.get_by_role("button", name="What I know").click()
    expect(ann.page.get_by_role("heading", name="What I know about you")).to_be_in_viewport()
    ann.page.keyboard.press("Escape")
    expect(ann.page.locator("#profile")).to_be_hidden()
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_everything_can_be_reached_by_keyboard_and_focus_is_seen(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    like = ann.verdict("Like")
    like.focus()
    ann.page.keyboard.press("Shift+Tab")
    ann.page.keyboard.press("Tab")
    expect(like).to_be_focused()
    assert like.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    ann.page.keyboard.press("Enter")
    expect(like).to_have_attribute("aria-pressed", "true")
