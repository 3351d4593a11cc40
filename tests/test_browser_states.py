"""The page's answers at hand, its pictures, and turns that fail or are stopped, in a real Chromium."""

import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from retrieval.build import build
from retrieval.index import open_index
from retrieval.source import find_source
from tests.browser import CHROMIUM, Visit, Visitor, assistant_of, served
from tests.fakes_retrieval import LetterEmbedder

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found; install the package 'chromium'"),
]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page over six things, five of which have a picture."""
    folder = tmp_path_factory.mktemp("gallery")
    source = folder / "things"
    source.mkdir()
    lines = ["item_id,title,description,kind,image"]
    for n in range(6):
        if n:
            Image.new("RGB", (80, 80 + n), (40 * n, 90, 120)).save(source / f"{n}.png")
        lines.append(
            f"t{n},Thing {n},A plain thing number {n}.,{'lamp' if n % 2 else 'chair'},{f'{n}.png' if n else ''}"
        )
    (source / "items.csv").write_text("\n".join(lines), encoding="utf-8")
    build(find_source(source), folder / "index", home=folder, embedder=LetterEmbedder())
    index = open_index(folder / "index", folder, LetterEmbedder())
    with served({index.manifest.spec.name: assistant_of(index, folder / "people.db")}) as url:
        yield url


def test_a_way_out_of_an_empty_list_is_a_button_with_its_count(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western after 2030")
    ways = ann.page.get_by_role("group", name="Answers at hand").get_by_role("button")
    expect(ways.first).to_have_text(re.compile(r"^without .+ · \d+$"))
    expect(ann.page.locator("#live .card")).to_have_count(0)
    count = int(ways.first.inner_text().rsplit(" ", 1)[1].replace(",", ""))
    ways.first.click()
    expect(ann.page.locator("#live .card")).to_have_count(min(count, 5))


def test_a_yes_to_a_what_if_is_a_button(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western after 1980")
    ann.ask("and without the year?")
    ann.page.get_by_role("button", name="Yes, do that").click()
    expect(ann.page.locator("#live .exchange[data-phase=done] .card")).to_have_count(5)


def test_a_call_that_no_button_of_the_page_makes_is_refused(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western after 2030")
    button = ann.page.get_by_role("group", name="Answers at hand").get_by_role("button").first
    button.evaluate("""button => { button.dataset.call = '{"tool": "forget", "what": "everything"}' }""")
    button.click()
    expect(ann.page.locator("#live [role=alert]")).to_contain_text("reload the page")
    expect(ann.page.locator("#past .bubble")).to_have_text("a western after 2030")


def test_pictures_have_their_place_their_text_and_their_shape_and_cards_without_one_stand_beside_them(
    browser: Browser, gallery: str
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    ann = Visitor(context.new_page(), gallery).arrive()
    ann.ask("a plain thing")
    expect(ann.page.locator("#live .card")).to_have_count(5)
    pictures = ann.page.locator("#live .picture img")
    assert pictures.count() >= 4
    for n in range(pictures.count()):
        picture = pictures.nth(n)
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_attribute("alt", re.compile("^Thing"))
        ann.page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
        box = picture.bounding_box()
        assert box is not None and box["width"] / box["height"] == pytest.approx(4 / 3, rel=0.03)
    assert ann.trouble == []
    context.close()


def test_after_a_failed_turn_another_message_is_one_turn_and_only_that_is_kept(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.page.fill("#box textarea", "break it")
    ann.page.press("#box textarea", "Enter")
    expect(ann.page.get_by_role("alert")).to_contain_text("start it")
    expect(ann.page.locator("#box textarea")).to_have_value("break it")
    ann.page.fill("#box textarea", "a western")
    ann.page.press("#box textarea", "Enter")
    ann.reply_to("a western")
    expect(ann.page.get_by_role("alert")).to_have_count(0)
    ann.page.reload()
    expect(ann.page.locator(".bubble")).to_have_text(["a western"])


def test_what_was_typed_in_the_meantime_is_not_overwritten_by_the_words_of_a_turn_that_was_stopped(
    visit: Visit,
) -> None:
    ann = visit(slow=True)
    ann.page.fill("#box textarea", "a western")
    ann.page.press("#box textarea", "Enter")
    expect(ann.page.get_by_role("button", name="Stop")).to_be_visible()
    expect(ann.page.locator("#box textarea")).to_have_value("")
    ann.page.fill("#box textarea", "rather a comedy")
    ann.page.get_by_role("button", name="Stop").click()
    expect(ann.page.locator("#live .exchange[data-phase=stopped]")).to_be_visible()
    expect(ann.page.locator("#box textarea")).to_have_value("rather a comedy")


def test_enter_that_ends_the_composing_of_a_character_sends_nothing(visit: Visit) -> None:
    ann = visit()
    ann.page.fill("#box textarea", "西部片")
    ann.page.locator("#box textarea").evaluate("""box => box.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))""")
    ann.page.wait_for_timeout(300)
    expect(ann.page.locator(".welcome")).to_be_visible()
    expect(ann.page.locator("#box textarea")).to_have_value("西部片")


def test_a_what_if_that_leaves_nothing_offers_nothing(visit: Visit) -> None:
    ann = visit()
    ann.ask("a western")
    ann.ask("what if it were after 2030?")
    expect(ann.page.get_by_role("button", name="Yes, do that")).to_have_count(0)


def test_escape_stops_a_turn_and_gives_the_words_back(visit: Visit) -> None:
    ann = visit(slow=True)
    ann.page.fill("#box textarea", "a western")
    ann.page.press("#box textarea", "Enter")
    ann.page.wait_for_selector("#live [data-busy]")
    ann.page.keyboard.press("Escape")
    expect(ann.page.locator("#live .exchange[data-phase=stopped]")).to_be_visible()
    expect(ann.page.locator("#box textarea")).to_have_value("a western")
