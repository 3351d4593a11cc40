"""What a reasoning model thinks aloud before it answers, taken out of its text. Pure."""

_OPEN, _CLOSE = "<think>", "</think>"


class Unthought:
    """Takes the pieces of a text and gives back those behind '<think>…</think>' at its beginning."""

    def __init__(self) -> None:
        self._held: str | None = ""

    def add(self, piece: str) -> str:
        """What of the text so far is no thought and was not given yet."""
        if self._held is None:
            return piece
        self._held += piece
        said = self._held.lstrip()
        if _OPEN.startswith(said[: len(_OPEN)]) and len(said) < len(_OPEN):
            return ""
        if said.startswith(_OPEN):
            _, end, said = said.partition(_CLOSE)
            if not end:
                return ""
            said = said.lstrip()
            if not said:
                self._held = ""
                return ""
        self._held = None
        return said

    def rest(self) -> str:
        """What was held back and is no thought, at the end of the text."""
        held = (self._held or "").lstrip()
        return "" if held.startswith(_OPEN) else held


def answer_of(text: str) -> str:
    """A whole text without the thoughts before it."""
    filtering = Unthought()
    return filtering.add(text) + filtering.rest()
