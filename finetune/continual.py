"""A new version of an adapter from new rows, without losing what it could before.

The parent goes on learning from the new rows and a replay of old ones. Old and new skills are measured on held-out rows
before and after; a gate looks at what was lost, and a version that lost too much is kept aside. Every step leaves its
result in REGISTRY/.runs/<hash>/, so that the same command goes on where it was stopped.
"""

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from agent.adapters import AdapterCard
from agent.prompts import templates_hash
from finetune.errors import BadRows, DamagedVersion, Forgets, RegistryBusy
from finetune.figures import Change, figures_of
from finetune.gate import Gate, lost
from finetune.hardware import hardware_for
from finetune.loading import tunable
from finetune.options import Options
from finetune.registry import Registry, Version, explained
from finetune.replay import apart, balanced, mixed, split
from finetune.rows import Row, digest, write_rows
from finetune.sft import MAY_CHANGE, Job, train
from finetune.skills import Score, read_scores, score, scores_text, skills
from retrieval.progress import BuildProgress, Quiet

_LOG = logging.getLogger(__name__)
_RUNS, _ROWS = ".runs", "rows.jsonl"


@dataclass(frozen=True, slots=True)
class Rows:
    """What there is to learn from; rows to be measured on are split off where none are given."""

    new: tuple[Row, ...]
    old: tuple[Row, ...]
    held_new: tuple[Row, ...] = ()
    held_old: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """How a version is trained on, and what it may lose."""

    options: Options
    gate: Gate = field(default_factory=Gate)
    replay_share: float = 0.3
    """Of old rows in what is learnt."""
    held_share: float = 0.2
    """Of the dialogues, to be measured on."""
    most_held: int = 200
    """Rows to be measured on, of the old and of the new ones each; balanced by tool."""


@dataclass(frozen=True, slots=True)
class Material:
    """What is learnt, how many rows of it are old, and what is measured on."""

    learnt: tuple[Row, ...]
    replayed: int
    held_old: tuple[Row, ...]
    held_new: tuple[Row, ...]


def material_of(rows: Rows, terms: Terms) -> Material:
    """Split, balance and mix by the seed; BadRows when nothing is left to learn from or to be measured on."""
    seed = terms.options.seed
    new, held_new = (rows.new, rows.held_new) if rows.held_new else split(rows.new, terms.held_share, seed)
    old, held_old = (rows.old, rows.held_old) if rows.held_old else split(rows.old, terms.held_share, seed)
    new, old = (apart(part, (*held_new, *held_old)) for part in (new, old))
    for part, what in ((new, "new rows to learn from"), (held_new, "new rows"), (held_old, "old rows")):
        if not part:
            raise BadRows("the rows", 0, f"leave no {what} once some dialogues are held out; give more, or others")
    learnt = mixed(new, old, terms.replay_share, seed)
    held_old, held_new = (balanced(part, terms.most_held, seed) for part in (held_old, held_new))
    return Material(learnt, len(learnt) - len(new), held_old, held_new)


def go_on(
    registry: Registry, parent: Version, rows: Rows, terms: Terms, progress: BuildProgress | None = None
) -> Version:
    """Train the next version; it serves if it passes the gate, and if its parent is still what serves.

    Blocks for as long as training takes. Started again after a stop it goes on; finished before, it only tells.
    """
    if parent.card is None:
        raise DamagedVersion(f"version {parent.name!r} cannot be used: {parent.fault}")
    if parent.card.prompts not in ("", templates_hash("brief")):
        _LOG.warning("%s was tuned on other prompts (%s) than those of today", parent.name, parent.card.prompts)
    options = terms.options.model_copy(update={"base": parent.card.base})
    material = material_of(rows, terms)
    name = _run_name(parent.card, material, options)
    with _working(registry.folder / _RUNS, name) as folder:
        if (made := registry.made_by(name)) is not None:
            return _served(registry, parent, made) if (folder / _ROWS).is_file() else made
        run = _Run(registry, parent, parent.card, material, terms.gate, options, folder, progress or Quiet())
        return run.version(name)


def checked(version: Version) -> Version:
    """The version, if it may serve; Forgets says what it lost."""
    if version.refused:
        raise Forgets(
            f"version {version.name!r} is kept aside, {version.card.parent if version.card else 'the one before'!r} "
            f"goes on serving: {version.refused}; replay more of the old rows, or train more gently"
        )
    return version


@dataclass(frozen=True, slots=True)
class _Run:
    """The steps of one continuation; each reads its result if it was done before."""

    registry: Registry
    parent: Version
    card: AdapterCard
    """The parent's."""
    material: Material
    gate: Gate
    options: Options
    folder: Path
    progress: BuildProgress

    def version(self, name: str) -> Version:
        """All steps."""
        rows = self.folder / _ROWS
        if not rows.is_file():
            write_rows(rows, self.material.learnt)
        before = self._measured("before", self.parent.folder)
        self.progress.step(f"train on {len(self.material.learnt)} rows")
        trained = train(Job(rows, self.folder / "training", start=self.parent.folder), self.options)
        after = self._measured("after", trained.adapter)
        old, new = (Change(skills(was), skills(now)) for was, now in zip(before, after, strict=True))
        counts = {"learnt": len(self.material.learnt), "replayed": self.material.replayed}
        card = self.card.model_copy(
            update={
                "parent": self.parent.name,
                "created": "",
                "data": digest(self.material.learnt),
                "prompts": templates_hash("brief"),
                "seed": self.options.seed,
                "run": name,
                "figures": {**counts, **figures_of("old", old), **figures_of("new", new)},
                "refused": "; ".join(lost(old.before, old.after, self.gate)),
            }
        )
        return self.registry.publish(trained.adapter, card)

    def _measured(self, when: str, adapter: Path) -> tuple[Sequence[Score], Sequence[Score]]:
        """Scores of the old and of the new held-out rows."""
        path, held = self.folder / f"{when}.json", (*self.material.held_old, *self.material.held_new)
        scores = read_scores(path)
        if scores is None or [s.id for s in scores] != [r.id for r in held]:
            self.progress.step(f"measure {when}", len(held))
            scores = self._scored(adapter, held)
            part = path.with_suffix(".part")
            part.write_text(scores_text(scores), encoding="utf-8")
            part.replace(path)
        olds = len(self.material.held_old)
        return scores[:olds], scores[olds:]

    def _scored(self, adapter: Path, held: Sequence[Row]) -> tuple[Score, ...]:
        gpu = hardware_for(self.options).gpu
        # Without the attention of packed sequences, which knows no cache; a CPU measures as it serves, in float32.
        plain = {"packing": "none"} if gpu else {"packing": "none", "precision": "float32"}
        options = self.options.model_copy(update=plain)
        hardware = hardware_for(options)
        model, tokenizer = tunable(options, hardware, adapter)
        if gpu and not options.four_bit:
            model = model.to("cuda")
        with torch.autocast("cuda", hardware.dtype, enabled=gpu and hardware.precision != "float32"):
            return score(model.eval(), tokenizer, held, self.progress.advance)


def _served(registry: Registry, parent: Version, made: Version) -> Version:
    """A version whose process was killed before it could become the current one."""
    return registry.use(made.name) if parent.current and not made.refused else made


def _run_name(parent: AdapterCard, material: Material, options: Options) -> str:
    """The same for the same work: parent, rows and whatever changes weights."""
    kept = options.model_dump_json(exclude=MAY_CHANGE)
    parts = [digest(material.learnt), digest(material.held_old), digest(material.held_new), kept]
    return sha256("\n".join([parent.version, *sorted(parent.files.values()), *parts]).encode()).hexdigest()[:16]


@contextmanager
def _working(runs: Path, name: str) -> Iterator[Path]:
    """A folder for what is not finished; removed when it is."""
    folder, lock = runs / name, FileLock(runs / f"{name}.lock")
    with explained(runs):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RegistryBusy(f"the same continuation is running in {str(folder)!r}; wait until it is done") from None
        try:
            yield folder
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            lock.release()
