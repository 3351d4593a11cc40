"""`chat` over a model that speaks one word and then waits: python -m tests.paced_chat FOLDER."""

import sys
from pathlib import Path

from agent.config import Settings
from tests.fakes_channel import PacedModel
from tests.small_shop import shop_assistant, shop_index
from ui.cli_chat import Setting, chat

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    assistant = shop_assistant(shop_index(folder), folder / "people.db", PacedModel())
    setting = Setting("shop", "ann", "s", Settings(home=folder), lambda _: assistant)
    sys.exit(chat(setting))
