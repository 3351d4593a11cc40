"""A catalogue's words in another language: read from its alias file, checked at the build, the rest left as it is."""

from pathlib import Path

import pytest

from retrieval.aliases import check_labels, load_aliases
from retrieval.errors import CatalogError
from retrieval.translation import load_translations
from tests.shop import SHOP, SPEC

LABELS = """
[style]
Modern = ["现代风格"]
[labels]
noun = "灯"
counter = "盏"
prompts = ["五十块以内的红色台灯"]
[labels.facets]
style = "风格"
price = "价格"
[labels.units]
price = "美元"
[labels.more]
price = "更贵"
[labels.values.style]
Modern = "现代"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "aliases.zh.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_translated_is_told_in_it_and_the_rest_as_everywhere(tmp_path: Path) -> None:
    told = load_translations([write(tmp_path, LABELS)], SPEC)["zh"]
    spec = told.spec(SPEC)
    assert (spec.noun, spec.nouns, told.counter) == ("灯", "灯", "盏")
    assert spec.facets["style"].label == "风格"
    assert spec.facets["price"].more == ("更贵",) and spec.facets["price"].less == ("更便宜", "更实惠")
    assert spec.facets["price"].unit == "美元"
    assert spec.facets["maker"].label == "厂家"
    assert spec.facets["maker"].phrases == SPEC.facets["maker"].phrases
    assert told.values["style"] == {"Modern": "现代"}


def test_a_value_without_a_label_goes_by_its_first_other_word_and_people_by_their_name(tmp_path: Path) -> None:
    text = '[style]\nPaper = ["纸", "纸质"]\n[maker]\n"Bo Ek" = "博"\n[labels]\nnoun = "灯"'
    assert load_translations([write(tmp_path, text)], SPEC)["zh"].values == {"style": {"Paper": "纸"}}


def test_labels_are_no_aliases(tmp_path: Path) -> None:
    assert load_aliases([write(tmp_path, LABELS)], SHOP).values == {("style", "Modern"): ("现代风格",)}


def test_without_labels_a_catalogue_is_told_in_words_for_any_catalogue(tmp_path: Path) -> None:
    told = load_translations([write(tmp_path, '[style]\nModern = "现代"\n')], SPEC)["zh"]
    spec = told.spec(SPEC)
    assert (spec.title, spec.noun, spec.facets["style"].label) == (SPEC.title, "商品", "款式")


def test_a_catalogue_without_alias_files_is_spoken_of_in_every_language_that_has_defaults() -> None:
    heard = load_translations([], SPEC)["zh"].heard(SPEC)
    assert {"更便宜", "cheaper"} <= set(heard.facets["price"].less)


def _built(paths: list[Path]) -> None:
    load_aliases(paths, SHOP)
    check_labels(paths, SHOP)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('[labels]\nnoum = "灯"', "noum"),
        ('[labels.facets]\ncolour = "颜色"', "colour"),
        ('[labels.values.style]\nModem = "现代"', "Modem"),
        ("[labels.values]\nstyle = 3", "style"),
        ("labels = 3", "outside"),
    ],
)
def test_a_wrong_label_stops_the_build_and_is_quoted(tmp_path: Path, text: str, quoted: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CatalogError, match=quoted):
        _built([path])


def test_a_label_of_a_value_that_has_gone_since_does_no_harm(tmp_path: Path) -> None:
    assert load_translations([write(tmp_path, '[labels.values.style]\nGone = "没了"')], SPEC)["zh"].values
