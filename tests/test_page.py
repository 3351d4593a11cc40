"""The parts of the page that need no browser: who is asking, what is shown, and that text stays text."""

import json
import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import BadRequest
from agent.plan import Chat, Plan
from agent.profile import Moment, Profile, Statement, forget, remember
from agent.types import Card, Done, Event, Failed, Planned, Reason, Recommended, TextDelta
from retrieval.catalog import Catalog
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Evidence, Item, Op
from ui.labels import labels
from ui.page_cards import Chip, Ground, card_view
from ui.page_click import click_of
from ui.page_html import Press
from ui.page_ids import fresh, moved, visit
from ui.page_profile import profile_view
from ui.page_turn import Exchange, after, pictures

SPEC = CatalogSpec(
    noun="film",
    nouns="films",
    facets={
        "year": FacetSpec(kind="numeric", label="year"),
        "genres": FacetSpec(kind="categorical", label="genre", multi=True),
        "runtime": FacetSpec(kind="numeric", label="runtime", unit="min"),
        "stocked": FacetSpec(kind="boolean", label="in stock"),
        "hidden": FacetSpec(kind="categorical", label="code", explainable=False),
    },
)
HEAT = Item("heat", "Heat", "A thief and a policeman. " * 20, {"year": 1995.0, "genres": ("Crime", "Drama", "Epic")})
RONIN = Item("ronin", "Ronin", "Cars.", {"year": 1998.0, "runtime": 122.0, "stocked": True, "hidden": "x"})
CATALOG = Catalog([HEAT, RONIN], SPEC)
NOW = Moment("s", 1, "2026-01-01T00:00:00+00:00")
PLAN = Plan(actions=(Chat(kind="greeting"),))
TAGS = re.compile(r"<(?!/?(?:p|ol|ul|li|strong|em|code|pre|br|hr|h[1-6]|blockquote|table|thead|tbody|tr|th|td|a)\b)")


def test_a_new_browser_gets_ids_that_nobody_can_guess() -> None:
    first, second = visit(None, ["films"]).visitor, visit(None, ["films"]).visitor
    ids = {first.user, first.session, second.user, second.session}
    assert len(ids) == 4
    assert min(map(len, ids)) >= 43


def test_a_browser_that_comes_back_is_the_same_person_in_every_catalogue() -> None:
    there = visit(None, ["films", "shop"])
    assert visit(there.model_dump_json(), ["films", "shop"]) == there
    assert there.visitors["films"].user != there.visitors["shop"].user


def test_a_catalogue_that_is_new_or_gone_changes_nothing_for_the_others() -> None:
    there = moved(visit(None, ["films", "shop"]), "shop", {"films": 0, "shop": 0})
    later = visit(there.model_dump_json(), ["films", "books"])
    assert later.catalog == "films"
    assert later.visitors["films"] == there.visitors["films"]
    assert set(later.visitors) == {"films", "books", "shop"}
    assert visit(later.model_dump_json(), ["films", "shop"]).visitors["shop"] == there.visitors["shop"]
    assert moved(later, "shop", {"films": 0, "books": 0}) == later


@given(st.one_of(st.none(), st.text(), st.integers(), st.dictionaries(st.text(), st.text()).map(json.dumps)))
def test_whatever_else_a_browser_sends_is_a_stranger(kept: object) -> None:
    assert visit(kept, ["films"]).visitor.user not in str(kept)


def test_a_new_conversation_keeps_the_person_and_an_erasure_does_not() -> None:
    there = visit(None, ["films"])
    assert fresh(there).visitor.user == there.visitor.user
    assert fresh(there).visitor.session != there.visitor.session
    assert fresh(there, forget=True).visitor.user != there.visitor.user


@pytest.mark.parametrize(
    "data", [None, [], {"act": "sudo"}, {"act": "edit", "user": "bob"}, {"act": "react", "item": 7}]
)
def test_a_click_that_the_page_cannot_send_is_refused(data: object) -> None:
    with pytest.raises(BadRequest, match="reload the page"):
        click_of(data)


@given(st.text())
def test_a_reply_becomes_nothing_but_text_markup(text: str) -> None:
    assert not TAGS.search(Press().markdown(text))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![p](http://example.com/p.png)",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,x)",
        "[a](//example.com)",
        "<javascript:alert(1)>",
        '[a](http://example.com"onmouseover=alert(1))',
    ],
)
def test_markdown_cannot_run_load_or_lead_anywhere_but_the_web(text: str) -> None:
    html = str(Press().markdown(text))
    assert not re.search(r"<(?!/?(p|a)\b)", html)
    assert all(href.startswith(("http://", "https://")) for href in re.findall(r'href="([^"]*)"', html))
    assert html.count("<a ") == html.count('rel="noopener noreferrer"')


def test_a_card_says_what_its_item_and_evidence_hold() -> None:
    reason = Reason(
        "Because you loved Heat",
        (Evidence("cf", "heat", "Heat", 0.46), Evidence("wish", "genres!=Horror", "Horror", 0.0)),
    )
    view = card_view(Card(1, RONIN, 0.876, (reason,)), CATALOG)
    assert (view.title, view.aside, view.percent) == ("Ronin", "1998", 88)
    assert view.chips == (Chip("122 min", "runtime"), Chip("in stock: yes", "in stock"))
    assert view.reasons[0].grounds == (
        Ground("People with this taste", "Heat (1995)", "", 46),
        Ground("What you asked for", "genre: not Horror", "", 0),
    )


def test_a_card_quotes_the_span_it_stands_on_and_stays_short() -> None:
    reason = Reason("The plot speaks of it", (Evidence("text", "description:0-23", "A thief and a policeman.", 0.2),))
    view = card_view(Card(1, HEAT, 0.5, (reason,)), CATALOG)
    assert view.reasons[0].grounds[0].refers == "Heat (1995)"
    assert view.reasons[0].grounds[0].detail == "A thief and a policeman."
    assert view.excerpt.endswith(" …")
    assert len(view.excerpt) <= 202
    assert [chip.text for chip in view.chips] == ["Crime", "Drama"]


@pytest.mark.parametrize(
    ("evidence", "refers", "detail"),
    [
        (Evidence("popularity", "popularity", "412", 0.5), "the whole log", "412 times"),
        (Evidence("popularity", "popularity_1d", "3", 0.5), "the last day of the log", "3 times"),
        (Evidence("popularity", "popularity_14d", "9", 0.5), "the last 14 days of the log", "9 times"),
        (Evidence("popularity", "trend", "2", 0.5), "lately, next to before", ""),
        (Evidence("text", "ronin", "Ronin", 0.5), "Ronin (1998)", ""),
        (Evidence("graph", "ronin", "genres=Crime", 0.5), "Ronin (1998)", "genre: Crime"),
        (Evidence("facet", "genres=Crime", "3/4", 0.5), "genre: Crime", "3 of 4 you like"),
        (Evidence("wish", "runtime=122", "<= 130", 0.0), "runtime: 122", "<= 130"),
    ],
)
def test_evidence_is_written_for_people(evidence: Evidence, refers: str, detail: str) -> None:
    ground = card_view(Card(1, HEAT, 0.5, (Reason("So", (evidence,)),)), CATALOG).reasons[0].grounds[0]
    assert (ground.refers, ground.detail) == (refers, detail)


def test_the_panel_groups_what_holds_and_keeps_what_ended_as_history() -> None:
    profile = remember(
        Profile(),
        [
            Statement("item", ("heat",), "Heat (1995)"),
            Statement("item", ("ronin",), "Ronin (1998)", seen=True, rated=False),
            Statement("facet", ("Horror",), "Horror", polarity=-1, facet="genres", hard=True),
            Statement("bound", (2000.0,), "year before 2000", facet="year", op=Op.LT, hard=True, scope="session"),
            Statement("wish", ("rain",), "rain"),
            Statement("facet", ("Drama",), "Drama", facet="genres", scope="other", person="my dad"),
        ],
        NOW,
    )
    profile = forget(profile, ["p5"])
    view = profile_view(profile, "s", labels().part)
    assert {g.title: [line.label for line in g.lines] for g in view.groups} == {
        "Likes": ["Heat (1995)"],
        "Never": ["Horror"],
        "Conditions": ["year before 2000"],
        "Seen": ["Ronin (1998)"],
        "Likes, for my dad": ["Drama"],
    }
    assert [(past.label, past.ending) for past in view.history] == [("rain", "deleted")]
    assert view.verdicts == {"heat": ["like"], "ronin": ["seen"]}
    assert "Conditions" not in {g.title for g in profile_view(profile, "another", labels().part).groups}


async def test_a_turn_is_shown_from_its_first_event_to_its_last() -> None:
    card = Card(1, HEAT, 0.5)

    async def events() -> AsyncIterator[Event]:
        yield Planned(PLAN, "rules")
        yield Recommended((card,), 1)
        for word in ("One ", "two ", "three."):
            yield TextDelta(word)
        yield Done("One two three.", (card,), (), PLAN, "rules; cf", {}, "s", 1)

    seen = [picture async for picture in pictures("hi", events())]
    assert [picture.phase for picture in seen[:2]] == ["looking", "telling"]
    assert seen[1].cards == (card,)
    assert seen[-1] == Exchange("hi", "done", "One two three.", (card,), "rules; cf")
    assert not seen[-1].busy


def test_a_failure_keeps_what_was_said() -> None:
    failed = after(Failed("model_down", "it is down"), Exchange("hi", "telling", "Wel"))
    assert (failed.said, failed.phase, failed.code, failed.error) == ("hi", "failed", "model_down", "it is down")


def test_every_text_on_the_page_is_escaped() -> None:
    bad = "\"><script>x</script>'"
    item = Item(bad, bad, bad, {"genres": (bad,)})
    catalog = Catalog([item], SPEC)
    reason = Reason(bad, (Evidence("text", bad, bad, 0.1),))
    profile = forget(remember(Profile(), [Statement("item", (bad,), bad, words=bad)] * 2, NOW), ["p1"])
    press = Press()
    pages = [
        press.exchange(Exchange(bad, "done", bad, (Card(1, item, 0.5, (reason,)),), bad), catalog),
        press.exchange(Exchange(bad, "failed", error=bad, code=bad), catalog),
        press.profile(profile, "s", catalog, note=bad),
        press.trouble(bad, bad),
    ]
    assert not [page for page in pages if "<script" in page]
    assert json.loads(
        re.findall(r'data-verdicts="([^"]*)"', pages[2])[0].replace("&#34;", '"').replace("&#39;", "'")
    ) == {bad: ["like"]}


@pytest.mark.parametrize(
    ("address", "shown"),
    [("https://example.org/heat", True), ("javascript:alert(1)", False), ("ftp://example.org", False)],
)
def test_a_card_links_its_source_only_to_the_web(address: str, shown: bool) -> None:
    spec = CatalogSpec(facets={"link": FacetSpec(kind="text", label="Encyclopedia")})
    item = Item("x", "Heat", "A heist.", {"link": address})
    view = card_view(Card(1, item, 0.5), Catalog([item], spec))
    assert (view.source_label, view.source) == (("Encyclopedia", address) if shown else ("", ""))
