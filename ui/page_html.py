"""Values to markup. Templates escape every value; the Markdown of replies loses its HTML, images and odd links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from agent.languages import DEFAULT
from agent.profile import Profile
from agent.wording import wording_of
from retrieval.catalog import Catalog
from ui.labels import labels, page_languages
from ui.page_cards import card_view
from ui.page_choices import choices
from ui.page_compare import comparison_view
from ui.page_profile import profile_view
from ui.page_tune import tune_view
from ui.page_turn import Exchange

HERE = Path(__file__).resolve().parent


class _Markdown(MarkdownIt):
    """CommonMark with tables, for text that nobody vouches for."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "breaks": True})
        self.enable("table").disable("image")
        self.add_render_rule("link_open", _link_open)

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name is the library's
        """Only the web: no javascript:, no data:, no other scheme, nothing relative."""
        return url.lower().startswith(("http://", "https://"))


def _link_open(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    tokens[idx].attrSet("target", "_blank")
    tokens[idx].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, idx, options, env)


@dataclass(frozen=True)
class Press:
    """Prints the parts of the page in a language."""

    language: str = DEFAULT
    folder: Path = HERE / "templates"

    def say(self, key: str, **slots: object) -> str:
        """A word of the page."""
        return labels(self.language).part(key, **slots)

    @cached_property
    def _templates(self) -> Environment:
        made = Environment(
            loader=FileSystemLoader(self.folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals.update(t=self.say, language=self.language, languages=page_languages())
        return made

    @cached_property
    def _markdown(self) -> MarkdownIt:
        return _Markdown()

    def markdown(self, text: str) -> Markup:
        """Print the Markdown of a reply as markup that can do nothing but be read."""
        return Markup(self._markdown.render(text))

    def header(self, here: str, titles: Mapping[str, str]) -> str:
        """Print the bar at the top: the open catalogue by name, and the titles of all of them."""
        return self._print("header.html", {"here": here, "titles": titles})

    def tray(self) -> str:
        """Print what stands over the composer while cards are picked for a comparison."""
        return self._print("tray.html", {})

    def welcome(self, catalog: Catalog) -> str:
        """Print what stands where nothing has been said yet."""
        return self._print("welcome.html", {"spec": wording_of(catalog, self.language).spec, "items": len(catalog)})

    def conversation(self, exchanges: Sequence[Exchange], catalog: Catalog, *, tuned: bool = False) -> str:
        """Print exchanges in order; `tuned`: the last list can be made more or less varied."""
        last = len(exchanges) - 1
        return "".join(self.exchange(e, catalog, tuned=tuned and n == last) for n, e in enumerate(exchanges))

    def exchange(self, exchange: Exchange, catalog: Catalog, *, tuned: bool = True) -> str:
        """Print what was said, the reply as far as it is there, and the cards under it."""
        spread = exchange.spread if tuned else None
        told = wording_of(catalog, exchange.language)
        say = labels(exchange.language if exchange.language in page_languages() else self.language).part
        values = {
            "compared": comparison_view(exchange.compared, catalog, exchange.language),
            "choices": choices(exchange.open, told, say) if exchange.phase == "done" else (),
            "tune": None if spread is None else tune_view(spread, len(exchange.cards), self.say),
            "it": exchange,
            "reply": self.markdown(exchange.reply),
            "cards": [card_view(card, catalog, exchange.language) for card in exchange.cards],
            "spec": wording_of(catalog, self.language).spec,
        }
        return self._print("exchange.html", values)

    def trouble(self, code: str, error: str) -> str:
        """Print why there is no conversation to show."""
        return self._print("trouble.html", {"code": code, "error": error, "said": ""})

    def profile(self, profile: Profile, session: str, catalog: Catalog, note: str = "") -> str:
        """Print the panel of what is known, with a note about the last click if there is one."""
        told = wording_of(catalog, self.language).labelled(profile.records)
        view = profile_view(replace(profile, records=told), session, self.say)
        return self._print("profile.html", {"view": view, "note": note})

    def _print(self, template: str, values: Mapping[str, object]) -> str:
        return self._templates.get_template(template).render(values)
