"""What a model on a server says freely is checked before anybody reads it."""

from collections.abc import Iterator, Mapping

import pytest

from agent.types import Usage
from retrieval.index import Index
from tests.browser import small_catalog
from tests.llm_server import FakeServer, calls, cut, says, serving
from tests.llm_turns import SEARCH, assistant, listing, turn


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Sixty films."""
    return small_catalog(tmp_path_factory.mktemp("llm"))


@pytest.fixture
def server() -> FakeServer:
    """A server that finds westerns."""
    return FakeServer([calls(SEARCH)], [says(listing)])


@pytest.fixture
def url(server: FakeServer) -> Iterator[str]:
    """Its address."""
    with serving(server) as url:
        yield url


async def test_a_made_up_item_in_a_reply_is_left_out_and_counted(server: FakeServer, index: Index, url: str) -> None:
    def with_one_more(body: Mapping[str, object]) -> str:
        return listing(body).replace("\n\nAnything", "\n6. **Once Upon a Time in the West** (1968)\n\nAnything")

    server.replies = [says(with_one_more)]
    done = await turn(assistant(index, url))
    assert "Once Upon a Time" not in done.reply
    assert "Anything else?" in done.reply
    assert [note.kind for note in done.notes] == ["dropped"]
    assert done.tier == "llm; content-only"


async def test_items_that_a_reply_forgot_are_named_by_code_in_their_place(
    server: FakeServer, index: Index, url: str
) -> None:
    def without_two(body: Mapping[str, object]) -> str:
        return "\n".join(line for line in listing(body).splitlines() if not line.startswith(("2.", "5.")))

    server.replies = [says(without_two)]
    done = await turn(assistant(index, url))
    assert [note.kind for note in done.notes] == ["completed", "completed"]
    assert [line[:2] for line in done.reply.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3.", "4.", "5."]
    assert done.tier == "llm+rules; content-only"
    assert done.usage == Usage(200, 40, 2)


async def test_items_told_in_another_order_come_out_in_that_of_the_list(
    server: FakeServer, index: Index, url: str
) -> None:
    def backwards(body: Mapping[str, object]) -> str:
        return "\n".join(reversed([line for line in listing(body).splitlines() if line[:1].isdigit()]))

    server.replies = [says(backwards)]
    await turn(assistant(index, url))


async def test_a_wrong_year_behind_a_title_is_put_right(server: FakeServer, index: Index, url: str) -> None:
    server.replies = [says(lambda body: listing(body).replace("**\n2.", "** (1901)\n2."))]
    done = await turn(assistant(index, url))
    year = f"({done.cards[0].item.facets['year']:.0f})"
    assert year in done.reply
    assert "1901" not in done.reply
    assert [note.kind for note in done.notes] == ["repaired"]


async def test_a_reply_of_which_nothing_holds_is_told_by_the_rules(server: FakeServer, index: Index, url: str) -> None:
    server.plans = [calls(("chat", {"kind": "greeting"}))]
    server.replies = [says("Titanic (1997) by James Cameron won 11 Oscars.")]
    done = await turn(assistant(index, url), "hello")
    assert done.tier == "llm+rules"
    assert "Titanic" not in done.reply
    assert any(note.kind == "fell" and "unfounded" in note.detail for note in done.notes)


async def test_of_a_reply_that_is_cut_only_whole_sentences_were_shown(
    server: FakeServer, index: Index, url: str
) -> None:
    server.replies = [cut(lambda body: listing(body)[:20] + " And by the way, Clint Eastw")]
    done = await turn(assistant(index, url))
    assert "by the way" not in done.reply
    assert done.tier.endswith("rules; content-only")


async def test_a_question_that_was_decided_is_asked_even_if_the_model_forgets_it(
    server: FakeServer, index: Index, url: str
) -> None:
    server.plans = [calls(("ask", {"facet": "genres"}))]
    server.replies = [says("Let me think about that.")]
    done = await turn(assistant(index, url), "anything")
    assert done.reply.startswith("Let me think about that.")
    assert "?" in done.reply
    assert any(genre in done.reply for genre in index.catalog.values("genres"))
    assert [note.kind for note in done.notes] == ["completed"]


async def test_an_unknown_title_is_told_even_if_the_model_passes_over_it(
    server: FakeServer, index: Index, url: str
) -> None:
    server.plans = [calls(("similar_to", {"titles": ["Zyxwvut Quorblax"]}))]
    server.replies = [says("Good taste! Tell me more.")]
    done = await turn(assistant(index, url))
    assert "Zyxwvut Quorblax" in done.reply
    server.replies = [says("I do not know Zyxwvut Quorblax. Which other one do you like?")]
    done = await turn(assistant(index, url))
    assert done.reply == "I do not know Zyxwvut Quorblax. Which other one do you like?"


async def test_an_answer_that_the_model_gave_wrongly_is_given_rightly(
    server: FakeServer, index: Index, url: str
) -> None:
    server.plans = [calls(("details", {"item": "The Harbour 0", "facet": "year"}))]
    server.replies = [says("It came out in 1804. A fine film.")]
    done = await turn(assistant(index, url), "when was The Harbour 0 made?")
    assert "1804" not in done.reply
    assert "1960" in done.reply
