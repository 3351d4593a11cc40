"""Replies in another language: whole sentences of it, the catalogue's labels in it, no word of English in between."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cards import cards_of
from agent.grounding import check
from agent.languages import DEFAULT, languages, words_of
from agent.observations import (
    Answered,
    Compared,
    Dropped,
    Explained,
    Found,
    HandedOff,
    Missed,
    Noted,
    Nothing,
    Observation,
    Question,
    Reach,
    Said,
    Supposed,
    Unresolved,
)
from agent.plan import Chat, Order, Plan, Recommend, Search
from agent.ports import TellContext
from agent.profile import Preference, Statement
from agent.rules.tell import tell
from agent.types import Message
from agent.wording import Wording, wording_of
from retrieval.catalog import Catalog
from retrieval.translation import Translation
from retrieval.types import Candidate, Constraint, Evidence, Item, Op, Relaxation
from tests.shop import ITEMS, SPEC
from tests.telling import records

LABELS = Translation(
    noun="灯",
    counter="盏",
    prompts=("五十块以内的红灯", "月亮那样的，便宜点"),
    facets={"style": "风格", "maker": "品牌", "price": "价格", "year": "年份", "added": "上架日期", "stocked": "有货"},
    units={"price": "美元"},
    negated={"stocked": "缺货"},
    announced={"maker": "{values}出品"},
    more={"price": ("更贵",), "year": ("更新",)},
    less={"price": ("更便宜",), "year": ("更老",)},
    values={
        "style": {"Modern": "现代", "Paper": "纸艺", "Rustic": "乡村", "**Bold**": "粗犷", "<b>": "怪"},
        "maker": {"Ada Weil": "艾达", "Bo Ek": "博", "& &lt; Co": "某社"},
    },
)
TITLES = ("月亮", "太阳", "火星", "火星", "邪灵")
LAMPS = tuple(
    replace(item, title=title, description=f"{title}是一盏光线温和的灯。")
    for item, title in zip(ITEMS, TITLES, strict=True)
)
CATALOGS = {"zh": Catalog(LAMPS, SPEC, {"zh": LABELS}), DEFAULT: Catalog(ITEMS[:4], SPEC)}
"""A catalogue that is wholly in the language: what is in other letters, the teller said."""
LETTERS = {"zh": r"[A-Za-z]+", DEFAULT: words_of("zh").message.script}
"""Letters that no reply in the language may have."""

constraint = st.sampled_from([
    Constraint("style", Op.IN, ("Modern",)),
    Constraint("style", Op.IN, ("Modern", "Paper")),
    Constraint("style", Op.NOT_IN, ("Rustic",)),
    Constraint("maker", Op.IN, ("Ada Weil",)),
    Constraint("stocked", Op.IN, (True,)),
    Constraint("stocked", Op.IN, (False,)),
    *(Constraint(facet, op, (2000.0,)) for facet in ("year", "price") for op in Op),
])  # fmt: skip
weight = st.sampled_from((0.0, 0.1, 0.3, 0.6))
ground = st.builds(
    lambda kind_ref_detail, w: Evidence(*kind_ref_detail, w),
    st.sampled_from([
        ("cf", "a", ""), ("cf", "c", ""), ("text", "a", ""), ("text", "description:0-4", "quote"),
        ("text", "description:0-4", ""), ("graph", "a", "style=Modern"), ("graph", "a", "maker=Ada Weil"),
        ("graph", "c", "year=2010"), ("facet", "style=Modern", "2/3"), ("facet", "maker=Bo Ek", "2/2"),
        ("wish", "style=Modern", "Modern"), ("wish", "price=40", "<= 50"), ("wish", "price=80", "> 50"),
        ("wish", "year=1995", "< 2000"), ("wish", "stocked=True", "True"), ("wish", "style!=Rustic", "Rustic"),
        ("popularity", "popularity_7d", "12"), ("popularity", "popularity", "1"), ("popularity", "trend", "5"),
        ("popularity", "popularity_1d", "9"), ("recency", "year=2010", "2010"),
    ]),
    weight,
)  # fmt: skip
statement = st.sampled_from([
    Statement("item", ("a",), "x"),
    Statement("item", ("b",), "x", polarity=-1),
    Statement("item", ("c",), "x", polarity=-1, confidence=0.3),
    Statement("item", ("d",), "x", seen=True, rated=False),
    Statement("facet", ("Rustic",), "Rustic", polarity=-1, facet="style", hard=True),
    Statement("facet", ("Modern",), "Modern", facet="style"),
    Statement("facet", ("Ada Weil",), "Ada Weil", facet="maker", hard=True),
    Statement("bound", (50.0,), "price at most $50", facet="price", op=Op.LE, hard=True),
    Statement("bound", (1990.0,), "year from 1990 on", facet="year", op=Op.GE, hard=True, scope="session"),
    Statement("facet", ("Paper",), "Paper", facet="style", scope="other", person="12"),
])  # fmt: skip


def whole(code: str, evidence: Sequence[Evidence], item: Item) -> Candidate:
    """A candidate whose evidence speaks of the catalogue's own titles and descriptions."""
    catalog = CATALOGS[code]
    told = []
    for e in evidence:
        source = catalog.get(e.ref)
        detail = item.description[:4] if e.detail == "quote" else source.title if source and not e.detail else e.detail
        told.append(replace(e, detail=detail))
    parts = {"cf": -0.4, "taste": 0.2} if evidence else {"popularity": -0.2}
    return Candidate(item, 0.5, parts, tuple(told))


@st.composite
def turns(draw: st.DrawFn, code: str) -> TellContext:
    """A turn of which nothing is in another language than `code`."""
    catalog = CATALOGS[code]
    said = records(*draw(st.lists(statement, max_size=5)))
    observations = tuple(draw(st.lists(observed(code, said), min_size=1, max_size=3)))
    return TellContext(
        text=draw(st.sampled_from("1234")),
        plan=draw(plan),
        observations=observations,
        cards=cards_of(observations, catalog, said, code),
        preferences=said,
        messages=draw(st.sampled_from(((), (Message("user", "1"), Message("assistant", "2"))))),
        person=draw(st.sampled_from(("", "12", "someone else"))),
        turn=draw(st.integers(1, 9)),
        language=code,
    )


@st.composite
def observed(draw: st.DrawFn, code: str, said: tuple[Preference, ...]) -> Observation:
    """One thing that a tool may report."""
    conditions = tuple(draw(st.lists(constraint, max_size=4, unique=True)))
    catalog = CATALOGS[code]
    chosen = draw(st.lists(st.sampled_from(catalog.items), min_size=1, max_size=4, unique_by=lambda i: i.item_id))
    candidates = tuple(whole(code, draw(st.lists(ground, max_size=5)), item) for item in chosen)
    facet = draw(st.sampled_from(("style", "maker", "price", "year", "added", "stocked")))
    some = st.sampled_from([
        *lists(candidates, conditions, catalog.items[:2]),
        *memories(said),
        *answers(catalog.items[0], facet),
        *comparisons(catalog.items[:2], candidates[0], wording_of(catalog, code)),
        *explanations(candidates[0], conditions),
        Supposed(conditions[:1], conditions[1:2], 12, 30, catalog.items[:2]),
        Unresolved("7", catalog.items[:3]),
        *TALK,
    ])  # fmt: skip
    return draw(some)


def lists(
    found: tuple[Candidate, ...], conditions: tuple[Constraint, ...], anchors: tuple[Item, ...]
) -> list[Observation]:
    return [
        Found(found, 12, conditions),
        Found(found, 1200, conditions, anchors),
        Found(found, 1, conditions, (), "", "price"),
        Found(found, 3, conditions, more=True),
        Nothing(conditions, (Relaxation(conditions[:2], 7), Relaxation(conditions[:1], 1200))),
        Nothing(conditions, (), exhausted=True),
        Nothing(conditions, (), reach=(Reach("price", 15.5, True), Reach("year", 2020.0, False))),
    ]


def memories(said: tuple[Preference, ...]) -> list[Observation]:
    return [
        Noted(said, said[:1]),
        Dropped(said, "7"),
        Dropped(said[:1], "last", undone=True, restored=said[1:]),
        Dropped((), "everything"),
    ]


def answers(item: Item, facet: str) -> list[Observation]:
    about = Answered(item, "", "", "value", item.description)
    if facet not in item.facets:
        return [about, Answered(item, "?", facet, "unknown")]
    return [about, Answered(item, "?", facet, "yes", "7"), Answered(item, "?", facet, "no", "7")]


def comparisons(items: tuple[Item, ...], better: Candidate, words: Wording) -> list[Observation]:
    row = (words.facet("price").label, tuple(words.value("price", i.facets["price"]) for i in items))
    return [
        Compared(items, (row,), (("maker", words.value("maker", "Ada Weil")),), better),
        Compared(items, (), asked="price", winner=items[0]),
        Compared(items, (), asked="price"),
    ]


def explanations(candidate: Candidate, conditions: tuple[Constraint, ...]) -> list[Observation]:
    item = candidate.item
    return [
        Explained(candidate),
        Missed(item, conditions[:2]),
        Missed(item, known="seen"),
        Missed(item, known="liked"),
        Missed(item, known="disliked"),
        *(Missed(item, rank=rank, candidate=candidate) for rank in (3, 40, 900, None)),
    ]


plan = st.sampled_from([
    Plan(actions=(Chat(kind="unclear"),)),
    Plan(actions=(Recommend(surprise=True),)),
    Plan(actions=(Search(query="7", sort=Order(facet="price", descending=False)),)),
])  # fmt: skip
KINDS = (
    *("greeting", "thanks", "goodbye", "help", "insult", "profile", "smalltalk", "offtopic", "unclear", "empty"),
    "oneself",
)
TALK: list[Observation] = [
    *(Said(kind) for kind in KINDS),
    Unresolved("7"),
    Unresolved("[9]"),
    Question("style", (("Modern", 3), ("Rustic", 1))),
    Question("style", ()),
    HandedOff(""),
]


@pytest.mark.parametrize("code", sorted(CATALOGS))
@given(data=st.data())
def test_no_word_of_another_language_slips_into_a_reply(code: str, data: st.DataObject) -> None:
    context = data.draw(turns(code))
    reply = "".join(tell(context, CATALOGS[code], code))
    assert not re.findall(LETTERS[code], reply), reply
    assert not re.findall(LETTERS[code], "".join(r.text for c in context.cards for r in c.reasons))
    assert "{" not in reply and "  " not in reply.replace("|  |", "") and reply == reply.strip()
    assert check(reply, context.cards, CATALOGS[code].items).holds, reply


@given(data=st.data(), code=st.sampled_from(languages()))
def test_a_catalogue_without_words_in_the_language_is_told_in_its_own(data: st.DataObject, code: str) -> None:
    context = data.draw(turns(DEFAULT))
    cards = cards_of(context.observations, CATALOGS[DEFAULT], context.preferences, code)
    reply = "".join(tell(replace(context, language=code, cards=cards), CATALOGS[DEFAULT], code))
    assert check(reply, cards, ITEMS).holds, reply


@pytest.mark.parametrize("code", sorted(CATALOGS))
@given(said=st.lists(statement, min_size=1, max_size=6))
def test_the_ledger_is_labelled_in_the_language_of_the_turn(code: str, said: list[Statement]) -> None:
    told = wording_of(CATALOGS[code], code).labelled(records(*said))
    assert not re.findall(LETTERS[code], " ".join(p.said.label for p in told))
    assert [p.said.values for p in told] == [p.said.values for p in records(*said)]


def test_an_amount_of_money_is_one_whatever_its_currency_is_called() -> None:
    words = wording_of(CATALOGS["zh"], "zh")
    assert words.family("price") == "money"
    assert (words.value("price", 15.5), words.value("price", 12000.0)) == ("15.50 美元", "12,000 美元")
    assert words.condition(Constraint("price", Op.LT, (50.0,))) == "价格不到 50 美元"
    assert words.bound(Constraint("price", Op.LT, (50.0,))) == "低于 50 美元"
