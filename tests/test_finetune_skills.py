"""What a model can do, and how much of it a new version may lose."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from finetune.encode import encode
from finetune.figures import ALL, Skill
from finetune.gate import Gate, lost
from finetune.replay import apart, balanced, mixed, split
from finetune.rows import Row, digest
from finetune.skills import Score, read_scores, score, scores_text, skills
from tests.tiny_llm import plan_rows, row, taught, tiny_model, tokenizer


@pytest.fixture(scope="module")
def learnt() -> PreTrainedModel:
    """It knows three rows by heart."""
    return taught(tiny_model(), plan_rows(3), 60)


def decoded(model: PreTrainedModel, asked: Row) -> str:
    """What greedy decoding writes, token by token without a cache."""
    (example,) = encode([asked], tokenizer())
    ids = list(example.prefix + example.prompt)
    begin = len(ids)
    for _ in range(len(example.completion)):
        ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    return str(tokenizer().decode(ids[begin:]))


def test_a_row_counts_as_exact_just_when_greedy_decoding_writes_it(learnt: PreTrainedModel) -> None:
    known = plan_rows(3)
    other = [
        row(9, "search", "something about heist number 0", '[{"name":"search","parameters":{"query":"heists"}}]'),
        row(9, "recommend", "I love heist number 1", '[{"name":"recommend","parameters":{}}]'),
    ]
    scores = score(learnt, tokenizer(), [*known, *other])
    assert [s.exact for s in scores] == [decoded(learnt, r) == f"{r.completion}<|im_end|>" for r in [*known, *other]]
    assert [s.exact for s in scores] == [True, True, True, False, False]
    assert [s.chosen for s in scores] == [True, True, True, True, False]


def test_the_loss_is_that_of_the_completion_alone(learnt: PreTrainedModel) -> None:
    (asked,) = plan_rows(1, "shop", ["boots"])
    (example,) = encode([asked], tokenizer())
    labels = [-100] * (len(example) - len(example.completion)) + list(example.completion)
    with torch.no_grad():
        expected = learnt(torch.tensor([example.ids]), labels=torch.tensor([labels])).loss
    assert score(learnt, tokenizer(), [asked])[0].loss == pytest.approx(float(expected), rel=1e-3)


def test_rows_of_several_catalogues_are_scored_as_alone_and_in_their_order(learnt: PreTrainedModel) -> None:
    rows = [r for pair in zip(plan_rows(4, "films"), plan_rows(4, "shop"), strict=True) for r in pair]
    together = score(learnt, tokenizer(), rows)
    assert [s.id for s in together] == [r.id for r in rows]
    for one, of_all in zip(rows, together, strict=True):
        assert score(learnt, tokenizer(), [one])[0].loss == pytest.approx(of_all.loss, rel=1e-4)


def test_scores_survive_being_kept_and_half_a_file_counts_as_none(learnt: PreTrainedModel, tmp_path: Path) -> None:
    scores = score(learnt, tokenizer(), plan_rows(2))
    (tmp_path / "kept").write_text(scores_text(scores), encoding="utf-8")
    assert read_scores(tmp_path / "kept") == scores
    (tmp_path / "kept").write_text(scores_text(scores)[:-9], encoding="utf-8")
    assert read_scores(tmp_path / "kept") is None
    assert read_scores(tmp_path / "none") is None


def test_figures_are_by_tool_and_replies_are_apart_from_plans() -> None:
    given = [
        Score(id="1", tool="search", loss=1, exact=True, chosen=True),
        Score(id="2", tool="search", loss=3, exact=False, chosen=True),
        Score(id="3", tool="chat", loss=2, exact=False, chosen=False),
        Score(id="4", tool="reply", loss=9, exact=False, chosen=False),
    ]
    assert skills(given) == {
        ALL: Skill(3, 2, pytest.approx(1 / 3), pytest.approx(2 / 3)),
        "chat": Skill(1, 2, 0, 0),
        "reply": Skill(1, 9, 0, 0),
        "search": Skill(2, 2, 0.5, 1),
    }
    assert set(skills(given[3:])) == {"reply"}


_BEFORE = {ALL: Skill(100, 0.5, 0.9, 0.95), "search": Skill(60, 0.5, 0.9, 0.95), "why": Skill(4, 0.1, 1, 1)}


def test_a_version_that_keeps_its_skills_or_gains_passes_the_gate() -> None:
    better = {name: replace(skill, exact=1.0, chosen=1.0, loss=0.1) for name, skill in _BEFORE.items()}
    assert lost(_BEFORE, _BEFORE, Gate()) == lost(_BEFORE, better, Gate()) == ()


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        (ALL, {"exact": 0.87}, "exact plans of old skills fell from 0.900 to 0.870, more than 0.02"),
        (ALL, {"chosen": 0.92}, "first tools of old skills fell from 0.950 to 0.920, more than 0.02"),
        (ALL, {"loss": 0.7}, "loss of old skills rose from 0.500 to 0.700, more than 0.1"),
        ("search", {"exact": 0.75}, "exact plans of 'search' fell from 0.900 to 0.750, more than 0.1"),
    ],
)
def test_the_gate_says_which_skill_was_lost(name: str, change: dict[str, float], reason: str) -> None:
    after = {**_BEFORE, name: replace(_BEFORE[name], **change)}  # type: ignore[arg-type]  # fields by name
    assert lost(_BEFORE, after, Gate()) == (reason,)
    assert lost(_BEFORE, after, Gate(overall=0.5, skill=0.5, loss=0.5)) == ()


def test_a_tool_with_few_rows_does_not_decide_by_itself() -> None:
    after = {**_BEFORE, "why": Skill(4, 0.1, 0.5, 0.5)}
    assert lost(_BEFORE, after, Gate()) == ()
    assert lost(_BEFORE, after, Gate(least=4)) != ()


def test_a_reply_is_judged_by_its_loss() -> None:
    before = {"reply": Skill(50, 1.0, 0.5, 0.5)}
    assert lost(before, {"reply": Skill(50, 1.05, 0.0, 0.0)}, Gate()) == ()
    assert lost(before, {"reply": Skill(50, 1.2, 0.5, 0.5)}, Gate()) == (
        "loss of 'reply' rose from 1.000 to 1.200, more than 0.1",
    )


def test_a_split_keeps_dialogues_together_and_does_not_depend_on_the_rest() -> None:
    rows = [r.model_copy(update={"dialogue": f"d{n // 4}"}) for n, r in enumerate(plan_rows(200))]
    learn, held = split(rows, 0.3, 1)
    assert not {r.dialogue for r in learn} & {r.dialogue for r in held}
    assert len(learn) + len(held) == 200 and 30 < len(held) < 90
    assert set(split(rows[:100], 0.3, 1)[1]) == {r for r in held if r in set(rows[:100])}
    assert split(rows, 0.3, 2)[1] != held


def test_what_is_held_out_is_not_replayed_under_another_name() -> None:
    held = plan_rows(2)
    copied = held[0].model_copy(update={"dialogue": "another", "id": "another"})
    rest = plan_rows(3)[2]
    assert apart([*held, copied, rest], held) == (rest,)


def test_replay_is_balanced_by_tool_and_the_same_for_a_seed() -> None:
    many = [row(n, "search", f"say {n}", "[]") for n in range(50)]
    few = [row(n, "why", f"why {n}", "[]") for n in range(50, 53)]
    taken = balanced([*many, *few], 10, 1)
    assert [r.tool for r in taken].count("why") == 3 and len(taken) == 10
    assert balanced([*many, *few], 10, 1) == taken != balanced([*many, *few], 10, 2)
    assert balanced(many, 99, 1) == tuple(many)


def test_a_mix_has_the_share_of_old_rows_that_was_asked_for() -> None:
    new, old = plan_rows(70, "shop"), plan_rows(100, "films")
    rows = mixed(new, old, 0.3, 5)
    assert sum(r.source == "films" for r in rows) == 30 and set(new) <= set(rows)
    assert digest(rows) == digest(mixed(new, old, 0.3, 5)) != digest(mixed(new, old, 0.3, 6))
    assert set(mixed(new, old, 0.0, 5)) == set(new)
