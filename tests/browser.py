"""A real browser against a real server on a small catalogue, part of which is hostile."""

import asyncio
import csv
import re
import shutil
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Dialog, Locator, Page, sync_playwright

from agent import Assistant
from agent.errors import ModelDown
from agent.ports import ChatModel, PlanContext, TellContext, Understood
from agent.rules.model import RulesModel
from agent.store_sqlite import SqliteStore
from agent.types import Credit
from retrieval.build import build
from retrieval.index import Index, open_index
from retrieval.source import find_source
from tests.fakes_retrieval import LetterEmbedder
from ui.gradio_app import mount
from ui.http import api

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = (1440, 900), (390, 844)
HOSTILE = (
    "<script>window.pwned=1</script>",
    '<img src=x onerror="window.pwned=2">',
    "[click](javascript:window.pwned=3) ![p](http://example.com/p.png)",
    "${window.pwned=4} {{value}} `x`",
)
"""Titles of the horror films; they are in the descriptions too."""
_LISTED = """() => Object.fromEntries([...document.querySelectorAll("#profile .group")].map((group) => {
  const labels = [...group.querySelectorAll(".line-label")].map((label) => label.textContent);
  return [group.querySelector("h3").textContent, labels];
}))"""
_GENRES = ("Comedy", "Drama", "Western", "Thriller")
_PLACES = ("harbour", "desert", "station", "orchard", "casino", "lighthouse", "mill")


def small_catalog(folder: Path) -> Index:
    """Sixty films, built without a model."""
    source = folder / "films"
    source.mkdir()
    with (source / "items.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "title", "description", "year", "genres", "director"])
        for n in range(60 - len(HOSTILE)):
            place, genre = _PLACES[n % len(_PLACES)], _GENRES[n % len(_GENRES)]
            text = f"A {genre.lower()} about two strangers at the {place}, and what number {n} meant to them."
            rows.writerow([f"f{n}", f"The {place.title()} {n}", text, 1960 + n, genre, f"Ada Director{n % 9}"])
        for n, title in enumerate(HOSTILE):
            rows.writerow([f"h{n}", title, f"{title} and more {title}", 2020 + n, "Horror", f"<b>{n}</b>"])
    with (source / "interactions.csv").open("w", newline="", encoding="utf-8") as file:
        events = csv.writer(file)
        events.writerow(["user_id", "item_id", "timestamp"])
        for n in range(240):
            events.writerow([f"u{n % 24}", f"f{(n * n + n // 24) % 56}", 1_700_000_000 + 3600 * n])
    spec = 'title = "Films"\nnoun = "film"\nnouns = "films"\nprompts = ["A western", "Some comedy"]\n'
    (source / "catalog.toml").write_text(spec, encoding="utf-8")
    build(find_source(source), folder / "index", home=folder, embedder=LetterEmbedder())
    return open_index(folder / "index", folder, LetterEmbedder())


@dataclass(frozen=True)
class SlowModel:
    """Plans and tells as another model, a word at a time; 'break' breaks it."""

    model: ChatModel
    pause_s: float = 0.03

    @property
    def tier(self) -> str:
        """Its rung."""
        return self.model.tier

    async def plan(self, context: PlanContext) -> Understood:
        """Plan, or be down."""
        if "break" in context.text:
            raise ModelDown("the model 'slow' does not answer; start it")
        await asyncio.sleep(10 * self.pause_s)
        return await self.model.plan(context)

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """Tell slowly."""
        async for piece in self.model.tell(context):
            await asyncio.sleep(self.pause_s)
            yield piece


def assistant_of(index: Index, database: Path, *, slow: bool = False) -> Assistant:
    """The assistant that `load` would make, on a small index."""
    model: ChatModel = RulesModel(index.linker, index.catalog)
    store = SqliteStore(database)
    return Assistant(index, SlowModel(model) if slow else model, store, store)


@contextmanager
def served(assistants: Mapping[str, Assistant]) -> Iterator[str]:
    """Serve the page on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(mount(api(assistants), assistants), host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser of the machine."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(_ARGS))
        yield browser
        browser.close()


@dataclass(frozen=True)
class Visitor:
    """One person at one browser, and everything that went wrong there."""

    page: Page
    url: str
    trouble: list[str] = field(default_factory=list)

    def arrive(self) -> "Visitor":
        """Open the page and watch it."""
        self.page.on("console", lambda m: self.trouble.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("dialog", lambda dialog: self._dialog(dialog))
        self.page.on("request", lambda r: self._local(r.url))
        self.page.goto(self.url)
        self.page.wait_for_selector(".welcome")
        return self

    def ask(self, text: str) -> None:
        """Type a message and wait for the reply."""
        self.page.fill("#box textarea", text)
        self.page.press("#box textarea", "Enter")
        self.reply_to(text)

    def reply_to(self, text: str) -> None:
        """Wait until a message is answered."""
        bubble = self.page.locator("#live .exchange[data-phase=done]", has_text=text)
        bubble.wait_for(timeout=20_000)

    def known(self) -> dict[str, list[str]]:
        """What the panel lists, by group."""
        listed: dict[str, list[str]] = self.page.evaluate(_LISTED)
        return listed

    def knows(self, expected: dict[str, list[str]]) -> None:
        """Wait until the panel lists exactly this."""
        deadline = time.monotonic() + 10
        while self.known() != expected and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert self.known() == expected

    def cards(self) -> list[str]:
        """Titles on the cards of the latest reply, in order."""
        return self.page.locator("#live .card-title").all_text_contents()

    def verdict(self, name: str, card: int = 0) -> Locator:
        """A button on a card of the latest reply, by what it says."""
        return self.page.locator("#live .card").nth(card).get_by_role("button", name=re.compile(f"^{name}:"))

    def _dialog(self, dialog: Dialog) -> None:
        self.trouble.append(dialog.message)
        dialog.dismiss()

    def _local(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.trouble.append(f"asked for {url}")


Visit = Callable[..., Visitor]
"""How a test has new people come: `visit(slow=..., size=...)`."""


@contextmanager
def two_servers(folder: Path) -> Iterator[tuple[str, str]]:
    """One server with one catalogue, and one with a second catalogue whose model is slow."""
    index = small_catalog(folder)
    quick = assistant_of(index, folder / "quick.db")
    slow = assistant_of(index, folder / "slow.db", slow=True)
    with served({"films": quick}) as one, served({"slow": slow, "films": quick}) as two:
        yield one, two


@contextmanager
def visits(browser: Browser, urls: tuple[str, str]) -> Iterator[Visit]:
    """New people at new browsers; at the end nothing may have gone wrong in any of them."""
    visitors: list[Visitor] = []

    def come(*, slow: bool = False, size: tuple[int, int] = DESKTOP) -> Visitor:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        visitors.append(Visitor(context.new_page(), urls[1 if slow else 0]).arrive())
        return visitors[-1]

    yield come
    troubles = [trouble for visitor in visitors for trouble in visitor.trouble]
    pwned = [visitor.page.evaluate("window.pwned") for visitor in visitors]
    for visitor in visitors:
        visitor.page.context.close()
    assert troubles == [], troubles
    assert set(pwned) <= {None}
