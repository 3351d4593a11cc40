"""What the tests of replies share: contexts over the small shop, and the reply told from them."""

from dataclasses import replace

from agent.cards import cards_of
from agent.observations import Found, Observation
from agent.plan import Chat, Plan
from agent.ports import TellContext
from agent.profile import Moment, Preference, Profile, Statement, remember
from agent.rules.tell import tell
from agent.types import Message
from retrieval.types import Constraint, Evidence, Op
from tests.shop import LUNA, SHOP, SOL, candidate

MODERN = Constraint("style", Op.IN, ("Modern",))
NOT_RUSTIC = Constraint("style", Op.NOT_IN, ("Rustic",))
BY_WEIL = Constraint("maker", Op.IN, ("Ada Weil",))
CHEAP = Constraint("price", Op.LE, (50.0,))
NINETIES = (Constraint("year", Op.GE, (1990.0,)), Constraint("year", Op.LE, (1999.0,)))
LIKED = Statement("item", ("c",), "Mars (2010)")
TOGETHER = Evidence("cf", "a", "Luna", 0.4)
POPULAR = Evidence("popularity", "popularity", "7", 0.6)
TWO = (candidate(LUNA, TOGETHER, POPULAR), candidate(SOL, Evidence("graph", "a", "style=Modern", 0.3), POPULAR))


def records(*said: Statement) -> tuple[Preference, ...]:
    """Records of what was said."""
    return remember(Profile(), said, Moment("s", 1, "")).records


def context(
    *observations: Observation,
    text: str = "hi",
    turn: int = 1,
    said: tuple[Statement, ...] = (),
    person: str = "",
    before: str = "",
    begun: str = "",
    plan: Plan | None = None,
) -> TellContext:
    """What a teller reads."""
    messages = (Message("user", "hello"), Message("assistant", before)) if before else ()
    return TellContext(
        text=text,
        plan=plan or Plan(actions=(Chat(kind="unclear"),)),
        observations=observations,
        cards=cards_of(observations, SHOP, records(*said)),
        preferences=records(*said),
        messages=messages,
        person=person,
        turn=turn,
        begun=begun,
    )


def told(*observations: Observation, **options: object) -> str:
    """Tell a reply in full."""
    return "".join(tell(context(*observations, **options), SHOP))  # type: ignore[arg-type]


def found(*constraints: Constraint, matching: int = 12, **options: object) -> Found:
    """A list of two lamps."""
    return replace(Found(TWO, matching, constraints), **options)  # type: ignore[arg-type]


def ways(*observations: Observation, **options: object) -> str:
    """All that a reply may say, over twelve turns, in one text."""
    return "\n~\n".join(told(*observations, turn=turn, **options) for turn in range(12))
