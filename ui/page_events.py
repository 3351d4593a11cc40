"""What the page does when something is typed or clicked. Stateless: who is asking comes with every event."""

import json
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeAlias

import gradio as gr

from agent import Assistant, TurnRequest
from agent.errors import AgentError, BadRequest, UnknownPreference
from agent.languages import DEFAULT
from agent.plan import Action, Compare, Search, SimilarTo, Why
from agent.profile import Profile
from agent.wording import item_label, wording_of
from retrieval.types import Item
from ui.labels import asked_for, labels, page_languages
from ui.page_changes import change
from ui.page_click import Click, click_of
from ui.page_html import Press
from ui.page_ids import Visit, fresh, moved, visit
from ui.page_past import exchanges
from ui.page_turn import Exchange, pictures


@dataclass(frozen=True)
class Parts:
    """The components that events change."""

    kept: gr.BrowserState
    head: gr.HTML
    past: gr.HTML
    live: gr.HTML
    panel: gr.HTML
    box: gr.Textbox
    send: gr.Button
    stop: gr.Button
    tray: gr.HTML
    bridge: gr.HTML


Update: TypeAlias = dict[object, object]
"""New values by component; the others stay as they are."""


@dataclass(frozen=True)
class Events:
    """The handlers of the page, over the assistants it serves."""

    assistants: Mapping[str, Assistant]
    presses: Mapping[str, Press]
    """By language of the page."""
    parts: Parts

    async def opened(self, kept: object, request: gr.Request) -> Update:
        """Show what this browser's person last saw, in the language of the page they chose, or of their browser."""
        there = visit(kept, self.assistants)
        if there.language not in page_languages():
            there = there.model_copy(update={"language": asked_for(request.headers.get("accept-language", ""))})
        return await self._whole(there)

    async def typed(self, text: str, kept: object) -> AsyncGenerator[Update, None]:
        """Run a turn on typed words."""
        there = visit(kept, self.assistants)
        if text.strip():
            async with aclosing(self._turn(_request(text, there), there)) as updates:
                async for update in updates:
                    yield update

    async def said(self, kept: object, event: gr.EventData) -> AsyncGenerator[Update, None]:
        """Run a turn on a click: an example, another try, 'why', 'more like this', 'compare', another variety."""
        there = visit(kept, self.assistants)
        try:
            click = click_of(event._data)
            there = there.model_copy(update={"diversity": click.percent / 100}) if click.act == "tune" else there
            request = await self._again(there) if click.act == "tune" else self._clicked(click, there)
        except BadRequest as error:
            yield await self._refused(error, there)
            return
        if request is None:
            yield {self.parts.kept: there.model_dump_json()}
            return
        async with aclosing(self._turn(request, there)) as updates:
            async for update in updates:
                yield update

    async def stopped(self, words: str, kept: object) -> Update:
        """Say that the turn was stopped, and give its words back; without words there was none."""
        if not words:
            return {}
        there = visit(kept, self.assistants)
        return {self.parts.bridge: _command("fill", text=words), **self._live(Exchange(words, "stopped"), there)}

    async def acted(self, kept: object, event: gr.EventData) -> Update:
        """Change the profile, or hand it out; an error stands in the panel."""
        there = visit(kept, self.assistants)
        assistant, visitor = self._here(there), there.visitor
        try:
            return await self._done(click_of(event._data), there)
        except (BadRequest, UnknownPreference) as error:
            panel = self._panel(await assistant.profile(visitor.user), there, str(error))
        except AgentError as error:
            panel = self._press(there).trouble(error.code, str(error))
        return {self.parts.panel: panel}

    async def _done(self, click: Click, there: Visit) -> Update:
        assistant, visitor = self._here(there), there.visitor
        if click.act == "open":
            return await self._whole(moved(there, click.text, self.assistants))
        if click.act == "speak" and click.text in page_languages():
            return await self._whole(there.model_copy(update={"language": click.text}))
        if click.act in ("renew", "erase"):
            return await self._begun_anew(there, erase=click.act == "erase")
        if click.act == "export":
            text = json.dumps(await assistant.export(visitor.user), ensure_ascii=False, indent=1)
            return {self.parts.bridge: _command("download", name="what-sommelier-knows.json", text=text)}
        profile = await change(assistant, visitor, click)
        return {self.parts.panel: self._panel(profile, there)}

    async def _turn(self, request: TurnRequest, there: Visit) -> AsyncGenerator[Update, None]:
        assistant, parts, visitor = self._here(there), self.parts, there.visitor
        catalog, last = assistant.index.catalog, Exchange(request.text)
        try:
            past = await exchanges(assistant, visitor)
            before = self._press(there).conversation(past, catalog)
            yield {parts.kept: there.model_dump_json(), parts.past: before, parts.box: "", **self._live(last, there)}
            async with aclosing(assistant.reply(request)) as events, aclosing(pictures(last.said, events)) as seen:
                async for last in seen:
                    yield self._live(last, there)
            yield {parts.panel: self._panel(await assistant.profile(visitor.user), there)}
        except AgentError as error:
            last = last.failed(error.code, str(error))
            yield self._live(last, there)
        except Exception:
            yield self._live(last.failed("internal_error", self._press(there).say("broken")), there)
            raise
        if last.phase == "failed":
            yield {parts.bridge: _command("fill", text=last.said)}

    async def _refused(self, error: BadRequest, there: Visit) -> Update:
        """Say why a click was none, below the conversation so far."""
        assistant, press = self._here(there), self._press(there)
        past = press.conversation(await exchanges(assistant, there.visitor), assistant.index.catalog)
        return {self.parts.past: past, self.parts.live: press.trouble(error.code, str(error))}

    def _live(self, exchange: Exchange, there: Visit) -> Update:
        return {self.parts.live: self._press(there).exchange(exchange, self._here(there).index.catalog)}

    def _panel(self, profile: Profile, there: Visit, note: str = "") -> str:
        catalog = self._here(there).index.catalog
        return self._press(there).profile(profile, there.visitor.session, catalog, note)

    def _press(self, there: Visit) -> Press:
        return self.presses.get(there.language) or self.presses[DEFAULT]

    async def _begun_anew(self, there: Visit, *, erase: bool) -> Update:
        if erase:
            await self._here(there).erase(there.visitor.user)
        return await self._whole(fresh(there, forget=erase))

    async def _whole(self, there: Visit) -> Update:
        assistant, visitor, parts = self._here(there), there.visitor, self.parts
        press, catalog = self._press(there), assistant.index.catalog
        frame: Update = {
            parts.kept: there.model_dump_json(),
            parts.head: self._header(there),
            parts.live: "",
            parts.tray: press.tray(),
            parts.box: gr.update(placeholder=press.say("placeholder"), label=press.say("your_message")),
            parts.send: press.say("send"),
            parts.stop: press.say("stop"),
        }
        try:
            past = await exchanges(assistant, visitor)
            profile = await assistant.profile(visitor.user)
        except AgentError as error:
            return {**frame, parts.past: press.trouble(error.code, str(error)), parts.panel: ""}
        return {
            **frame,
            parts.past: press.conversation(past, catalog, tuned=True) if past else press.welcome(catalog),
            parts.panel: self._panel(profile, there),
            parts.bridge: _command("latest") if past else "",
        }

    def _header(self, there: Visit) -> str:
        language = self._press(there).language
        titles = {name: wording_of(a.index.catalog, language).spec.title for name, a in self.assistants.items()}
        named = {name: title or name for name, title in titles.items()}
        return self._press(there).header(there.catalog, named)

    def _here(self, there: Visit) -> Assistant:
        return self.assistants[there.catalog]

    async def _again(self, there: Visit) -> TurnRequest | None:
        """The last list once more, as varied as the browser wants lists now; None before there is one."""
        snapshot = await self._here(there).snapshot(there.visitor.user, there.visitor.session)
        if snapshot.dialogue.last is None:
            return None
        said = self._press(there).say("varied_as", percent=round(100 * there.diversity))
        return replace(_request(said, there), actions=(Search(keep=True),), language=there.language)

    def _clicked(self, click: Click, there: Visit) -> TurnRequest:
        if click.act == "say":
            return _request(click.text, there)
        if click.call is not None:
            return replace(_request(click.text, there), actions=(click.call,))
        ids = click.items if click.act == "compare" else (click.item,)
        items = [self._item(item_id, there) for item_id in ids]
        names = [item_label(item, self._here(there).index.catalog) for item in items]
        mentions = tuple(f"id:{item.item_id}" for item in items)
        say, phrases = self._press(there).say, labels(self._press(there).language)
        action: Action
        match click.act:
            case "compare":
                said, action = say("compare_items", labels=phrases.typing.comma.join(names)), Compare(items=mentions)
            case "why":
                said, action = say("why_item", label=names[0]), Why(item=mentions[0])
            case _:
                said, action = say("similar_item", label=names[0]), SimilarTo(titles=mentions)
        return replace(_request(said, there), actions=(action,), language=there.language)

    def _item(self, item_id: str, there: Visit) -> Item:
        item = self._here(there).index.catalog.get(item_id)
        if item is None:
            raise BadRequest(f"there is no item {item_id!r} in this catalogue; reload the page")
        return item


def _request(text: str, there: Visit) -> TurnRequest:
    visitor = there.visitor
    return TurnRequest(text=text, user=visitor.user, session=visitor.session, diversity=there.diversity)


def _command(todo: str, **values: str) -> str:
    """Write a command for the script of the page; the number makes two equal commands two commands."""
    return json.dumps({"todo": todo, "number": secrets.token_hex(4), **values})
