"""Plans as text: written as a required call, read back the same, and what the schema lets through can be run."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import BadPlan
from agent.plan import Action, Chat, Compare, Filter, Forget, Recommend, Remember, Search, SimilarTo
from agent.plan_text import plan_from, plan_schema, plan_text
from retrieval.types import Op
from tests.shop import SHOP

SCHEMA = json.loads(json.dumps(plan_schema(SHOP), default=dict))
_FILTERS = st.sampled_from(
    [
        Filter(facet="price", op=Op.LE, values=(20.0,)),
        Filter(facet="price", op=Op.IN, values=(5.0, 7.5)),
    ]
)
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
_ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Search, query=_WORDS, filters=st.lists(_FILTERS, max_size=2).map(tuple), keep=st.booleans()),
    st.builds(
        Remember, likes=st.lists(_WORDS, max_size=2).map(tuple), dislikes=st.lists(_WORDS, max_size=2).map(tuple)
    ),
    st.builds(SimilarTo, titles=st.lists(_WORDS, min_size=1, max_size=2).map(tuple), twist=_WORDS),
    st.builds(Recommend, more=st.booleans(), count=st.none() | st.integers(1, 50)),
    st.builds(Compare, items=st.lists(_WORDS, min_size=1, max_size=3).map(tuple)),
    st.builds(Forget, what=_WORDS),
    st.builds(Chat, kind=st.sampled_from(["greeting", "thanks"])),
)


@given(st.lists(_ACTIONS, min_size=1, max_size=6))
def test_a_plan_written_down_fits_the_schema_and_is_read_back_the_same(actions: list[Action]) -> None:
    text = plan_text(actions)
    jsonschema.validate(json.loads(text), SCHEMA)
    assert plan_from(text, SHOP).actions == tuple(actions)


def test_whole_numbers_are_written_whole() -> None:
    call = Search(filters=(Filter(facet="price", op=Op.IN, values=(5.0, 7.5)),))
    assert '"values":[5,7.5]' in plan_text([call])
    assert plan_from(plan_text([call]), SHOP).actions == (call,)


def test_defaults_and_spaces_are_left_out() -> None:
    assert plan_text([Search(query="lamp"), Chat(kind="thanks")]) == (
        '[{"name":"search","parameters":{"query":"lamp"}},{"name":"chat","parameters":{"kind":"thanks"}}]'
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Sure! Here are some lamps.", "no tool was called"),
        ('[{"name":"explode","parameters":{}}]', "there is no tool 'explode'"),
        (
            '[{"name":"search","parameters":{"filters":[{"facet":"colour of sound","op":"in","values":["a"]}]}}]',
            "colour",
        ),
        ('[{"name":"similar_to","parameters":{"titles":[]}}]', "titles"),
    ],
)
def test_what_is_no_plan_is_refused_with_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(BadPlan, match=why):
        plan_from(text, SHOP)


def test_the_schema_knows_no_facet_that_the_catalogue_lacks() -> None:
    call = [{"name": "search", "parameters": {"filters": [{"facet": "director", "op": "in", "values": ["a"]}]}}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(call, SCHEMA)
