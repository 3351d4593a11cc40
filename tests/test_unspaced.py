"""Names in text without spaces: Chinese and mixed messages on the films, and on a catalogue of Chinese titles."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.folding import fold
from retrieval.language import every_language
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.references import resolved
from retrieval.segments import Segmenter
from retrieval.types import Item
from tests.films import label, linker


def named(text: str) -> list[str]:
    """What the names of a text mean: titles, and values as 'facet: value'."""
    spans = linker().find(text)
    return [label(s.items[0]) if s.items else " + ".join(f"{m.facet}: {m.value}" for m in s.meanings) for s in spans]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("我喜欢盗梦空间和黑客帝国，但讨厌泰坦尼克号", ["Inception (2010)", "The Matrix (1999)", "Titanic (1997)"]),
        ("我喜歡駭客任務", ["The Matrix (1999)"]),
        ("《哈利·波特与魔法石》好看吗", ["Harry Potter and the Sorcerer's Stone (2001)"]),
        (
            "想看 Nolan 拍的 sci-fi,不要 horror",
            ["director: Christopher Nolan", "genres: Science Fiction", "genres: Horror"],
        ),
        ("像incepton一样的", ["Inception (2010)"]),
        ("看过heat吗", ["Heat (1995)"]),
        ("戰爭片或者科幻片", ["genres: War", "genres: Science Fiction"]),
        ("教父第二部怎么样", ["The Godfather Part II (1974)"]),
        ("来点爱情喜剧", ["genres: Romance + genres: Comedy"]),
    ],
)
def test_chinese_words_and_titles_are_found_in_running_text(text: str, names: list[str]) -> None:
    assert named(text) == names


@pytest.mark.parametrize("text", ["讨厌可爱情侣的片子", "后天想看电影", "她很漂亮", "你好", "我们去看电影吧"])
def test_a_name_inside_other_words_and_an_everyday_word_are_no_names(text: str) -> None:
    assert named(text) == []


def test_title_marks_make_an_everyday_word_a_title() -> None:
    assert named("推荐《她》那样的") == ["Her (2013)"]
    assert named("《后天》是谁导演的") == ["The Day After Tomorrow (2004)"]


def test_words_behind_a_name_tell_the_facet() -> None:
    directed, played = (linker().find(f"克林特·伊斯特伍德{verb}的")[0].meanings[0] for verb in ("导演", "演"))
    assert (directed.facet, played.facet) == ("director", "cast")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("第二部", "b"),
        ("前两个", "ab"),
        ("最后一部", "e"),
        ("这两部", "ab"),
        ("倒数第二个", "d"),
        ("以上这些都看过", "abcde"),
        ("3号", "c"),
    ],
)
def test_pointers_at_a_list(text: str, meant: str) -> None:
    (pointer,) = linker().references(text)
    assert "".join(resolved(pointer, "abcde")) == meant


@cache
def books() -> Linker:
    """A stranger's catalogue in Chinese, without aliases."""
    titles = ["三体：地球往事", "活着", "白夜行", "围城", "人间词话", "解忧杂货店"]
    kinds = ["科幻", "小说", "推理", "小说", "诗词", "小说"]
    items = [
        Item(f"b{n}", t, f"{t}是一本书。", {"kind": k}) for n, (t, k) in enumerate(zip(titles, kinds, strict=True))
    ]
    spec = CatalogSpec(noun="书", nouns="书", facets={"kind": FacetSpec(kind="categorical", label="类别")})
    return Linker(Catalog(items, spec))


@pytest.mark.parametrize(
    ("text", "item"),
    [("我想看三体", "b0"), ("《活着》怎么样", "b1"), ("有没有像解忧杂货店那样的书", "b5"), ("喜歡圍城", "b3")],
)
def test_titles_of_a_chinese_catalogue_are_found_without_aliases(text: str, item: str) -> None:
    assert [s.items[0] for s in books().find(text) if s.items] == [item]


def test_values_of_a_chinese_catalogue_are_found() -> None:
    (span,) = books().find("推理类的有吗")
    assert [(m.facet, m.value) for m in span.meanings] == [("kind", "推理")]


_MIXED = st.text(
    st.one_of(
        st.sampled_from("我想看不要科幻恐怖片盗梦空间的和《》，。！？１９年部第二两前Nolan sci-fi heat 😀🎬ﷺ"),
        st.characters(),
    )
)


@settings(max_examples=150, deadline=None)
@given(_MIXED)
def test_spans_and_pointers_lie_inside_any_text_in_order(text: str) -> None:
    for found in (linker().find(text), linker().references(text)):
        ends = [0, *(end for thing in found for end in (thing.start, thing.end)), len(text)]
        assert ends == sorted(ends)
        assert all(thing.text == text[thing.start : thing.end] for thing in found)


@cache
def segmenter() -> Segmenter:
    return Segmenter(every_language().ranks, ["盗梦空间"])


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=60))
def test_words_joined_are_the_run(run: str) -> None:
    assert "".join(segmenter().cut(run)) == run


def test_the_likelier_cut_wins_and_names_are_words() -> None:
    assert segmenter().cut("可爱情侣") == ("可爱", "情侣")
    assert segmenter().cut("美国家庭") == ("美国", "家庭")
    assert segmenter().cut("我想看盗梦空间") == ("我", "想", "看", "盗梦空间")


def test_both_forms_of_a_character_fold_to_one() -> None:
    assert fold("戰爭與和平") == fold("战争与和平")
