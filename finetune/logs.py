"""The product's own turns as examples: what was said, in its state, and the plan that served it.

A turn is left out when a rung of the ladder fell or its plan was mended, when nothing was understood, when the person
clicked, and when they took it back at once: an undo, a correction, a dislike of what came. Rows carry neither user nor
session; conversations are numbered. What people type is theirs: tune on it only if they were told.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import StoreError
from agent.plan import Action, Ask, Chat, Forget, Plan, React
from agent.store_sqlite import SqliteStore
from agent.types import Message
from finetune.errors import BadRows
from finetune.example import Example, State
from retrieval.catalog import Catalog

_FAILED = frozenset({"fell", "repaired"})
_ALL = 1_000_000_000


class _Record(BaseModel):
    """What agent.trace keeps of a turn, as far as it is read here; an edit between turns has no plan."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user: str
    session: str
    turn: int
    outcome: str
    text: str = ""
    clicked: bool = False
    plan: Plan | None = None
    cards: tuple[Mapping[str, object], ...] = ()
    reply: str = ""
    language: str = "en"
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The examples of a database, and how many turns were left out, by reason."""

    examples: tuple[Example, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_examples(path: Path, catalog: Catalog) -> Reading:
    """Read a database of turns of one catalogue; BadRows if it cannot be read."""
    left_out: Counter[str] = Counter()
    conversations = _conversations(path)
    examples = tuple(
        example
        for n, turns in enumerate(conversations, 1)
        for example in _examples(turns, f"logs/{path.stem}/{n}", catalog, left_out)
    )
    return Reading(examples, left_out)


def _conversations(path: Path) -> Sequence[Sequence[_Record]]:
    """The turns by conversation, oldest first; an edit belongs to the conversation its person was in."""
    if not path.is_file():
        raise BadRows(str(path), 0, "is not there; give the database of a catalogue, like .sommelier/people/movies.db")
    try:
        store = SqliteStore(path)
        records = asyncio.run(store.turns(_ALL))
        store.close()
    except StoreError as error:
        raise BadRows(str(path), 0, str(error)) from error
    talks: dict[tuple[str, str], list[_Record]] = defaultdict(list)
    latest: dict[str, tuple[str, str]] = {}
    for number, raw in enumerate(reversed(records), 1):
        try:
            record = _Record.model_validate(raw)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            raise BadRows(str(path), number, f"is no turn: {fault['loc']}: {fault['msg']}") from error
        key = (record.user, record.session)
        if record.plan is None and record.user:
            key = latest.get(record.user, key)
        latest[record.user] = key
        talks[key].append(record)
    return list(talks.values())


def _examples(turns: Sequence[_Record], dialogue: str, catalog: Catalog, left_out: Counter[str]) -> Iterator[Example]:
    state, question = State(), ""
    for n, turn in enumerate(turns):
        if turn.plan is None or not turn.text.strip():
            continue
        actions = turn.plan.actions
        reason = _fault(turn, turns[n + 1] if n + 1 < len(turns) else None)
        if reason:
            left_out[reason] += 1
        else:
            context = replace(state.context(turn.text), question=question, language=turn.language)
            yield Example(f"{dialogue}/{n}", "logs", dialogue, context, _bare(actions))
        state, question = _after(state, turn, catalog), _asked(actions)


def _fault(turn: _Record, after: _Record | None) -> str:
    """Why a turn is no example; '' if it is one."""
    if turn.outcome != "ok" or turn.plan is None:
        return "failed"
    if turn.clicked:
        return "clicked"
    if _FAILED & {kind for kind, _ in turn.notes}:
        return "a rung fell or its plan was mended"
    if any(isinstance(a, Chat) and a.kind == "unclear" for a in turn.plan.actions):
        return "not understood"
    return "taken back at once" if after is not None and _takes_back(after) else ""


def _takes_back(turn: _Record) -> bool:
    if turn.plan is None:
        return turn.outcome == "edited"
    return any(
        isinstance(a, Forget) or (isinstance(a, React) and a.verdict in ("dislike", "reject"))
        for a in turn.plan.actions
    )


def _bare(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Calls without what a tuned model leaves empty."""
    empty = {"remember": {"words": ""}, "search": {"kind": ""}, "details": {"question": ""}}
    return tuple(action.model_copy(update=empty.get(action.tool, {})) for action in actions)


def _after(state: State, turn: _Record, catalog: Catalog) -> State:
    actions = () if turn.plan is None else turn.plan.actions
    found = (catalog.get(str(card.get("item_id", ""))) for card in turn.cards)
    shown = tuple(item for item in found if item is not None) or state.shown
    told = replace(state, shown=shown).after(actions, catalog, {})
    return told.heard(Message("user", turn.text)).heard(Message("assistant", turn.reply))


def _asked(actions: Sequence[Action]) -> str:
    return next((a.facet for a in actions if isinstance(a, Ask)), "")
