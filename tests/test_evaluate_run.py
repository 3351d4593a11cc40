"""An evaluation as it is run: cases from files, a model asked, answers kept, tables made."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from agent.config import Settings
from agent.errors import BadPlan, ModelDown
from agent.plan import Chat, Filter, Plan, Recommend, Search
from agent.ports import PlanContext, TellContext, Understood
from agent.rules.model import RulesModel
from agent.types import Credit, Note, Usage
from finetune.errors import BadOptions, BadRows, FinetuneError, NoAnswer, OtherRun
from finetune.evaluate import Report, Wanted, evaluate
from finetune.evaluate_cases import Case, World, sample
from finetune.evaluate_models import Two, contender
from finetune.evaluate_predict import Prediction, predict, read_kept
from finetune.evaluate_replies import Held, Script, Stage, hold_all
from finetune.evaluate_score import score_plans, score_turns
from finetune.evaluate_sets import Sets, cases_of, scripts_of, world_of
from finetune.evaluate_turns import read_turns
from retrieval.index import Index
from retrieval.progress import Quiet
from retrieval.types import Op
from tests.light_index import light_index

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(light_index("movies"))


@pytest.fixture(scope="module")
def cases(world: World) -> tuple[Case, ...]:
    return sample(read_turns(HERE / "turns_en.jsonl", lambda _: world), 12, 3)


class Answering:
    """A model that answers what it is told to, and counts how often it is asked."""

    tier = "fake"

    def __init__(self, *answers: Understood | Exception, replies: Sequence[str] = ()) -> None:
        self._answers, self._replies, self.asked = answers, replies, 0

    async def plan(self, context: PlanContext) -> Understood:
        self.asked += 1
        answer = self._answers[min(self.asked, len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        for piece in self._replies:
            yield piece
        yield Credit(self.tier, Usage(100, 20, 1))


def planned(*notes: Note) -> Understood:
    return Understood(Plan(actions=(Recommend(),)), Credit("fake", Usage(50, 10, 1), notes))


def test_hand_written_turns_are_read_as_the_rules_understand_them(world: World, tmp_path: Path) -> None:
    turns = read_turns(HERE / "turns_en.jsonl", lambda name: world_of(light_index(name)))
    turns = sample([turn for turn in turns if turn.world.name == world.name], 40, 0)
    given = asyncio.run(predict(RulesModel(world.linker, world.catalog), turns, tmp_path / "p.jsonl"))
    found = score_plans(turns, given, 0).figures
    assert {name: f.value for name, f in found.items()} == dict.fromkeys(found, 1.0)
    assert found["plan"].cases == 40


def test_a_comparing_word_counts_as_the_bound_that_it_becomes(world: World) -> None:
    context = PlanContext("older", shown=world.catalog.items[:1], last=Search())
    year = float(str(world.catalog.items[0].facets["year"]))
    bound = Search(filters=(Filter(facet="year", op=Op.LT, values=(year,)),), keep=True)
    case = Case("a", "turns", "critique", "a", world, context, (bound,))
    said = Prediction(id="a", plan=(Search(query="older", keep=True),), valid=True, ms=1.0)
    other = said.model_copy(update={"plan": (Search(query="newer", keep=True),)})
    assert score_plans([case], {"a": said}, 0).figures["conditions"].value == 1.0
    assert score_plans([case], {"a": other}, 0).figures["conditions"].value == 0.0


def test_answers_are_kept_and_only_the_others_are_asked_for_again(cases: Sequence[Case], tmp_path: Path) -> None:
    path, model = tmp_path / "p.jsonl", Answering(planned())
    asyncio.run(predict(model, cases[:5], path))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id": "cut in the mid')  # killed while it wrote
    given = asyncio.run(predict(model, cases, path))
    assert model.asked == 12
    assert list(given) == [case.id for case in cases]
    assert len(read_kept(path, Prediction)) == 12


def test_a_plan_that_was_refused_counts_as_none_and_a_mended_one_as_invalid(
    cases: Sequence[Case], tmp_path: Path
) -> None:
    model = Answering(BadPlan("no plan"), planned(Note("repaired", "a plan")), planned())
    given = list(asyncio.run(predict(model, cases[:3], tmp_path / "p.jsonl")).values())
    assert [p.valid for p in given] == [False, False, True]
    assert given[0].plan is None
    assert given[0].error == "no plan"
    assert score_plans(cases[:3], {p.id: p for p in given}, 0).tokens == {"prompt": 33.3, "completion": 6.7}


def test_a_model_that_is_down_ends_the_run_and_what_it_answered_stays(cases: Sequence[Case], tmp_path: Path) -> None:
    model = Answering(planned(), ModelDown("gone"))
    with pytest.raises(NoAnswer, match=r"gone.*run again"):
        asyncio.run(predict(model, cases, tmp_path / "p.jsonl"))
    assert len(read_kept(tmp_path / "p.jsonl", Prediction)) == 1


def test_a_damaged_line_of_kept_answers_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"nothing": 1}\n', encoding="utf-8")
    with pytest.raises(BadRows, match=r"p\.jsonl:1: no prediction"):
        read_kept(path, Prediction)


def test_a_line_that_is_no_turn_is_named(world: World, tmp_path: Path) -> None:
    path = tmp_path / "turns_en.jsonl"
    path.write_text('{"kind": "x", "text": "y", "plan": [{"tool": "fly"}]}\n', encoding="utf-8")
    with pytest.raises(BadRows, match=r"turns_en\.jsonl:1: .*no tool 'fly'"):
        read_turns(path, lambda _: world)


def test_a_sample_is_the_same_for_a_seed_and_holds_the_smaller_one(cases: Sequence[Case]) -> None:
    small, large = sample(cases, 4, 1), sample(cases, 8, 1)
    assert small == sample(cases, 4, 1)
    assert {c.id for c in small} < {c.id for c in large}
    assert sample(cases, None, 1) == tuple(cases)


def held_by(model: Answering | RulesModel, texts: Sequence[str], folder: Path) -> Held:
    stage = Stage(light_index("movies"), model, folder)
    return asyncio.run(hold_all(stage, [Script("d", tuple(texts))], folder / "held.jsonl"))["d"]


def test_words_that_the_data_does_not_bear_out_are_counted_before_and_not_read_after(tmp_path: Path) -> None:
    model = Answering(planned(), replies=("Try **Qwertz the Movie** by Zyx Uvw. ", "Some of these may please you."))
    (turn,) = held_by(model, ["what should I watch?"], tmp_path).turns
    assert turn.raw_faults
    assert turn.faults == ()
    assert "Qwertz" not in turn.reply
    assert turn.cards > 0
    assert (turn.prompt, turn.completion) == (150, 30)
    assert 0 < turn.plan_ms <= turn.first_ms <= turn.turn_ms
    figures = score_turns([Held(id="d", turns=(turn,))], 0).figures
    assert (figures["before"].value, figures["after"].value, figures["own"].value) == (0.0, 1.0, 0.0)


def test_what_the_rules_say_in_a_dialogue_holds(tmp_path: Path) -> None:
    index = light_index("movies")
    texts = ["a funny film from the 90s", "why the first one?", "I loved Heat but hated Titanic", "thanks"]
    held = held_by(RulesModel(index.linker, index.catalog), texts, tmp_path)
    assert [turn.faults for turn in held.turns] == [()] * 4
    assert [turn.tools for turn in held.turns][:2] == [("search",), ("why",)]
    assert read_kept(tmp_path / "held.jsonl", Held) == (held,)


def test_one_model_plans_and_the_other_one_tells(world: World) -> None:
    planner, teller = Answering(planned()), Answering(Understood(Plan(actions=(Chat(kind="help"),)), Credit("x")))
    two = Two(planner, teller)
    understood = asyncio.run(two.plan(PlanContext("hello")))
    assert understood == planned()
    assert (planner.asked, teller.asked) == (1, 0)


def test_people_of_generated_dialogues_say_the_same_for_a_seed() -> None:
    index = light_index("gifts")
    scripts = scripts_of(index, ("en", "zh"), 4, 1)
    assert scripts == scripts_of(index, ("en", "zh"), 4, 1)
    assert len({script.texts for script in scripts}) == 4
    assert all(script.texts and all(script.texts) for script in scripts)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("rules", "rules"),
        ("mine=rules", "mine"),
        ("rules+rules", "rules+rules"),
        ("http://localhost:8000/v1#some/model", "model"),
    ],
)
def test_a_row_has_the_name_that_it_is_given_or_that_of_its_model(spec: str, name: str) -> None:
    assert contender(spec, Settings()).name == name


@pytest.mark.parametrize("spec", ["http://localhost:8000/v1", "nothing/of/the/kind", ""])
def test_what_means_no_model_is_refused(spec: str) -> None:
    with pytest.raises(BadOptions, match=r"SPEC|#MODEL|model"):
        contender(spec, Settings())


def run(out: Path, *models: str, limit: int = 6) -> Report:
    sets = Sets(turns=(HERE / "turns_en.jsonl",), catalogs=("gifts",), generated=20)
    return evaluate(Wanted(models, out, limit, dialogues=2), sets, Settings(), light_index, Quiet())


def test_a_run_makes_a_table_and_figures_and_a_second_model_adds_its_row(tmp_path: Path) -> None:
    run(tmp_path, "rules")
    report = run(tmp_path, "again=rules")
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures == json.loads(json.dumps(report.value()))
    assert set(figures["rows"]) == {"rules", "again"}
    assert set(figures["rows"]["rules"]["plans"]) == {"gifts-en", "gifts-zh", "hand-en"}
    table = (tmp_path / "table.md").read_text(encoding="utf-8").splitlines()
    assert len([line for line in table if line.startswith("| hand-en")]) == 2
    assert len({line.count("|") for line in table if line.startswith("| hand-en")}) == 1
    assert figures["rows"]["rules"]["plans"]["hand-en"]["figures"]["plan"]["cases"] == 6


def test_answers_of_another_model_are_not_mixed_in(tmp_path: Path) -> None:
    run(tmp_path, "row=rules", limit=1)
    with pytest.raises(OtherRun, match="name the row anew"):
        run(tmp_path, "row=rules+rules", limit=1)


@pytest.mark.parametrize("sets", [Sets(redial_val=Path("x")), Sets(sgd_dev=Path("x")), Sets()])
def test_files_that_only_make_sense_together_and_nothing_to_measure_are_refused(sets: Sets) -> None:
    with pytest.raises(FinetuneError, match="give"):
        cases_of(sets, no_index)


def no_index(name: str) -> Index:
    raise AssertionError(f"{name} is opened")
