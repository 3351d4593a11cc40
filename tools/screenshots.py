"""Take the pictures of the README: the page over the bundled catalogues, in a real Chromium.

Run: python tools/screenshots.py   (the bundled catalogues have to be built; writes docs/page*.png)
"""

import shutil
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from agent.app import load_all
from agent.config import Settings
from ui.gradio_app import mount
from ui.http import api

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDE, NARROW = (1440, 900), (390, 844)
COLOURS = 192


@dataclass(frozen=True)
class Shot:
    """One picture: the catalogue, what is said, how the browser is set, and what is clicked at the end."""

    name: str
    catalog: str
    said: tuple[str, ...]
    size: tuple[int, int] = WIDE
    scheme: str = "light"
    locale: str = "en-GB"
    top: str = "#live .said"


SHOTS = (
    Shot("page", "movies", ("I loved Heat and Collateral but hated Alexander. Something newer?",)),
    Shot("page-dark", "movies", ("A sad science fiction film about memory, nothing before 2000",), scheme="dark"),
    Shot("page-mobile", "movies", ("Like Blade Runner but funnier, no horror",), size=NARROW),
    Shot(
        "page-chinese",
        "movies",
        ("我喜欢《盗梦空间》和黑客帝国，但讨厌泰坦尼克号。有没有更新一点的？",),
        locale="zh-CN",
    ),
    Shot("page-compare", "shop", ("a warm jacket under $200", "compare the first three")),
    Shot("page-pictures", "eshop", ("warm boots for winter",), top="#live .cards"),
)


def main() -> int:
    """Serve, look, and write the pictures."""
    assistants = load_all(("movies", "shop", "gifts", "eshop"), Settings())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = mount(api(assistants), assistants)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for shot in SHOTS:
            take(shot, browser, f"http://127.0.0.1:{port}/")
        browser.close()
    server.should_exit = True
    return 0


def take(shot: Shot, browser: Browser, url: str) -> None:
    """Hold one conversation and write its picture, in few colours so that it stays small."""
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        locale=shot.locale,
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".welcome")
    page.locator(f"[data-act=open][data-text={shot.catalog}]").click()
    page.locator(f"[data-text={shot.catalog}][aria-current=page]").wait_for()
    for text in shot.said:
        _say(page, text)
    page.locator(shot.top).first.evaluate("element => element.scrollIntoView({ block: 'start', behavior: 'instant' })")
    page.wait_for_timeout(1200)
    file = DOCS / f"{shot.name}.png"
    page.screenshot(path=file)
    with Image.open(file) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    context.close()
    print(f"{file.name}: {file.stat().st_size / 1024:.0f} KB")


def _say(page: Page, text: str) -> None:
    page.fill("#box textarea", text)
    page.press("#box textarea", "Enter")
    page.locator("#live .exchange[data-phase=done]", has_text=text).wait_for()


if __name__ == "__main__":
    sys.exit(main())
