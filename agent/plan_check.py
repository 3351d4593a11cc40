"""A ChatModel around one that plans freely: a plan that names what neither the message nor the catalogue has is
refused, so that the next rung makes another."""

from collections.abc import AsyncGenerator, Iterator

from rapidfuzz.fuzz import partial_ratio, ratio

from agent.errors import BadPlan
from agent.observations import Unresolved
from agent.plan import Action, Compare, Details, Filter, Forget, Mention, React, Remember, SimilarTo, Why, WhyNot
from agent.ports import ChatModel, PlanContext, TellContext, Understood
from agent.resolve import Free, Scene, condition_of, thing_of
from agent.types import Credit
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.folding import fold
from retrieval.types import Item

_ALIKE = 75.0
"""How much of a mention must be read in the dialogue, of 100: a misspelt title is, an invented one is not."""
_UNDO = ("last", "everything")


class Checked:
    """Plans as the model does, if the plan holds; tells as the model does."""

    def __init__(self, model: ChatModel, catalog: Catalog, linker: Linker) -> None:
        self._model, self._catalog, self._linker = model, catalog, linker

    @property
    def tier(self) -> str:
        """The model's."""
        return self._model.tier

    async def plan(self, context: PlanContext) -> Understood:
        """The model's plan; BadPlan names the first thing in it that is neither said nor known."""
        understood = await self._model.plan(context)
        scene = Scene(self._catalog, self._linker, context.shown, context.language)
        for action in understood.plan.actions:
            for fault in faults(action, scene, context):
                raise BadPlan(f"{action.tool!r} {fault}")
        return understood

    def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """As the model."""
        return self._model.tell(context)


def faults(action: Action, scene: Scene, context: PlanContext) -> Iterator[str]:
    """What in a call is neither said nor known, in words."""
    for mention in _mentions(action):
        thing = thing_of(mention, scene)
        if isinstance(thing, Item) and not _is_said(mention, thing, context):
            yield f"names {mention[:60]!r}, which was not said"
        if isinstance(thing, Unresolved | Free) and not _was_read(mention.partition(":")[2] or mention, context):
            yield f"names {mention[:60]!r}, which is neither said nor in the catalogue"
    for condition in _conditions(action):
        found = condition_of(condition, scene)
        if isinstance(found, Unresolved) and not _was_read(found.mention, context):
            yield f"asks for {condition.facet} {found.mention[:60]!r}, which is neither said nor in the catalogue"


def _is_said(mention: Mention, item: Item, context: PlanContext) -> bool:
    """By its number, or in words: as the plan writes it, or as the catalogue does."""
    return mention.strip().startswith("[") or _was_read(mention, context) or _was_read(item.title, context)


def _was_read(words: str, context: PlanContext) -> bool:
    read = (context.text, *(m.text for m in context.messages), *(i.title for i in context.shown))
    known = (p.said.label for p in context.preferences)
    return any(_holds(fold(text), fold(words)) for text in (*read, *known))


def _holds(text: str, words: str) -> bool:
    """Whether words stand in a text; a text that is shorter than they must be like them as a whole."""
    alike = partial_ratio if len(text) >= len(words) else ratio
    return alike(text, words) >= _ALIKE


def _mentions(action: Action) -> tuple[Mention, ...]:
    match action:
        case Remember():
            return (*action.likes, *action.dislikes)
        case Forget():
            return () if action.what in _UNDO else (action.what,)
        case SimilarTo():
            return action.titles
        case Compare():
            return action.items
        case Details() | Why() | WhyNot() | React():
            return (action.item,)
        case _:
            return ()


def _conditions(action: Action) -> Iterator[Filter]:
    for _, value in action:
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Filter):
                yield part
