"""Genres, countries, languages and running time, read from the sentence that opens a Wikipedia lead."""

import re
from collections.abc import Iterable

RENAMED = {"Sport": "Sports", "Suspense": "Thriller", "Biographical": "Biography", "Animation": "Animated"}
SHORTEST_FEATURE = 40
LONGEST_OPENING = 16
NOT_A_GENRE = frozenset({"Live Action", "Performance"})

# What a word of the opening sentence says about genre.
GENRE_WORDS: dict[str, tuple[str, ...]] = {
    r"action": ("Action",),
    r"adventure|swashbuckl\w+": ("Adventure",),
    r"(?:computer-)?animated|animation|stop-motion|anime|claymation": ("Animated",),
    r"(?:auto|semi-)?(?:auto)?biographical|biography|biopic": ("Biography",),
    r"christmas(?:-themed)?": ("Christmas",),
    r"comedy|comedies|comedic|parody|spoof|slapstick|screwball|mockumentary|rom-com": ("Comedy",),
    r"dramedy|tragicomedy|comedy-drama": ("Comedy", "Drama"),
    r"coming-of-age": ("Coming-of-Age",),
    r"crime|gangster|heist|mafia|caper": ("Crime",),
    r"dance": ("Dance",),
    r"disaster": ("Disaster",),
    r"documentary|documentaries|rockumentary": ("Documentary",),
    r"drama|dramatic|melodrama|docudrama": ("Drama",),
    r"erotic|sexploitation|pornographic": ("Erotic",),
    r"family|children's": ("Family",),
    r"fantasy|sword": ("Fantasy",),
    r"found-footage": ("Found Footage",),
    r"historical|period|medieval": ("Historical",),
    r"horror": ("Horror",),
    r"slasher": ("Slasher", "Horror"),
    r"independent|indie": ("Independent",),
    r"legal|courtroom": ("Legal",),
    r"martial-arts|kung-fu|wuxia": ("Martial Arts",),
    r"musical|rom-com-musical": ("Musical",),
    r"mystery|whodunit|murder-mystery": ("Mystery",),
    r"noir|neo-noir": ("Noir",),
    r"political": ("Political",),
    r"romance|romantic|rom-com": ("Romance",),
    r"satire|satirical": ("Satire",),
    r"sci-fi|cyberpunk|space-opera|dystopian|spy-fi": ("Science Fiction",),
    r"short": ("Short",),
    r"silent": ("Silent",),
    r"sports?|boxing|baseball|basketball": ("Sports",),
    r"spy|espionage|spy-fi": ("Spy",),
    r"superhero": ("Superhero",),
    r"supernatural": ("Supernatural",),
    r"teen|teenage": ("Teen",),
    r"thriller|suspense|techno-thriller": ("Thriller",),
    r"war|anti-war": ("War",),
    r"western|neo-western": ("Western",),
}
_GENRE_WORDS = [(re.compile(rf"(?:{word})"), genres) for word, genres in GENRE_WORDS.items()]

COUNTRIES = {
    "American": "United States", "U.S.": "United States", "British": "United Kingdom", "Scottish": "United Kingdom",
    "Welsh": "United Kingdom", "Canadian": "Canada", "Australian": "Australia", "New Zealand": "New Zealand",
    "Irish": "Ireland", "French": "France", "German": "Germany", "West German": "Germany", "East German": "Germany",
    "Italian": "Italy", "Spanish": "Spain", "Portuguese": "Portugal", "Dutch": "Netherlands", "Belgian": "Belgium",
    "Swiss": "Switzerland", "Austrian": "Austria", "Swedish": "Sweden", "Norwegian": "Norway", "Danish": "Denmark",
    "Finnish": "Finland", "Icelandic": "Iceland", "Polish": "Poland", "Czech": "Czech Republic",
    "Czechoslovak": "Czechoslovakia", "Czechoslovakian": "Czechoslovakia", "Hungarian": "Hungary",
    "Romanian": "Romania", "Bulgarian": "Bulgaria", "Serbian": "Serbia", "Yugoslav": "Yugoslavia",
    "Croatian": "Croatia", "Greek": "Greece", "Turkish": "Turkey", "Russian": "Russia", "Soviet": "Soviet Union",
    "Ukrainian": "Ukraine", "Estonian": "Estonia", "Lithuanian": "Lithuania", "Latvian": "Latvia",
    "Israeli": "Israel", "Palestinian": "Palestine", "Lebanese": "Lebanon", "Iranian": "Iran", "Iraqi": "Iraq",
    "Egyptian": "Egypt", "Moroccan": "Morocco", "Tunisian": "Tunisia", "Algerian": "Algeria",
    "Jordanian": "Jordan", "Emirati": "United Arab Emirates", "Qatari": "Qatar", "Nigerian": "Nigeria",
    "Ghanaian": "Ghana", "Kenyan": "Kenya", "Ethiopian": "Ethiopia", "South African": "South Africa",
    "Indian": "India", "Pakistani": "Pakistan", "Bangladeshi": "Bangladesh", "Nepalese": "Nepal",
    "Sri Lankan": "Sri Lanka", "Afghan": "Afghanistan", "Chinese": "China", "Hong Kong": "Hong Kong",
    "Taiwanese": "Taiwan", "Japanese": "Japan", "South Korean": "South Korea", "Thai": "Thailand",
    "Vietnamese": "Vietnam", "Cambodian": "Cambodia", "Filipino": "Philippines", "Philippine": "Philippines",
    "Indonesian": "Indonesia", "Malaysian": "Malaysia", "Singaporean": "Singapore", "Mexican": "Mexico",
    "Brazilian": "Brazil", "Argentine": "Argentina", "Argentinian": "Argentina", "Chilean": "Chile",
    "Colombian": "Colombia", "Peruvian": "Peru", "Venezuelan": "Venezuela", "Cuban": "Cuba",
    "Puerto Rican": "Puerto Rico", "Dominican": "Dominican Republic", "Jamaican": "Jamaica",
    "Luxembourgish": "Luxembourg", "Maltese": "Malta", "Kazakhstani": "Kazakhstan", "Mongolian": "Mongolia",
}  # fmt: skip
_ADJECTIVES = "|".join(sorted(map(re.escape, COUNTRIES), key=len, reverse=True))
# "French-language", "Native American" and "American football" say nothing about where a film was made.
_COUNTRY = re.compile(
    rf"(?<![\w.])(?<!Native )(?<!African[- ])(?:{_ADJECTIVES})(?![\w.])"
    r"(?![- –]language)(?! (?:football|West\b|South\b|Dream|Civil|Revolution|Indian|Gothic|Girl|Pie|Broadcasting))"
)

_LANGUAGES_WORDS = (
    "English French German Italian Spanish Portuguese Dutch Swedish Norwegian Danish Finnish Icelandic Polish Czech "
    "Hungarian Romanian Bulgarian Serbian Croatian Greek Turkish Russian Ukrainian Hebrew Yiddish Arabic Persian Hindi "
    "Urdu Punjabi Bengali Tamil Telugu Malayalam Kannada Marathi Gujarati Mandarin Cantonese Chinese Japanese Korean "
    "Thai Vietnamese Khmer Tagalog Filipino Indonesian Malay Inuktitut Navajo Zulu Xhosa Swahili Latin"
)
LANGUAGES = frozenset(_LANGUAGES_WORDS.split())
_LANGUAGE_WORD = "|".join(sorted(LANGUAGES))
_IN_LANGUAGE = re.compile(
    rf"\b(?:film|documentary|movie|drama|comedy)(?: is| was)?(?: shot| filmed)? in ({_LANGUAGE_WORD})"
    rf"(?: and ({_LANGUAGE_WORD}))?(?=[,.]| (?:directed|and has|starring|with|written))"
    rf"|\bIt is in ({_LANGUAGE_WORD})(?: and ({_LANGUAGE_WORD}))?\b"
)

_OPENING = re.compile(r"\b(?:is|was|are)\s+(?:an?\b|the\b|(?=\d{4}\b))\s*")
_FILM_NOUN = re.compile(r"\b(?:films?|movies?|pictures?|features?|mini-?series|special)\b")
_CUT = re.compile(
    r"[.;:(](?!\w)|\s[–—-]\s"
    r"|,?\s(?:of|to|by|in|from|that|which|who|with|for|about|on|based|set|starring|directed|written|co-\w+ed|produced"
    r"|released|made|featuring|loosely|adapted|created|is|was|are|chronicling|depicting|narrated|shot|filmed)\s"
)
_JOINED = {
    r"coming of age": "coming-of-age",
    r"slice of life": "slice-of-life",
    r"made[- ]for[- ](?:TV|television|cable)": "television",
    r"direct[- ]to[- ](?:video|DVD)": "video",
    r"live[- –]action": "live",
    r"science[- ]?fiction": "sci-fi",
    r"space opera": "space-opera",
    r"martial[- ]arts?": "martial-arts",
    r"found[- ]footage": "found-footage",
    r"kung[- ]fu": "kung-fu",
    r"stop[- ]motion": "stop-motion",
    r"film noir": "noir film",
    r"[Cc]old War": "",
    r"family drama": "drama",
    r"short[- ](?:stor|live)": "",
}


def opening(text: str) -> str:
    """The words that say what the film is: '1999 American sci-fi action film'."""
    start = _OPENING.search(text, 0, 300)
    if start is None:
        return ""
    phrase = text[start.end() : start.end() + 220]
    for pattern, word in _JOINED.items():
        phrase = re.sub(pattern, word, phrase)
    cut = _CUT.search(phrase)
    phrase = phrase[: cut.start()] if cut else phrase
    noun = _FILM_NOUN.search(phrase)
    phrase = phrase[: noun.end()] if noun else phrase
    return phrase if len(phrase.split()) <= LONGEST_OPENING else ""


def stated_genres(phrase: str) -> list[str]:
    """Genres named by the opening words, in their order."""
    found: list[str] = []
    for word in re.split(r"[\s,/–—]+|-(?=$|\s)", phrase.lower()):
        parts = [word, *word.split("-")]
        for part in parts:
            found += [g for pattern, genres in _GENRE_WORDS if pattern.fullmatch(part) for g in genres]
    return found


def genres(source: Iterable[str], phrase: str) -> tuple[str, ...]:
    """The source's genres under their canonical names, then those its opening sentence adds."""
    named = [RENAMED.get(g, g) for g in source if g not in NOT_A_GENRE]
    return tuple(dict.fromkeys(named + stated_genres(phrase)))


def countries(phrase: str) -> tuple[str, ...]:
    """Countries whose adjective stands in the opening words, each once."""
    return tuple(dict.fromkeys(COUNTRIES[m.group()] for m in _COUNTRY.finditer(phrase)))


def languages(phrase: str, text: str) -> tuple[str, ...]:
    """Languages the text states outright; a country says nothing about them."""
    found = re.findall(rf"\b({_LANGUAGE_WORD})[- –]language\b", phrase)
    spoken = _IN_LANGUAGE.search(text)
    found += [word for word in spoken.groups() if word] if spoken else []
    return tuple(dict.fromkeys(found))


_MINUTES = (
    re.compile(r"\b(\d{1,3})[- ]minute(?:-long)? (?:[\w-]+ ){0,3}(?:film|documentary|movie|feature|short)\b"),
    re.compile(
        r"\b(?:runs|running time of|runtime of|run time of)(?: for| at)?(?: approximately| about)? (\d{1,3}) min"
    ),
    re.compile(r"\b[Tt]he (?:film|documentary|movie) is (\d{1,3}) minutes long"),
    re.compile(r"\bdocumentary film of (\d{1,3}) minutes in length"),
)
_HOURS = re.compile(r"\b(?:running time|runtime) of (\d) hours? (?:and )?(\d{1,2}) minutes")


def runtime(text: str) -> int | None:
    """Minutes, where the text states the length of a feature; fewer belong to a part of it or to another film."""
    hours = _HOURS.search(text)
    if hours:
        return 60 * int(hours[1]) + int(hours[2])
    stated = [int(m[1]) for pattern in _MINUTES if (m := pattern.search(text))]
    return stated[0] if stated and stated[0] >= SHORTEST_FEATURE else None


def is_film(phrase: str, text: str) -> bool:
    """False for a page about the novel, the play, the series or the person behind the film."""
    if not phrase:
        return bool(re.search(r"\b(?:film|movie|documentary)\b", text[:200]))
    if re.search(r"\b(?:television|TV|web) series\b|\bmini-?series\b|\bfilm series\b|\bfranchise\b", phrase):
        return False
    nouns = (
        r"films?|movies?|documentary|comedy|drama|dramedy|thriller|western|musical|sequel|short|picture|feature|anime"
    )
    return bool(
        re.search(rf"\b(?:{nouns}|noir|romance|spoof|parody|biopic|adaptation|remake|special)\b", phrase, re.IGNORECASE)
    )
