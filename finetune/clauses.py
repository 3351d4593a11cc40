"""What a person says about each thing that a message names, clause by clause. Pure.

Names stand in the text as marks, so that no word of a title is taken for a verdict. A message is cut at sentence ends
and contrasts, and these at commas and 'and'; a part without a verdict of its own has that of its neighbour ('I love A,
B and C'), a verdict without a name is about what was named before ('I saw A and hated it').
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Stance: TypeAlias = Literal["like", "dislike", "similar", "want", "unseen", "seen", "asked", "none"]

_OPEN, _CLOSE = "⟦", "⟧"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_HARD = re.compile(
    r"(?<=[.!?;\n])\s+|[,\s]+(?=(?:but|though|although|however|whereas|except)\b)|\s-+\s|\.{2,}|(?<=[.!?])(?=[A-Z⟦])|"
    r"(?<=⟧)(?:\s+(?:as well|too|also))?\s+(?=[iI]\b[^⟦.]*⟦)"
)
_SOFT = re.compile(r",\s*(?:and\s+|or\s+)?|\s+(?:and|or|&|as well as|plus)\s+")

_POSITIVE = (
    r"lov(?:e[ds]?|ing)|lik(?:e[ds]?|ing)|enjoy\w*|great|good|favou?rites?|fav\w*|awesome|amazing|fantastic|excellent|best|"
    r"wonderful|hilarious|funny|perfect|brilliant|fan of|adore[ds]?|classics?|incredible|beautiful|cool|cute|solid|"
    r"interesting|entertaining|nice|fun|masterpiece|terrific|superb|epic|fan|a hit|crack(?:s|ed)? me up|blown away|into"
)
_NEGATIVE = (
    r"hate[ds]?|dislike[ds]?|terrible|horrible|awful|boring|bored|bad|worst|annoying|disappoint\w*|overrated|stupid|dumb|"
    r"sucks?|sucked|lame|garbage|trash|can'?t stand|couldn'?t stand|fell asleep|feel asleep|too (?:scary|gory|violent|"
    r"silly|long|slow|weird|much|dark|sad)|creeps? me out|cheesy|ridiculous|a let ?down|not my|not for me|nothing like|"
    r"not a fan|pass on|skip|turned off|walked out|so-so|mediocre|meh"
)
_NOT = r"(?:not|never|n't|nt|no|isnt|wasnt|dont|didnt|doesnt|wouldnt|cant|hardly|nothing|neither|nor)"
_NEGATED = re.compile(
    rf"(?:\b|(?<=\w)){_NOT}\b(?!\s+only)(?:\s+(?!but\b)[\w']+){{0,4}}?\s+(?:{_POSITIVE}|care for|crazy about)\b"
)
_UNNEGATED = re.compile(r"\bnot (?:bad|too bad|boring|terrible)|n't (?:bad|hate|mind|disappoint)|\bno problem")
_ASKED = re.compile(
    r"\b(?:have|had|did|do|does|is|are|was|were|would|what|how|who|any|ever|which|when|where|isn'?t|wasn'?t|you)\b"
)
_REQUEST = re.compile(
    r"\b(?:recommend\w*|suggest\w*|looking for|find|help|want(?:ing)? (?:to (?:see|watch)|something|a)|need|"
    r"in the mood|searching|interested in|something|anything|any)\b"
)
_LIKE_IT = re.compile(
    r"(?:\b(?:movies?|films?|flicks?|shows?|something|anything|stuff|ones?|those|comed(?:y|ies)|thrillers?|dramas?|musicals?|"
    r"cartoons?|horrors?|classics|genres?|kinds?|types?|sort|more|sci-?fi|action|series|romances?|that'?s|be|maybe|feel"
    rf"|along the lines)\b[^{_OPEN}]{{0,40}}?\b(?:like|similar to|such as|as good as|same as)|"
    r"\b(?:similar to|along the lines of|in the vein of|reminds? me of|such as)|^\W*(?:\w+\s+){0,2}?like)"
    rf"\s+(?:the\s+|a\s+|an\s+|maybe\s+)*(?:movies?\s+|film\s+)?{_OPEN}"
)
_LIKES = re.compile(
    r"\b(?:i|we|he|she|they|kids|wife|husband|family|also|really)\b['\w]*\s+"
    r"(?:(?:really|also|do|did|both|always|just|all)\s+)?"
    rf"like\s+(?:the\s+)?(?:(?:movies?|films?)\s+)?{_OPEN}"
)
_ASKS = re.compile(
    r"\W*(?:(?:so|and|but|or|well|oh|hi|hey|hello)\W+)*"
    rf"(?:(?:have|had|did|do) (?:you|u)|(?:what|how) about)\b[^?]*{_OPEN}"
)
_ADVICE = re.compile(
    r"\bif (?:you|u|your)\b|\bi(?: would|'d| can) (?:recommend|suggest)|"
    r"\byou(?:'d| would| might| may|'ll| will)? (?:probably |really |also )?(?:like|love|enjoy|should)"
)
_YOU_LIKE = re.compile(r"\b(?:do|did|would|does)\s+(?:you|u|they|he|she)\s+(?:\w+\s+)?like\b")
_DENIED = re.compile(r"\bnothing\b|n't\b|\bnot\b|\bother than\b|\bbesides\b|\bexcept\b")
_ALIKE = re.compile(r"\blike\b|similar")
_NOT_THAT = re.compile(rf"\W*(?:but\s+)?not\s+(?:so much\s+|really\s+|the\s+)?{_OPEN}")
_COMPARED = re.compile(r"\b(?:other than|besides|as much as|better than|not as|more than|rather|instead)\b|\bprefer")
_UNSEEN = re.compile(
    r"(?:n't|nt|\bnot|\bnever)\s+(?:\w+\s+){0,2}?"
    r"(?:seen|see|watched|watch|heard|caught|checked|got(?:ten)?)\b|\b(?:unfamiliar|not familiar)"
)
_WANT = re.compile(
    r"\b(?:check|try|watch|see|add|look(?:ing)? (?:into|forward|up)|rent|give|go(?:ing)? (?:with|for|to (?:see|watch))|"
    r"sounds?|looks?|heard|want(?:ed)? to|wanna|excited|plan|put|choose|pick|interested|will|'ll|gonna|consider)\b"
)
_SEEN = re.compile(r"\b(?:did see|seen|saw|watched|watch(?:ing)?|remember)\b")
_FOLLOWS: Mapping[Stance, tuple[Stance, ...]] = {
    "like": ("none", "seen", "asked"),
    "dislike": ("none", "seen", "asked"),
    "seen": ("none", "asked"),
    "unseen": ("none", "asked"),
    "want": ("none", "asked", "unseen"),
}
"""What is said next without a name goes before what was said of the name itself."""
_ABOUT_IT = re.compile(
    r"\b(?:it|that|them|those|these|this|both|one|ones|all)\b|^\W*(?:so|was|were|really|very|super|liked|loved|hated|great|good)\b"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message: its words with marks for names, and what it says about them."""

    text: str
    segment: int
    question: bool
    names: tuple[int, ...]
    stance: Stance = "none"
    leading: bool = False
    """The verdict stands before the first name."""


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with its spans, in order and apart, replaced by their numbers in marks."""
    pieces, end = [], 0
    for number, (start, stop) in enumerate(spans):
        pieces += [text[end:start], f"{_OPEN}{number}{_CLOSE}"]
        end = stop
    return "".join([*pieces, text[end:]])


def parts_of(text: str) -> tuple[Part, ...]:
    """Cut a text with marks into parts, each with what it says."""
    cut = [
        _part(words, n, question, first=k == 0)
        for n, (segment, question) in enumerate(_segments(text))
        for k, words in enumerate(_soft(segment))
    ]
    return _about_earlier(_shared(cut))


def stances(text: str, count: int) -> tuple[Stance, ...]:
    """What a text with marks says about each of its `count` names."""
    found: dict[int, Stance] = {name: part.stance for part in parts_of(text) for name in part.names}
    return tuple(found.get(n, "none") for n in range(count))


def is_request(text: str) -> bool:
    """Whether a text asks for something to be found."""
    return bool(_REQUEST.search(text.casefold()))


def verdict(text: str) -> Stance:
    """What words without names say: a verdict, that it is known or unknown, that it is wanted; or nothing."""
    words = text.casefold().replace("’", "'")
    negated, cleared = _NEGATED.search(words), _UNNEGATED.sub(" ", words)
    if negated or re.search(rf"\b(?:{_NEGATIVE})\b", cleared):
        return "dislike"
    if _UNSEEN.search(words):
        return "want" if _WANT.search(_UNSEEN.sub(" ", words)) else "unseen"
    if re.search(r"\b(?:sounds?|looks?|heard|i'?ll|will|gonna|going to|check)\b", words) and _WANT.search(words):
        return "want"
    if re.search(rf"\b(?:{_POSITIVE})\b", words):
        return "like"
    if _SEEN.search(words) and not re.search(
        r"\b(?:to|will|'ll|should|would|gonna|must|can)\s+(?:\w+\s+)?(?:see|watch)\b", words
    ):
        return "seen"
    return "want" if _WANT.search(words) else "none"


def _segments(text: str) -> Iterable[tuple[str, bool]]:
    for segment in _HARD.split(text):
        if segment.strip():
            yield segment, segment.rstrip().endswith("?")


def _soft(segment: str) -> Sequence[str]:
    return [piece for piece in _SOFT.split(segment) if piece.strip()]


def _part(text: str, segment: int, question: bool, first: bool) -> Part:
    names = tuple(int(n) for n in _MARK.findall(text))
    words = text.casefold().replace("’", "'")
    before = words.partition(_OPEN)[0]
    asked = question and bool(_ASKED.search(before if names and not first else words))
    stance = _stance(words, before, asked, bool(names))
    leading = stance != "none" and (verdict(before) != "none" or stance in ("similar", "asked"))
    return Part(text, segment, question, names, stance, leading)


def _stance(words: str, before: str, asked: bool, named: bool) -> Stance:
    if _ASKS.match(words):
        return "asked"
    if not asked and _ADVICE.search(words):
        return "none"
    if asked and _YOU_LIKE.search(words):
        return "asked"
    if named and _LIKE_IT.search(words) and not _DENIED.search(words) and not _LIKES.search(words):
        return "similar"
    told = named and verdict(before) in ("like", "dislike") and not _ASKED.search(before)
    if asked and not told:
        return "similar" if named and _REQUEST.search(words) and _ALIKE.search(words) else "asked"
    if _NOT_THAT.match(words):
        return "dislike"
    return "none" if _COMPARED.search(words) else verdict(_MARK.sub(" ⟦⟧ ", words))


def _shared(parts: Sequence[Part]) -> list[Part]:
    """A name without a verdict has that of the part before it, if it led there, else of the one behind it."""
    shared = list(parts)
    for n, part in enumerate(shared):
        if n and part.stance == "none" and part.names and _same(shared[n - 1], part) and shared[n - 1].leading:
            shared[n] = replace(part, stance=shared[n - 1].stance, leading=True)
    for n in range(len(shared) - 2, -1, -1):
        part, behind = shared[n], shared[n + 1]
        if part.stance == "none" and part.names and _same(part, behind) and behind.names and not behind.leading:
            shared[n] = replace(part, stance=behind.stance)
    return shared


def _same(one: Part, other: Part) -> bool:
    return one.segment == other.segment


def _about_earlier(parts: Sequence[Part]) -> tuple[Part, ...]:
    """A verdict without a name is about what was named just before."""
    told = list(parts)
    for n, part in enumerate(told):
        if part.names or part.stance not in _FOLLOWS or not _ABOUT_IT.search(part.text.casefold()):
            continue
        m = next((m for m in range(n - 1, -1, -1) if told[m].names), None)
        if m is not None and told[m].stance in _FOLLOWS[part.stance] and part.segment - told[m].segment <= 1:
            told[m] = replace(told[m], stance=part.stance)
    return tuple(told)
