"""Measure models on data that none was trained on: one table, a row per model.

Run: sommelier finetune evaluate --model rules --model tuned=models/sommelier-135m --out evaluation

What a model answers is kept under --out as it comes; a run that was stopped goes on, and a later run with another
model adds its rows.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.config import Settings
from agent.prompts import templates_hash
from finetune.errors import OtherRun
from finetune.evaluate_cases import Case, sample
from finetune.evaluate_models import Contender, contender
from finetune.evaluate_predict import Prediction, predict, read_kept
from finetune.evaluate_replies import Held, Stage, hold_all
from finetune.evaluate_score import Summary, score_plans, score_turns
from finetune.evaluate_sets import IndexOf, Sets, cases_of, scripts_of, world_of
from finetune.evaluate_table import plans_table, turns_table
from retrieval.progress import BuildProgress


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: models as `evaluate_models.contender` reads them, cases per set, dialogues per catalogue."""

    models: tuple[str, ...]
    out: Path
    limit: int | None = None
    dialogues: int = 0
    seed: int = 0
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of every row that --out holds."""

    plans: Mapping[str, Mapping[str, Summary]]
    turns: Mapping[str, Mapping[str, Summary]]
    seed: int
    limit: int | None

    def markdown(self) -> str:
        """Both tables."""
        return "\n\n".join(
            ([plans_table(self.plans)] if self.plans else []) + ([turns_table(self.turns)] if self.turns else [])
        )

    def value(self) -> dict[str, object]:
        """As JSON."""
        rows = {
            name: {
                "plans": {part: s.value() for part, s in self.plans.get(name, {}).items()},
                "turns": {part: s.value() for part, s in self.turns.get(name, {}).items()},
            }
            for name in dict.fromkeys([*self.plans, *self.turns])
        }
        return {"rows": rows, "seed": self.seed, "limit": self.limit, "prompts": _hashes()}


def evaluate(wanted: Wanted, sets: Sets, settings: Settings, index_of: IndexOf, progress: BuildProgress) -> Report:
    """Measure; FinetuneError, ModelError, CatalogError, all in one line."""
    contenders = [contender(given, settings) for given in wanted.models]
    every = cases_of(sets, index_of)
    parts = {part: sample(cases, wanted.limit, wanted.seed) for part, cases in every.items()}
    for row in contenders:
        _claim(wanted.out / row.name, row)
        asyncio.run(_plans(row, parts, wanted, progress))
        if wanted.dialogues:
            asyncio.run(_turns(row, sets, wanted, index_of, progress))
    report = _report(wanted, parts)
    (wanted.out / "table.md").write_text(report.markdown() + "\n", encoding="utf-8")
    (wanted.out / "figures.json").write_text(json.dumps(report.value(), indent=1) + "\n", encoding="utf-8")
    return report


async def _plans(row: Contender, parts: Mapping[str, Sequence[Case]], wanted: Wanted, progress: BuildProgress) -> None:
    for part, cases in parts.items():
        progress.step(f"{row.name}: plans of {part}", len(cases))
        path = wanted.out / row.name / "plans" / f"{part}.jsonl"
        worlds = {case.world.name: case.world for case in cases}
        for name, world in worlds.items():
            its = [case for case in cases if case.world.name == name]
            await predict(row.on(world), its, path, progress.advance, wanted.jobs)


async def _turns(
    row: Contender,
    sets: Sets,
    wanted: Wanted,
    index_of: IndexOf,
    progress: BuildProgress,
) -> None:
    for catalog in sets.catalogs:
        index = index_of(catalog)
        scripts = scripts_of(index, sets.languages, wanted.dialogues, wanted.seed)
        progress.step(f"{row.name}: dialogues about {catalog}", len(scripts))
        with TemporaryDirectory() as folder:
            stage = Stage(index, row.on(world_of(index)), Path(folder))
            path = wanted.out / row.name / "turns" / f"{index.manifest.spec.name}.jsonl"
            await hold_all(stage, scripts, path, progress.advance)


def _report(wanted: Wanted, parts: Mapping[str, Sequence[Case]]) -> Report:
    """Every row under --out, on the cases of this run."""
    plans: dict[str, dict[str, Summary]] = {}
    turns: dict[str, dict[str, Summary]] = {}
    for folder in sorted(path.parent for path in wanted.out.glob("*/row.json")):
        given = {part: {p.id: p for p in read_kept(folder / "plans" / f"{part}.jsonl", Prediction)} for part in parts}
        plans[folder.name] = {
            part: score_plans(cases, given[part], wanted.seed) for part, cases in parts.items() if given[part]
        }
        held = {path.stem: read_kept(path, Held) for path in sorted((folder / "turns").glob("*.jsonl"))}
        turns[folder.name] = {name: score_turns(told, wanted.seed) for name, told in held.items() if told}
    return Report(plans, {name: found for name, found in turns.items() if found}, wanted.seed, wanted.limit)


def _claim(folder: Path, row: Contender) -> None:
    """Note what a folder of answers is of; OtherRun if it is of something else."""
    file, mark = folder / "row.json", {"model": row.spec, "weights": _weights(row.spec), "prompts": _hashes()}
    if file.is_file():
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept != mark:
            raise OtherRun(f"{str(folder)!r} has answers of {kept!r}, not of {mark!r}; name the row anew, or remove it")
        return
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(mark) + "\n", encoding="utf-8")


def _weights(spec: str) -> str:
    """What tells two states of an adapter in one folder apart; '' for other models."""
    files = (Path(part.rpartition(":")[2]) / "adapter_model.safetensors" for part in spec.split("+"))
    return ",".join(sha256(file.read_bytes()).hexdigest()[:12] for file in files if file.is_file())


def _hashes() -> dict[str, str]:
    return {"full": templates_hash("full"), "brief": templates_hash("brief")}
