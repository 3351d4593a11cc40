"""HTML that stands in a catalogue's texts, as plain text. Pure."""

import html
import re
from html.parser import HTMLParser

_TAG = re.compile(
    r"</?(?:p|br|div|span|b|i|u|strong|em|ul|ol|li|h[1-6]|a|img|table|tr|td|th|tbody|section|article|script|style|font"
    r"|blockquote|small|sup|sub|hr|pre|code)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)
_BLOCKS = frozenset(
    ("p", "br", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "section", "article", "hr")
)
_UNSEEN = frozenset(("script", "style"))
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r"\s*\n\s*")


def plain(text: str) -> str:
    """The words of an HTML text, blocks on lines of their own; other text as it is."""
    if _TAG.search(text):
        words = _Words()
        words.feed(text)
        words.close()
        return _LINES.sub("\n", _BLANKS.sub(" ", "".join(words.parts))).strip()
    return html.unescape(text) if _ENTITY.search(text) else text


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)
