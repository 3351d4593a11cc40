"""The planner of the tier without a model: one message and what it can refer to become a plan."""

from agent.plan import Action, Chat, Plan
from agent.ports import PlanContext
from agent.rules.intents import back_to_oneself, correction, off_topic, staff, taking_back, talk
from agent.rules.questions import question
from agent.rules.reading import Reading, Rules, read
from agent.rules.whom import whom
from agent.rules.wishes import Wanted, fetch, loose, opinions, wanted

_MOST = 12


def understand(context: PlanContext, rules: Rules) -> Plan:
    """Plan a turn from words alone; never fails: what says nothing is `unclear`."""
    reading = read(context, rules)
    return (
        talk(reading, rules)
        or staff(reading, rules)
        or taking_back(reading, rules)
        or correction(reading, rules, lambda earlier: understand(earlier, rules))
        or back_to_oneself(reading, rules, lambda rest: understand(rest, rules))
        or question(reading, rules)
        or off_topic(reading, rules)
        or _request(reading, rules)
    )


def _request(reading: Reading, rules: Rules) -> Plan:
    words = loose(reading, rules)
    person = whom(reading, rules)
    told = opinions(reading, words, rules, person)
    sought = wanted(reading, words, rules)
    if person.trait and sought == Wanted():
        sought = Wanted(query=person.trait)
    look = fetch(reading, sought, told, rules)
    actions: tuple[Action, ...] = (*_standing(reading, rules), *told, *((look,) if look is not None else ()))
    return Plan(actions=actions[:_MOST] or (Chat(kind="unclear"),))


def _standing(reading: Reading, rules: Rules) -> tuple[Action, ...]:
    """'I never watch anything before 1970' holds from now on."""
    bounds = tuple(f for b in reading.bounds for f in b.filters)
    if not bounds or not rules.lexicon.parts["standing"].search(reading.masked):
        return ()
    return (whom(reading, rules).remembering(reading, "always", constraints=bounds),)
