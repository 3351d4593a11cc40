"""The chat page: what is on it and which event goes where."""

from collections.abc import Callable, Mapping
from functools import partial

import gradio as gr
from fastapi import FastAPI
from gradio.events import Dependency

from agent import Assistant
from ui.labels import labels, page_languages
from ui.page_events import Events, Parts
from ui.page_html import HERE, Press

_STORAGE = "sommelier"
_AT_ONCE = 64
"""Turns that run at the same time; further ones wait in line."""
_THEME_FIRST = "document.documentElement.dataset.theme = localStorage.getItem('sommelier-theme') ?? 'auto';"
"""Before anything is drawn, so that nothing is drawn in the wrong colours first."""
_SAID_LAST = "(_, kept) => [document.querySelector('#live [data-busy] .bubble')?.textContent ?? '', kept]"


def mount(app: FastAPI, assistants: Mapping[str, Assistant]) -> FastAPI:
    """Put the page at '/' of an application; routes that the application has already come first."""
    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    style = (HERE / "static" / "page.css").read_text(encoding="utf-8")
    gr.mount_gradio_app(
        app,
        page(assistants),
        path="/",
        theme=theme,
        # Gradio rewrites selectors in `css` and breaks :is(a, b) and body:has(); a style in the head it leaves alone.
        head=f"<script>{_THEME_FIRST}</script><style>{style}</style>",
        favicon_path=str(HERE / "static" / "favicon.svg"),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=1,
    )
    return app


def page(assistants: Mapping[str, Assistant]) -> gr.Blocks:
    """Lay the page out for one or several catalogues, by name; the first is opened first.

    Nothing is shared between people: the ids of a person are in their browser, everything else is in the store.
    """
    title = " · ".join(["Sommelier", *(a.index.manifest.spec.title for a in assistants.values())][:2])
    blocks = gr.Blocks(title=title.rstrip(" ·"), analytics_enabled=False, fill_width=True)
    presses = {language: Press(language) for language in page_languages()}
    with blocks:
        # The page ships this key anyway, so it protects nothing; a fixed one lets ids survive a restart of the server.
        kept = gr.BrowserState(None, storage_key=_STORAGE, secret=_STORAGE)
        head = _markup("head")
        with gr.Row(elem_id="shell"):
            with gr.Column(elem_id="talk"):
                past, live = _markup("past"), _markup("live")
                with gr.Row(elem_id="composer"):
                    tray = _markup("tray-place")
                    box, send, stop = _composer()
            panel = _markup("profile")
        script = (HERE / "static" / "page.js").read_text(encoding="utf-8")
        bridge = gr.HTML(html_template="", js_on_load=script, elem_id="bridge", apply_default_css=False)
        parts = Parts(kept, head, past, live, panel, box, send, stop, tray, bridge)
        events = Events(assistants, presses, parts)
        _wire(blocks, events)
    blocks.queue(default_concurrency_limit=_AT_ONCE, api_open=False)
    return blocks


def _markup(elem_id: str) -> gr.HTML:
    return gr.HTML(elem_id=elem_id, apply_default_css=False, js_on_load=None)


def _composer() -> tuple[gr.Textbox, gr.Button, gr.Button]:
    say = labels().part
    box = gr.Textbox(
        elem_id="box",
        show_label=False,
        label=say("your_message"),
        placeholder=say("placeholder"),
        container=False,
        lines=1,
        max_lines=6,
        autofocus=True,
        scale=1,
    )
    send = gr.Button(say("send"), elem_id="send", variant="primary", scale=0, min_width=0)
    stop = gr.Button(say("stop"), elem_id="stop", scale=0, min_width=0)
    return box, send, stop


def _wire(blocks: gr.Blocks, events: Events) -> None:
    p = events.parts
    everything = [p.kept, p.head, p.past, p.live, p.panel, p.box, p.send, p.stop, p.tray, p.bridge]
    _quiet(blocks.load)(events.opened, [p.kept], everything)
    typed = _quiet(p.box.submit)(events.typed, [p.box, p.kept], everything)
    sent = _quiet(p.send.click)(events.typed, [p.box, p.kept], everything)
    said = _quiet(p.bridge.say)(events.said, [p.kept], everything)
    _quiet(p.bridge.act)(events.acted, [p.kept], everything, trigger_mode="multiple")
    # First the turn ends, then the page says so: the other way round, its last picture would come after the end.
    ended = _quiet(p.stop.click)(None, cancels=[typed, sent, said])
    _quiet(ended.then)(events.stopped, [p.box, p.kept], everything, js=_SAID_LAST)


def _quiet(listen: Callable[..., Dependency]) -> Callable[..., Dependency]:
    """Listen without a progress overlay, and without an endpoint for programs: they have the API."""
    return partial(listen, show_progress="hidden", api_visibility="private")
