"""Who played in a film and who directed it."""

import re
from collections.abc import Iterable

LONGEST_NAME = 6

# --- cast -----------------------------------------------------------------------------------------------------

_ROLE = re.compile(r"\s*\((?:English )?(?:actor|actress|narrator|cast|dancer|voice)\)$")
_CREW = re.compile(r"direct|screenp|screenwr|writ|story|novel|book|script|produce|teleplay|acreen", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"[()\[\]{}:<>|]|\b(?:of|[Bb]y|with|and|the)$|^(?:and|with|voices?|narrat\w+|the|of|his|various|many)\b"
    r"|^(?:The|A|An) .*\b(?:of|against)\b|^\d{4} |^[\W\d_]*$|^\w\.?$",
)
_LOWER_CASE_NAMES = frozenset({"will.i.am", "india.arie", "muMs da Schemer", "k.d. lang", "bell hooks"})


def cast(entries: Iterable[str]) -> tuple[str, ...]:
    """The players: no fragments of a split note, no crew, a split-off 'Jr.' put back."""
    kept: list[str] = []
    for entry in entries:
        name = _ROLE.sub("", re.sub(r"\s+", " ", entry).strip(" .,;]"))
        if name in ("Jr", "Sr") and kept:
            kept[-1] += f" {name}."
        elif re.search(r"[()]", name) and _CREW.search(name):
            # A note such as "(director)" was split off the crew member named just before it.
            if name.startswith("(") and kept:
                kept.pop()
        elif _is_name(name):
            kept.append(name + "." if re.search(r" (?:Jr|Sr)$", name) else name)
    return tuple(dict.fromkeys(kept))


def _is_name(name: str) -> bool:
    if name in _LOWER_CASE_NAMES:
        return True
    return bool(name) and not _FRAGMENT.search(name) and not name[0].islower() and len(name.split()) <= LONGEST_NAME


# --- directors ------------------------------------------------------------------------------------------------

# Teams that sign with one name.
TEAMS = {
    "Coen": ("Joel Coen", "Ethan Coen"),
    "Wachowski": ("Lana Wachowski", "Lilly Wachowski"),
    "Farrelly": ("Peter Farrelly", "Bobby Farrelly"),
    "Hughes": ("Albert Hughes", "Allen Hughes"),
    "Russo": ("Anthony Russo", "Joe Russo"),
    "Duplass": ("Jay Duplass", "Mark Duplass"),
    "Safdie": ("Josh Safdie", "Benny Safdie"),
    "Spierig": ("Michael Spierig", "Peter Spierig"),
    "Polish": ("Mark Polish", "Michael Polish"),
    "Pang": ("Danny Pang", "Oxide Pang"),
    "Strause": ("Colin Strause", "Greg Strause"),
    "Maysles": ("Albert Maysles", "David Maysles"),
    "Duffer": ("Matt Duffer", "Ross Duffer"),
    "Erwin": ("Andrew Erwin", "Jon Erwin"),
    "Soska": ("Jen Soska", "Sylvia Soska"),
    "Chiodo": ("Stephen Chiodo",),
}
ONE_WORD = frozenset({"McG", "Tarsem", "Pitof", "Costa-Gavras", "Kaos", "Prabhudeva", "Wych", "RZA", "Madonna", "Ice"})

_VERB = r"(?:co-?)?(?:written|shot|\w+ed)"
_DIRECTED = re.compile(
    rf"(?<![\w-])(?:[Cc]o-)?[Dd]irected(?:(?:, and|,| and| &) {_VERB}){{0,5}},? by,? (?:and (?:co-)?starring )?"
)
_DEBUT = re.compile(r"\b[Dd]irectorial (?:feature |film )?debut (?:of|for|by) ")
_FILM_BY = re.compile(r"\b(?:film|documentary|movie) by (?=(?:[A-Z]\w+ )?(?:director|filmmaker|documentarian)s? )")

_CAP = r"(?:(?:[A-Z]\.[ -]?)+(?=[A-Z])|(?:[A-Z]\.){2,}|St\. |[^\W\d_a-zß-öø-ÿ]\w*(?:[-'’](?!s\b)\w+)*)"
_PARTICLE = r"(?:de|da|di|del|della|der|den|van|von|la|le|el|dos|du|ten|ter|bin|al|af|y|e|zu)"
_SUFFIX = r"(?:,? (?:Jr|Sr)\.|,? I{2,3}\b| IV\b)"
_NICK = r"(?: [\"“'‘][^\"”'’]{1,15}[\"”'’])?"
NAME = rf"(?:{_PARTICLE} ){{0,2}}{_CAP}(?:{_NICK} ?(?:(?:{_PARTICLE} ){{0,2}}){_CAP}){{0,4}}{_SUFFIX}?"
_NAMES = re.compile(rf"({NAME})((?:, {NAME})*)((?:,? (?:and|&) {NAME})?)")

_DESCRIPTOR = re.compile(
    r"^(?:(?:[Tt]he |then[- ])?"
    r"(?:(?:Academy|Emmy|Oscar|Sundance|Tony|Grammy)[- ]?(?:Award)?[- ](?:winn(?:er|ing)|nominated|nominee) "
    r"|award-winning |series |show |franchise |long-time |longtime |frequent |fellow |former |future |veteran "
    r"|first-time |newcomer |activist and |series' |its star |the film's star, "
    r"|acclaimed |noted |independent |film |music video |commercial |stage |theat(?:er|re) "
    r"|television |TV |debut(?:ing|ant)? "
    r"|feature |husband-and-wife |cult |horror |B-movie |visual effects |special effects |stunt "
    r"|documentary |Broadway |late |"
    r"(?:American|British|English|Canadian|Australian|French|German|Italian|Spanish|Mexican|Indian"
    r"|Irish|Scottish|Swedish|Danish"
    r"|Norwegian|Dutch|Belgian|Japanese|Chinese|Korean|South Korean|Hong Kong|Israeli|Iranian"
    r"|Russian|Polish|Czech|Hungarian"
    r"|Brazilian|Argentine|Cuban|Chilean|Austrian|Swiss|Greek|Finnish|Icelandic|New Zealand"
    r"|Welsh)(?:-born|-American|-Canadian)? "
    r"|(?:film-?maker|director|actor|actress|comedian|screenwriter|writer|producer|musician|singer"
    r"|rapper|animator|editor|creator"
    r"|cinematographer|photographer|artist|journalist|documentarian|choreographer|playwright|author"
    r"|novelist|brother|sister|sibling"
    r"|newcomer|star|duo|team|couple|coordinator|supervisor|student|professor|composer|stuntman"
    r"|designer|novelist|stunt performer"
    r"|skater|model|critic|historian|comic)s?(?:(?:[-/]| and )(?:film-?maker|director|actor|actress"
    r"|producer|writer|screenwriter"
    r"|editor|musician|comedian|star|cinematographer|animator))*[, ]+))+"
)
_TEAM_NAMES = "|".join(TEAMS)
_TEAM = re.compile(
    rf"(?:[Tt]he )?(?:({_TEAM_NAMES})(?:s| [Bb]rothers| [Ss]isters| siblings)|[Bb]rothers ({_TEAM_NAMES}))\b"
)
_ACTIVE = re.compile(
    rf"(?:^|[.,] |\band )({NAME}),? (?:also |who |both )?(?:co-)?(?:wrote and )?directed the (?:film|movie|project)\b"
)
# Words that begin the next sentence or a credit, never a name.
_NOT_A_NAME_WORDS = (
    "The It Its In A An This That His Her He She Based Written Starring Produced Set With And For "
    "From At On As Released They "
    "Filmed Also Who Both Loosely Featuring Distributed Set Academy Award American British Walt "
    "Disney's I Films Pictures "
    "Productions Entertainment Studios Studio Company Animation Network Channel Television Brothers "
    "Bros Sisters Siblings "
    "National University"
)
_NOT_A_NAME = frozenset(_NOT_A_NAME_WORDS.split())
_HALF_A_NAME = re.compile(r"^(?:['’]s\b|/|-|\.[a-z])")
# After "directed by A and B" these mean that B begins a clause of their own.
_NEXT_CLAUSE = re.compile(
    r"^(?:['’]s\b|/|-|\.[a-z]| (?:(?:co-)?(?:stars?|produced(?! by)|wrote|edited(?! by)|composed(?! by))"
    r"|plays?|portrays?|executive|as|appears?|serves?|narrates?|were|was|had|has|brothers|sisters|siblings)\b)"
)
# The clause before "directed by" is about some other film, play or video.
_OTHER_WORK = re.compile(
    r"\b(?:remake|sequel|prequel|follow-?up|reboot|re-?imagining|version|adaptation|parody|companion"
    r"|spin-?off|successor"
    r"|update)\b(?: \w+){0,2} (?:of|to|from)\b"
    r"|\b(?:original|earlier|previous|classic|based on|adapted from|inspired by|based upon|unlike|similar)\b"
    r"|\b(?:play|musical|video|series|episode|segment|segments|short|shorts|portion|sequences?"
    r"|scenes?|production|opera|book|songs?|"
    r"music|animation|album|miniseries|each|art|stunts|unit) $|\boriginally\b|\bto (?:be"
    r"|have been) $|\bsupposed\b|\bnot\b"
)
_SAME_FILM = re.compile(r"(?:^|\b(?:and|was|is)) (?:also |both |co-|\w+, |\w+ and |\w+, and )*$")


def directors(text: str) -> tuple[str, ...]:
    """Who directed the film, by full name; nobody where the text leaves room for doubt."""
    for pattern in (_DIRECTED, _DEBUT, _FILM_BY):
        for match in pattern.finditer(text):
            if _about_another(text[: match.start()]):
                continue
            names = _read_names(text[match.end() : match.end() + 250], text)
            if names:
                return names
    active = _ACTIVE.search(text)
    return _full_names([active[1]], text) if active else ()


def _about_another(before: str) -> bool:
    """Whether the sentence so far has moved on to a film this one remakes or follows."""
    sentence = re.split(r"(?<=[a-z\d)\"])\. (?=[A-Z])", before)[-1]
    if re.match(r"\W*(?:The|Its) (?:original|previous|earlier)\b", sentence):
        return True
    others = list(_OTHER_WORK.finditer(sentence))
    return bool(others) and not _SAME_FILM.search(sentence[others[-1].start() :])


def _read_names(after: str, text: str) -> tuple[str, ...]:
    team = _TEAM.match(after)
    if team:
        return TEAMS[team[1] or team[2]]
    after = after[m.end() :] if (m := _DESCRIPTOR.match(after)) else after
    match = _NAMES.match(after)
    if match is None:
        return ()
    first, middle, last = match.groups()
    if not last or _NEXT_CLAUSE.match(after[match.end() :]):
        middle, last = "", ""
    if _HALF_A_NAME.match(after[match.end() if last else match.end(1) :]):
        return ()
    parts = [first, *re.split(r", (?!Jr|Sr|I)", middle)[1:], re.sub(r"^,? (?:and|&) ", "", last)]
    return _full_names([part for part in parts if part], text)


def _full_names(parts: list[str], text: str) -> tuple[str, ...]:
    """Every part as a full name, or nobody: half a credit is a wrong credit."""
    names = [_trim(part) for part in parts]
    if len(names) > 1 and " " not in names[0] and " " in names[1]:
        names[0] = _spelled_out(names[0], text) or f"{names[0]} {names[1].split(' ', 1)[1]}"
    full = [name if " " in name else _spelled_out(name, text) for name in names]
    good = all(name and len(name.split()) < LONGEST_NAME for name in full)
    return tuple(dict.fromkeys(re.sub(r",? (Jr|Sr)\.?$", r" \1.", name) for name in full)) if good else ()


def _trim(name: str) -> str:
    words: list[str] = []
    for word in name.split():
        if word.strip(",") in _NOT_A_NAME and (words or word != "He"):
            break
        words.append(word)
    return " ".join(words)


def _spelled_out(word: str, text: str) -> str:
    """The full name of a person whom the text names only by surname at this place."""
    if word in ONE_WORD or not word:
        return word
    found = {m.group() for m in re.finditer(rf"(?:{_CAP} ?)(?:(?:{_PARTICLE} )?{_CAP} ?)?{re.escape(word)}\b", text)}
    found = {name for name in found if _trim(name) == name and name != word}
    return found.pop() if len(found) == 1 else ""
