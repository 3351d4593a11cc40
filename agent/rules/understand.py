"""The planner of the tier without a model: one message and what it can refer to become a plan."""

from agent.plan import Action, Chat, Filter, Plan, Remember
from agent.ports import PlanContext
from agent.rules.intents import back_to_oneself, correction, off_topic, staff, taking_back, talk
from agent.rules.questions import question
from agent.rules.reading import Reading, Rules, read
from agent.rules.wishes import fetch, loose, opinions, wanted
from retrieval.types import Op

_MOST = 12


def understand(context: PlanContext, rules: Rules) -> Plan:
    """Plan a turn from words alone; never fails: what says nothing is `unclear`."""
    reading = read(context, rules)
    return (
        talk(reading, rules)
        or staff(reading, rules)
        or taking_back(reading, rules)
        or correction(reading, rules, lambda earlier: understand(earlier, rules))
        or back_to_oneself(reading, rules)
        or question(reading, rules)
        or off_topic(reading, rules)
        or _request(reading, rules)
    )


def _request(reading: Reading, rules: Rules) -> Plan:
    words = loose(reading, rules)
    person = _person(reading, rules)
    told = opinions(reading, words, rules, person)
    want = wanted(reading, words, rules)
    look = fetch(reading, want, told, rules)
    rule = _standing(reading, want.filters) if rules.lexicon.parts["standing"].search(reading.masked) else ()
    actions: tuple[Action, ...] = (*rule, *told, *((look,) if look is not None else ()))
    return Plan(actions=actions[:_MOST] or (Chat(kind="unclear"),))


def _person(reading: Reading, rules: Rules) -> str:
    """Somebody else whom it is for, or who likes or dislikes something."""
    for name in ("person", "subject"):
        match = rules.lexicon.parts[name].search(reading.plain)
        if match is not None:
            return next(w for w in match.groupdict().values() if w).strip()
    return ""


def _standing(reading: Reading, filters: tuple[Filter, ...]) -> tuple[Action, ...]:
    """'I never watch anything before 1970' and 'never show me horror' hold from now on."""
    bounds = tuple(f for b in reading.bounds for f in b.filters)
    avoids = tuple(
        f"{f.facet}: {value}" for f in filters if f.op is Op.NOT_IN and f not in bounds for value in f.values
    )
    if not (bounds or avoids):
        return ()
    return (Remember(constraints=bounds, avoids=avoids, scope="always", words=reading.text.strip()[:300]),)
