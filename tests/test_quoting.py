"""Text that others wrote reads in Markdown as it was written, and stays text."""

from html import escape as html_escape

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.quoting import escape, excerpt, one_line, plain

SIGNS = st.sampled_from("*_`[]()<>#+-=!|~$&@.:/\\\"'\n\t 1234wht;x")
TEXT = st.text(SIGNS | st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_escaped_text_renders_as_itself_wherever_it_stands(text: str) -> None:
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    line = html_escape(one_line(text), quote=False).replace('"', "&quot;")
    if line:
        assert markdown.render(escape(text)) == f"<p>{line}</p>\n"
        assert markdown.renderInline(f"**{escape(text)}** ({escape(text)})") == f"<strong>{line}</strong> ({line})"
        assert markdown.render(f"| a |\n| --- |\n| {escape(text)} |\n").count("<td>") == 1


@given(TEXT)
def test_escapes_can_be_taken_out_again(text: str) -> None:
    assert plain(escape(text)) == one_line(text)


@given(TEXT, st.integers(2, 60))
def test_an_excerpt_is_short_and_cut_between_words(text: str, most: int) -> None:
    cut = excerpt(text, most)
    assert len(cut) <= most + 1
    assert " ".join(text.split()).startswith(cut.removesuffix("…")) or len(text.split()) == 0
    assert "\n" not in cut


def test_bare_links_and_addresses_are_no_links() -> None:
    text = "see http://evil.example, www.evil.example or a@evil.example"
    assert MarkdownIt("commonmark").render(escape(text)) == f"<p>{text}</p>\n"
    assert "http://" not in escape(text)
    assert "www." not in escape(text)
