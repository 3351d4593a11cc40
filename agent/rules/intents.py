"""Messages that ask for no item: talk, staff, taking things back, and correcting what was said."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from agent.plan import Accept, Action, Chat, Forget, Handoff, Plan, Recommend, Remember, Search, SimilarTo
from agent.ports import PlanContext
from agent.rules.conditions import meant as meant_by
from agent.rules.leftover import free_wish
from agent.rules.lexicon import either
from agent.rules.quantities import read_number
from agent.rules.reading import Reading, Rules, read
from agent.rules.whom import whom
from retrieval.linking import split_year

Talk = Literal["insult", "greeting", "thanks", "goodbye", "help", "profile", "smalltalk", "offtopic"]

_TALK: tuple[Talk, ...] = ("insult", "greeting", "thanks", "goodbye", "help", "profile", "smalltalk")
_MOST = 11
_WORD = re.compile(r"[^\W_]")
_BETWEEN = re.compile(r"[,.;!?，。！？；]+")


def talk(reading: Reading, rules: Rules) -> Plan | None:
    """Empty messages, pleasantries, and requests for anything at all: those that are nothing else."""
    if not _WORD.search(reading.text):
        return Plan(actions=(Chat(kind="unclear" if reading.text.strip() else "empty"),))
    whole = rules.lexicon.whole
    if rules.lexicon.parts["surely_offtopic"].search(reading.plain) and not _asks_for_items(reading, rules):
        return Plan(actions=(Chat(kind="offtopic"),))
    if reading.context.offer is not None and whole["accept"].match(reading.plain):
        return Plan(actions=(Accept(),))
    fetch = _anything(reading, rules)
    for kind in _TALK:
        if whole[kind].match(reading.plain) and (kind != "smalltalk" or fetch is None):
            return Plan(actions=(Chat(kind=kind),))
    return fetch or _pleasantries(reading, rules)


def _pleasantries(reading: Reading, rules: Rules) -> Plan | None:
    """'Thanks, bye!': several in one message; the last one is answered."""
    parts = [p for p in _BETWEEN.split(reading.plain) if _WORD.search(p)]
    kinds = [next((k for k in _TALK if rules.lexicon.whole[k].match(p)), None) for p in parts]
    last = kinds[-1] if len(kinds) > 1 and all(kinds) else None
    return None if last is None else Plan(actions=(Chat(kind=last),))


def off_topic(reading: Reading, rules: Rules) -> Plan | None:
    """Messages about other things, once it is clear that they name nothing of the catalogue."""
    named = reading.things or reading.bounds or reading.comparisons
    trivia = rules.lexicon.whole["trivia"].match(reading.plain) and not any(t.items for t in reading.things)
    other = rules.lexicon.whole["offtopic"].match(reading.plain) and not named
    elsewhere = rules.lexicon.parts["plain_question"].match(reading.plain) and not (named or _points(reading, rules))
    if _asks_for_items(reading, rules) or whom(reading, rules).named or not (trivia or other or elsewhere):
        return None
    return Plan(actions=(Chat(kind="offtopic"),))


def _points(reading: Reading, rules: Rules) -> bool:
    return rules.lexicon.parts["points"].search(reading.plain) is not None


def staff(reading: Reading, rules: Rules) -> Plan | None:
    """Requests for a person."""
    found = rules.lexicon.parts["handoff"].search(reading.masked)
    return Plan(actions=(Handoff(reason=reading.text.strip()[:200]),)) if found else None


def taking_back(reading: Reading, rules: Rules) -> Plan | None:
    """'Forget that', 'start over', 'forget about horror', 'I don't mind horror any more'."""
    parts = rules.lexicon.parts
    if parts["everything"].search(reading.masked):
        return Plan(actions=(Forget(what="everything"),))
    if parts["undo"].match(reading.plain):
        return Plan(actions=(Forget(what="last"),))
    cue = parts["forget"].match(reading.plain) or parts["mindless"].search(reading.plain)
    if cue is None or any(t.reference for t in reading.things):
        return None
    named = [
        mention for t in reading.things for mention in (t.items or tuple(f"{m.facet}: {m.value}" for m in meant_by(t)))
    ]
    if named:
        return Plan(actions=tuple(Forget(what=mention) for mention in dict.fromkeys(named)))
    words = free_wish(reading, (), rules) if parts["forget"].match(reading.plain) else ""
    return Plan(actions=(Forget(what=words),)) if words else None


def back_to_oneself(reading: Reading, rules: Rules, understand: Callable[[PlanContext], Plan]) -> Plan | None:
    """'Now for me again' ends recommending for somebody else; what else the message asks for comes then."""
    person, parts = reading.context.person, rules.lexicon.parts
    match = parts["myself"].search(reading.plain) if person else None
    if match is None or parts["together"].search(reading.plain):
        return None
    rest = reading.text[: match.start()] + " " + reading.text[match.end() :]
    again = understand(replace(reading.context, text=rest, person="", last=None, offer=None))
    looks = [a for a in again.actions if isinstance(a, Recommend | Remember | Search | SimilarTo)]
    return Plan(actions=(Forget(what=person), *(looks[:_MOST] or [Recommend()])))


def correction(reading: Reading, rules: Rules, understand: Callable[[PlanContext], Plan]) -> Plan | None:
    """'I meant the 1999 one': the last message again, with the item that was meant."""
    match = rules.lexicon.parts["meant"].match(reading.plain)
    earlier = next((m.text for m in reversed(reading.context.messages) if m.role == "user"), "")
    if match is None or not earlier:
        return None
    before = read(replace(reading.context, text=earlier), rules)
    item = next((t for t in before.things if t.span is not None), None)
    meant = reading.text[match.start("rest") : match.end("rest")].strip(" .!?。！？\"'")
    if item is None or item.span is None:
        return understand(replace(reading.context, text=meant, messages=()))
    title = item.items[0] if item.items and not item.items[0].startswith("id:") else item.span.text
    meant = _meant(meant, title, rules)
    corrected = earlier[: item.start] + f'"{meant}"' + earlier[item.end :]
    again = understand(replace(reading.context, text=corrected, messages=()))
    was_kept = any(a.tool in ("remember", "react") for a in again.actions)
    named = item.items or tuple(f"{m.facet}: {m.value}" for m in meant_by(item))
    wrong: tuple[Action, ...] = tuple(Forget(what=mention) for mention in named[:1]) if was_kept else ()
    return Plan(actions=(*wrong, *again.actions)[:12])


def _meant(words: str, title: str, rules: Rules) -> str:
    """'1999' or 'the 1999 version' of a title; any other words are a title themselves."""
    year = re.search(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)", words)
    bare, _ = split_year(title)
    if year is not None and rules.linker.link(words).status != "sure":
        return f"{bare} ({year[1]})"
    return words


def _anything(reading: Reading, rules: Rules) -> Plan | None:
    for name in ("more", "surprise", "recommend"):
        match = rules.lexicon.whole[name].match(reading.plain)
        if match is None:
            continue
        groups = match.groupdict()
        number = read_number(groups.get("count") or groups.get("count2") or "", rules.lexicon)
        wanted = int(number) if number and number >= 1 else reading.count
        more = name == "more" and bool(reading.context.shown or reading.context.last)
        return Plan(actions=(Recommend(more=more, surprise=name == "surprise", count=wanted),))
    return None


def _asks_for_items(reading: Reading, rules: Rules) -> bool:
    edge = rules.lexicon.writing.edge
    return re.search(rf"{edge}{either(rules.lexicon.nouns)}{edge}", reading.plain) is not None
