"""Replies as language models write them, good and bad, about a dozen films; and the turn that each of them tells."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agent.cards import cards_of
from agent.observations import Answered, Found, Observation
from agent.plan import Chat, Plan
from agent.ports import TellContext
from retrieval.aliases import Aliases
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Candidate, Evidence, FacetValue, Item

SPEC = CatalogSpec(
    name="films",
    noun="film",
    nouns="films",
    words=("movie",),
    facets={
        "year": FacetSpec(kind="numeric", label="year", grouped=False),
        "runtime": FacetSpec(kind="numeric", label="length", unit="min", more=("longer",), less=("shorter",)),
        "price": FacetSpec(kind="numeric", label="price", unit="$"),
        "genres": FacetSpec(kind="categorical", label="genre", multi=True),
        "director": FacetSpec(kind="categorical", label="director", people=True, phrases=("directed by", "by")),
        "cast": FacetSpec(kind="categorical", label="actor", people=True, multi=True, phrases=("starring", "with")),
        "country": FacetSpec(kind="categorical", label="country"),
        "stocked": FacetSpec(kind="boolean", label="in stock"),
    },
)


def film(item_id: str, title: str, description: str, **facets: FacetValue) -> Item:
    """Make an item."""
    return Item(item_id, title, description, facets)


FILMS = (
    film(
        "inception",
        "Inception",
        "A thief who steals secrets through shared dreams is asked to plant an idea in the mind of an heir.",
        year=2010.0,
        runtime=148.0,
        price=12.99,
        genres=("Science Fiction", "Thriller"),
        director="Christopher Nolan",
        cast=("Leonardo DiCaprio", "Tom Hardy", "Marion Cotillard"),
        country="United States",
        stocked=True,
    ),
    film(
        "heat",
        "Heat",
        "A master thief and an obsessed detective circle each other in Los Angeles before one last robbery.",
        year=1995.0,
        runtime=170.0,
        price=9.5,
        genres=("Crime", "Thriller"),
        director="Michael Mann",
        cast=("Al Pacino", "Robert De Niro", "Val Kilmer"),
        country="United States",
        stocked=False,
    ),
    film(
        "airplane",
        "Airplane!",
        "A pilot who is afraid of flying must land a plane after everybody on board is taken ill.",
        year=1980.0,
        runtime=88.0,
        price=5.0,
        genres=("Comedy",),
        director="Jim Abrahams",
        cast=("Robert Hays", "Leslie Nielsen"),
        country="United States",
        stocked=True,
    ),
    film(
        "amelie",
        "Amélie",
        "A shy waitress in Montmartre decides to make the lives of the people around her better, and falls in love.",
        year=2001.0,
        runtime=122.0,
        price=8.0,
        genres=("Comedy", "Romance"),
        director="Jean-Pierre Jeunet",
        cast=("Audrey Tautou", "Mathieu Kassovitz"),
        country="France",
        stocked=True,
    ),
    film(
        "mood",
        "In the Mood for Love",
        "In Hong Kong in 1962 two neighbours find out that their spouses have an affair, and grow close themselves.",
        year=2000.0,
        runtime=98.0,
        price=14.0,
        genres=("Romance", "Drama"),
        director="Wong Kar-wai",
        cast=("Maggie Cheung", "Tony Leung Chiu-wai"),
        country="Hong Kong",
        stocked=True,
    ),
    film(
        "it",
        "It",
        "Children of a small town in Maine are hunted by a clown who knows what each of them is afraid of.",
        year=2017.0,
        runtime=135.0,
        price=11.0,
        genres=("Horror",),
        director="Andy Muschietti",
        cast=("Bill Skarsgård", "Finn Wolfhard"),
        country="United States",
        stocked=True,
    ),
    film(
        "matrix",
        "The Matrix",
        "A hacker learns that the world is a simulation and joins the rebels who fight the machines behind it.",
        year=1999.0,
        runtime=136.0,
        price=7.0,
        genres=("Science Fiction", "Action"),
        director="Lana Wachowski",
        cast=("Keanu Reeves", "Carrie-Anne Moss"),
        country="United States",
        stocked=True,
    ),
    film(
        "odyssey",
        "2001: A Space Odyssey",
        "A voyage to Jupiter with a computer that kills.",
        year=1968.0,
        runtime=149.0,
        genres=("Science Fiction",),
        director="Stanley Kubrick",
        country="United Kingdom",
    ),
    film(
        "up",
        "Up",
        "A widower ties balloons to his house and flies to South America with a boy scout.",
        year=2009.0,
        runtime=96.0,
        genres=("Animation", "Comedy"),
        director="Pete Docter",
        country="United States",
    ),
    film(
        "memento",
        "Memento",
        "A man without memory hunts a killer.",
        year=2000.0,
        runtime=113.0,
        genres=("Thriller",),
        director="Christopher Nolan",
        cast=("Guy Pearce",),
        country="United States",
    ),
    film(
        "hero",
        "Hero",
        "A nameless swordsman tells a king how he defeated three assassins.",
        year=2002.0,
        runtime=99.0,
        genres=("Action", "Drama"),
        director="Zhang Yimou",
        cast=("Jet Li", "Maggie Cheung"),
        country="China",
    ),
    film(
        "shining",
        "The Shining",
        "A writer loses his mind in an empty hotel in winter.",
        year=1980.0,
        runtime=146.0,
        genres=("Horror",),
        director="Stanley Kubrick",
        cast=("Jack Nicholson",),
        country="United States",
    ),
)
CHINESE = Aliases(
    values={
        ("genres", "Science Fiction"): ("科幻", "科幻片"),
        ("genres", "Thriller"): ("惊悚", "惊悚片"),
        ("genres", "Crime"): ("犯罪", "犯罪片", "警匪片"),
        ("genres", "Comedy"): ("喜剧", "喜剧片"),
        ("genres", "Romance"): ("爱情", "爱情片"),
        ("genres", "Drama"): ("剧情", "剧情片"),
        ("genres", "Horror"): ("恐怖", "恐怖片"),
        ("genres", "Action"): ("动作", "动作片"),
        ("director", "Christopher Nolan"): ("诺兰", "克里斯托弗·诺兰"),
        ("director", "Michael Mann"): ("迈克尔·曼",),
        ("director", "Wong Kar-wai"): ("王家卫",),
        ("director", "Stanley Kubrick"): ("库布里克",),
        ("cast", "Leonardo DiCaprio"): ("莱昂纳多", "莱昂纳多·迪卡普里奥"),
        ("cast", "Al Pacino"): ("阿尔·帕西诺", "帕西诺"),
        ("cast", "Maggie Cheung"): ("张曼玉",),
        ("cast", "Jet Li"): ("李连杰",),
        ("country", "France"): ("法国",),
        ("country", "United States"): ("美国",),
    },
    titles={
        "盗梦空间": ("inception",),
        "花样年华": ("mood",),
        "闪灵": ("shining",),
        "黑客帝国": ("matrix",),
        "英雄": ("hero",),
    },
)


@cache
def catalog() -> Catalog:
    """The films."""
    return Catalog(FILMS, SPEC)


@cache
def linker() -> Linker:
    """Their names, with Chinese ones."""
    return Linker(catalog(), CHINESE)


@dataclass(frozen=True)
class Reply:
    """One line of the file: a reply to `text` about the items of `cards`. `bad` must not be read in what is shown,
    `good` must; without `bad` the reply is right, and all of it must be shown."""

    text: str
    cards: tuple[str, ...]
    reply: str
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    asked: Mapping[str, str] | None = None
    language: str = "en"

    @property
    def context(self) -> TellContext:
        """The turn that it tells."""
        items = [known for name in self.cards if (known := catalog().get(name))]
        evidence = Evidence("popularity", "popularity", "7", 0.5)
        found = Found(tuple(Candidate(i, 0.8, {}, (evidence,)) for i in items), 240, ())
        seen: list[Observation] = [found] if items else []
        if self.asked:
            item = catalog().get(self.asked["item"])
            assert item is not None
            seen.append(Answered(item, self.text, self.asked["facet"], self.asked["answer"], self.asked["value"]))  # type: ignore[arg-type]
        plan = Plan(actions=(Chat(kind="unclear"),))
        cards = cards_of(seen, catalog(), (), self.language)
        return TellContext(self.text, plan, tuple(seen), cards, (), language=self.language)


@cache
def load_replies() -> tuple[Reply, ...]:
    """Read the file."""
    lines = Path(__file__).with_name("replies.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_reply(json.loads(line)) for line in lines if line.strip())


def _reply(row: Mapping[str, object]) -> Reply:
    given = {k: tuple(v) if isinstance(v, Sequence) and not isinstance(v, str) else v for k, v in row.items()}
    return Reply(**given)  # type: ignore[arg-type]
