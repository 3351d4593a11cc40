"""Write aliases.<code>.toml from vocabulary.<code>.toml: python examples/movies/translate.py zh

Every facet value is checked against items.jsonl.gz, and every film, written 'Title (year)', becomes its item id.
"""

import argparse
import gzip
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Words: TypeAlias = Mapping[str, Sequence[str]]
Table: TypeAlias = Mapping[str, object]

HERE = Path(__file__).parent
HEAD = "# Made by translate.py from {0}: edit that file instead.\n"
FACETS = ("genres", "country", "language", "franchise")
PEOPLE = ("cast", "director")


class VocabularyError(ValueError):
    """The vocabulary names something the catalogue does not hold, or one word for two films."""


def main() -> None:
    """Read the films and the vocabulary of one language, and write its alias file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("code")
    code = parser.parse_args().code
    source = HERE / f"vocabulary.{code}.toml"
    with gzip.open(HERE / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        films = [json.loads(line) for line in lines]
    text = translated(tomllib.loads(source.read_text(encoding="utf-8")), films)
    (HERE / f"aliases.{code}.toml").write_text(HEAD.format(source.name) + text, encoding="utf-8")


def translated(vocabulary: Mapping[str, Table], films: Sequence[Table]) -> str:
    """The text of the alias file."""
    values = {facet: {value for film in films for value in _listed(film, facet)} for facet in (*FACETS, *PEOPLE)}
    sections: dict[str, Table] = {"labels": _labels(vocabulary)}
    for facet in FACETS:
        sections[facet] = vocabulary[facet]
        if unknown := vocabulary[facet].keys() - values[facet]:
            raise VocabularyError(f"no film has {facet} {sorted(unknown)!r}: rename or drop them")
    for facet in PEOPLE:
        sections[facet] = {name: words for name, words in vocabulary["people"].items() if name in values[facet]}
    if unknown := vocabulary["people"].keys() - values["cast"] - values["director"]:
        raise VocabularyError(f"nobody is called {sorted(unknown)!r}: rename or drop them")
    sections["groups"] = vocabulary["groups"]
    sections["titles"] = _titles(vocabulary["titles"], films)
    return "".join(_section(name, entries) for name, entries in sections.items())


def _labels(vocabulary: Mapping[str, Table]) -> Table:
    """The labels, and the first word of every value as its name for display."""
    shown = {facet: {value: _strings(words)[0] for value, words in vocabulary[facet].items()} for facet in FACETS}
    return {**vocabulary["labels"], "values": shown}


def _titles(named: Table, films: Sequence[Table]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for film in films:
        ids.setdefault(f"{film['title']} ({film['year']})", []).append(str(film["item_id"]))
    titles: dict[str, list[str]] = {}
    for name, words in named.items():
        if len(ids.get(name, ())) != 1:
            raise VocabularyError(f"{len(ids.get(name, ()))} films are {name!r}, not one")
        for word in _strings(words):
            if word in titles:
                raise VocabularyError(f"{word!r} names {titles[word]!r} and {name!r}; keep one of them")
            titles[word] = ids[name]
    return titles


def _listed(film: Table, facet: str) -> Sequence[str]:
    return _strings(film.get(facet, ()))


def _strings(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list | tuple) else []


def _section(name: str, entries: Table) -> str:
    lines = [f"\n[{name}]\n"]
    lines += [f"{_quoted(key)} = {_value(value)}\n" for key, value in entries.items() if not isinstance(value, dict)]
    tables = {key: value for key, value in entries.items() if isinstance(value, dict)}
    if name == "groups":
        return "".join(lines) + "".join(f"{_quoted(key)} = {_value(value)}\n" for key, value in tables.items())
    return "".join(lines) + "".join(_section(f"{name}.{key}", value) for key, value in tables.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _quoted(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


if __name__ == "__main__":
    main()
