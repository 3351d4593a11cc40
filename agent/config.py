"""Settings of a running assistant: frozen, read once from the environment (SOMMELIER_*), in app.py."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What can be set from outside; every field is an environment variable with the prefix SOMMELIER_."""

    model_config = SettingsConfigDict(env_prefix="SOMMELIER_", frozen=True, extra="ignore")

    home: Path = ROOT / ".sommelier"
    """Where built indexes, exported encoders and the database live."""
    catalog: str = "movies"
    """Catalogue to serve: the name of a bundled one, or the path of a built index."""
    embedder: str = "all-MiniLM-L6-v2"
    """Embedding model: the bundled one, or any sentence-transformers model by name or path."""
    chroma_url: str = ""
    """A Chroma server (http://host:port); empty: embedded, in the index folder."""
    api_keys: tuple[str, ...] = ()
    """Keys that the HTTP API accepts as bearer tokens; empty: no key is asked for. JSON list in the environment."""
    llm_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """An OpenAI-compatible server (http://host:8000/v1) whose model understands and writes; empty: rules do."""
    llm_model: str = ""
    """The model's name on that server."""
    llm_prompts: Literal["full", "brief"] = "full"
    """What it reads: all about the tools, or as little as a model needs that was tuned on them."""
    llm_key: SecretStr = SecretStr("")
    """The server's key, if it asks for one; never logged."""
    local: Literal["off", "plan", "reply", "both"] = "off"
    """What the small model in this process does: understand messages, write replies, both or nothing."""
    local_base: str = "smollm2-135m"
    """That model: the bundled one, or a Llama by name or folder."""
    local_adapter: Path = ROOT / "models" / "sommelier-135m"
    """The adapter that tunes it: a folder, or a registry of versions."""
    llm_timeout_s: float = Field(default=20.0, gt=0)
    """How long a plan may take, retries included, and how long a reply may pause; then the next rung goes on."""
    llm_reply_s: float = Field(default=60.0, gt=0)
    """How long a reply may take as a whole."""
    max_chars: int = Field(default=8000, ge=100)
    """Longest message that is read."""

    def database(self, catalog: str) -> Path:
        """The SQLite file of a catalogue's profiles, dialogues and traces: item ids mean nothing in another one."""
        return self.home / "people" / f"{catalog}.db"

    @property
    def models(self) -> Path:
        """The folder of language models as they are made ready to run."""
        return self.home / "models"

    @property
    def examples(self) -> Path:
        """The folder of the bundled catalogues."""
        return ROOT / "examples"
