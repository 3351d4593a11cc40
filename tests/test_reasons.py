"""Why a card is there: short sentences that say what the evidence says, and no more."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import AgentError
from agent.profile import Moment, Profile, Statement, remember
from agent.reasons import liked_by_speaker, reasons
from retrieval.types import Candidate, Evidence, EvidenceKind
from tests.shop import LUNA, MARS, SHOP, SOL, candidate

TOGETHER = Evidence("cf", "a", "Luna", 0.4)
TOGETHER_TOO = Evidence("cf", "b", "Sol", 0.3)
BY_WEIL = Evidence("graph", "a", "maker=Ada Weil", 0.2)
MODERN = Evidence("graph", "a", "style=Modern", 0.1)


def texts(found: Candidate, **options: frozenset[str]) -> list[str]:
    return [r.text for r in reasons(found, SHOP, **options)]  # type: ignore[arg-type]


def only(found: Candidate) -> str:
    (text,) = texts(found)
    return text


def test_items_that_go_together_are_named() -> None:
    assert "Luna and Sol" in only(candidate(MARS, TOGETHER, TOGETHER_TOO))


def test_only_what_the_person_likes_is_said_to_be_liked_by_them() -> None:
    found = candidate(MARS, TOGETHER, TOGETHER_TOO)
    for liked in (frozenset[str](), frozenset({"a"})):
        assert "you like" not in texts(found, liked=liked)[0].lower()
    several = {texts(replace(found, item=replace(MARS, item_id=i)), liked=frozenset("ab"))[0] for i in "abcdefgh"}
    assert any("ecause you like Luna and Sol" in text for text in several)
    assert len(several) > 2


def test_what_makes_most_of_a_score_is_said_to_weigh_most() -> None:
    strong, weak = (replace(TOGETHER, weight=weight) for weight in (0.7, 0.2))
    told = {w: texts(candidate(MARS, e), liked=frozenset("a"))[0] for w, e in (("strong", strong), ("weak", weak))}
    assert told["strong"] != told["weak"]
    most = ("Above all", "Mostly", "weighs most", "It is Luna")
    assert any(sign in told["strong"] for sign in most) and not any(sign in told["weak"] for sign in most)


def test_what_the_log_knows_of_the_person_is_said_to_be_past() -> None:
    found = candidate(MARS, TOGETHER)
    (told,) = reasons(found, SHOP, past=frozenset("a"))
    assert "before" in told.text and "you like" not in told.text.lower()
    (stated,) = reasons(found, SHOP, liked=frozenset("a"), past=frozenset("a"))
    assert "before" not in stated.text
    assert "before" not in only(found)


def test_what_the_others_hardly_add_is_not_named() -> None:
    text = only(candidate(MARS, TOGETHER, Evidence("cf", "b", "Sol", 0.05)))
    assert "Luna" in text
    assert "Sol" not in text


def test_a_shared_value_is_announced_in_the_catalogues_words() -> None:
    text = only(candidate(SOL, BY_WEIL))
    assert "made by Ada Weil" in text and "Luna" in text


def test_values_shared_with_one_item_make_one_sentence() -> None:
    text = only(candidate(SOL, BY_WEIL, MODERN))
    assert text.endswith(": made by Ada Weil, style Modern")
    assert "Luna" in text


@pytest.mark.parametrize(
    ("detail", "liked", "said"),
    [
        ("2/2", "ab", "both lamps you like"),
        ("2/2", "", "both lamps we started from"),
        ("2/3", "abc", "2 of the 3 lamps you like"),
        ("4/4", "a", "all 4 lamps we started from"),
    ],
)
def test_a_value_that_several_share_says_how_many(detail: str, liked: str, said: str) -> None:
    found = candidate(SOL, Evidence("facet", "style=Modern", detail, 0.2))
    (text,) = texts(found, liked=frozenset(liked))
    assert "Modern" in text and said in text


def test_a_quotation_is_the_words_of_the_description_cut_at_a_word() -> None:
    sentence = "word " * 60
    item = replace(SOL, description=sentence)
    text = only(candidate(item, Evidence("text", "description:0-300", sentence, 0.3)))
    quote = text[text.index("“") + 1 : text.index("”")]
    assert quote.endswith("word…")
    assert quote.removesuffix("…") in sentence
    assert len(quote) <= 141


def test_a_match_without_a_telling_sentence_quotes_nothing() -> None:
    assert "“" not in only(candidate(SOL, Evidence("text", "description:0-20", "", 0.3)))


def test_wishes_and_conditions_are_told_as_one_each_value_once() -> None:
    found = candidate(
        LUNA,
        Evidence("wish", "style=Modern", "Modern", 0.2),
        Evidence("wish", "style=Modern", "Modern", 0.0),
        Evidence("wish", "price=40", "<= 50", 0.0),
        Evidence("wish", "stocked=True", "True", 0.0),
        Evidence("wish", "style!=Rustic", "Rustic", 0.0),
    )
    assert only(found).endswith(": Modern, price $40 (your limit: $50), in stock and no Rustic")


def test_conditions_that_hold_for_every_card_are_left_to_cards_with_nothing_better() -> None:
    condition = Evidence("wish", "style=Modern", "Modern", 0.0)
    assert len(texts(candidate(SOL, TOGETHER, BY_WEIL, condition))) == 2
    assert any("Modern" in text for text in texts(candidate(SOL, TOGETHER, condition)))


def test_popularity_is_a_reason_only_when_it_drove_the_score() -> None:
    weak, strong = (Evidence("popularity", "popularity_7d", "12", weight) for weight in (0.1, 0.6))
    assert len(texts(candidate(SOL, TOGETHER, weak))) == 1
    told = texts(candidate(SOL, TOGETHER, strong))
    assert "12 times in the last 7 days" in told[1]


@pytest.mark.parametrize(
    ("window", "count", "said"),
    [
        ("popularity", "1234", "1,234 times"),
        ("popularity_1d", "1", "once on the last day"),
        ("trend", "3", "ately"),
    ],
)
def test_a_window_of_the_log_is_named_as_what_it_is(window: str, count: str, said: str) -> None:
    assert said in only(candidate(SOL, Evidence("popularity", window, count, 0.9)))


def test_what_nobody_went_for_is_not_called_popular() -> None:
    assert texts(candidate(SOL, Evidence("popularity", "trend", "-2", 0.9))) == []


def test_newness_names_its_facet() -> None:
    assert only(candidate(MARS, Evidence("recency", "year=2010", "2010", 0.9))).endswith(": year 2010")


def test_there_are_at_most_three_and_what_is_about_this_item_comes_first() -> None:
    found = candidate(
        SOL,
        Evidence("popularity", "popularity", "9", 0.5),
        TOGETHER,
        BY_WEIL,
        Evidence("wish", "style=Modern", "Modern", 0.1),
    )
    told = reasons(found, SHOP)
    assert [r.evidence[0].kind for r in told] == ["cf", "graph", "wish"]


def test_without_evidence_nothing_is_claimed() -> None:
    assert reasons(candidate(SOL), SHOP) == ()


def test_the_same_card_always_reads_the_same_and_cards_differ() -> None:
    told = [texts(candidate(replace(MARS, item_id=str(n)), TOGETHER)) for n in range(12)]
    assert told == [texts(candidate(replace(MARS, item_id=str(n)), TOGETHER)) for n in range(12)]
    assert len({t[0] for t in told}) > 1


def test_a_title_with_line_breaks_stays_on_its_line() -> None:
    assert "\n" not in only(candidate(SOL, Evidence("cf", "a", "Lu\nna\x00", 0.4)))


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(AgentError, match=r"reasons\.tlh\.toml' is missing"):
        reasons(candidate(SOL, TOGETHER), SHOP, "tlh")


def test_what_was_said_for_others_or_without_a_verdict_is_not_a_like_of_the_speaker() -> None:
    said = [
        Statement("item", ("a",), "Luna"),
        Statement("item", ("b",), "Sol", polarity=-1),
        Statement("item", ("c",), "Mars", seen=True, rated=False),
        Statement("item", ("d",), "Mars", scope="other", person="my dad"),
    ]
    assert liked_by_speaker(remember(Profile(), said, Moment("s", 1, "")).records) == {"a"}


KINDS: list[EvidenceKind] = ["cf", "text", "facet", "graph", "wish", "popularity", "recency"]
REFS: dict[EvidenceKind, tuple[str, str]] = {
    "cf": ("a", "Luna"),
    "text": ("description:0-4", "Luna"),
    "facet": ("style=Modern", "1/2"),
    "graph": ("a", "style=Modern"),
    "wish": ("style=Modern", "Modern"),
    "popularity": ("popularity", "3"),
    "recency": ("year=1995", "1995"),
}
EVIDENCE = st.builds(
    lambda kind, weight: Evidence(kind, *REFS[kind], weight), st.sampled_from(KINDS), st.floats(0, 1, width=16)
)


@given(st.lists(EVIDENCE, max_size=8))
def test_every_sentence_stands_on_evidence_of_its_card(evidence: list[Evidence]) -> None:
    told = reasons(candidate(LUNA, *evidence), SHOP)
    assert len(told) <= 3
    assert bool(told) == bool(evidence)
    for reason in told:
        assert reason.evidence
        assert set(reason.evidence) <= set(evidence)
        assert reason.text
        assert "{" not in reason.text
