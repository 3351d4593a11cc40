"""The adapters of a running vLLM server: listed, loaded, swapped and unloaded while chats go on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx2
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from transformers import AutoConfig

from finetune.errors import AdapterRefused, ServerDown
from finetune.serve_model import Tuned, check_fits

_WORKER = re.compile(r"Worker failed with error '(.*)', please check", re.DOTALL)
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Served:
    """A model that a server offers."""

    name: str
    place: str
    """Its folder, as the server knows it."""
    base: str
    """The model it is an adapter of; '' for a base."""


class _Card(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    root: str | None = None
    parent: str | None = None


class _Cards(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: Sequence[_Card]


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters of the server at a URL. Methods raise ServerDown, or AdapterRefused with the server's words."""

    url: str
    key: SecretStr = field(default_factory=lambda: SecretStr(""))

    def served(self) -> tuple[Served, ...]:
        """All models, bases first."""
        answer = self._send("GET", "/v1/models")
        try:
            cards = _Cards.model_validate_json(answer.content).data
        except ValidationError as error:
            raise ServerDown(f"{self.url!r} does not list models as a vLLM server does; correct the address") from error
        return tuple(Served(c.id, c.root or "", c.parent or "") for c in cards)

    def load(self, adapter: Tuned) -> Served:
        """Serve an adapter under a new name."""
        self._check_fits(adapter)
        self._change("/v1/load_lora_adapter", {"lora_name": adapter.name, "lora_path": str(adapter.folder)})
        return self._named(adapter.name)

    def swap(self, adapter: Tuned) -> Served:
        """Serve another version under a name that is in use; returns the one before. No request fails: what is being
        answered goes on with the new weights, and when they cannot be loaded the old ones stay."""
        before = self._named(adapter.name)
        if before.place == str(adapter.folder):
            raise AdapterRefused(
                f"{adapter.name!r} is served from {before.place!r} already; put the new version into a folder of its "
                "own: what the server has computed with the old one it remembers by its folder"
            )
        self._check_fits(adapter)
        body = {"lora_name": adapter.name, "lora_path": str(adapter.folder), "load_inplace": True}
        self._change("/v1/load_lora_adapter", body)
        return before

    def unload(self, name: str) -> Served:
        """Serve a name no longer; what is being answered under it is finished."""
        before = self._named(name)
        self._change("/v1/unload_lora_adapter", {"lora_name": name})
        return before

    def _named(self, name: str) -> Served:
        served = self.served()
        found = next((s for s in served if s.name == name and s.base), None)
        if found is None:
            known = ", ".join(s.name for s in served if s.base) or "none"
            raise AdapterRefused(f"there is no adapter {name!r} at {self.url!r}; it serves: {known}")
        return found

    def _check_fits(self, adapter: Tuned) -> None:
        """By the size of the base where its folder can be read here, else by its name."""
        base = next((s for s in self.served() if not s.base), Served("", "", ""))
        if (Path(base.place) / "config.json").is_file():
            config = AutoConfig.from_pretrained(base.place).get_text_config()
            check_fits(adapter, base.name, int(config.hidden_size), int(config.num_hidden_layers))
        elif adapter.base and adapter.base not in (base.name, base.place):
            raise AdapterRefused(
                f"the adapter {str(adapter.folder)!r} was tuned on {adapter.base!r}, and {self.url!r} serves "
                f"{base.name!r}; serve it with its own base"
            )

    def _change(self, path: str, body: Mapping[str, object]) -> None:
        answer = self._send("POST", path, body)
        if answer.status_code != HTTPStatus.OK:
            raise AdapterRefused(
                f"{self.url!r} does not take it: {_words(answer)}; tune it for that server, or start another"
            )

    def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx2.Response:
        address = self.url.rstrip("/").removesuffix("/v1") + path
        key = self.key.get_secret_value()
        with self._reached(), httpx2.Client(timeout=_TIMEOUT_S) as client:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            answer = client.request(method, address, json=body, headers=headers)
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise AdapterRefused(f"{self.url!r} refuses the key (status {answer.status_code}); set SOMMELIER_LLM_KEY")
        return answer

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except httpx2.TimeoutException as error:
            raise ServerDown(f"{self.url!r} did not answer within {_TIMEOUT_S:g} s; look at its server") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ServerDown(
                f"{self.url!r} cannot be reached ({type(error).__name__}); start it with 'sommelier serve-llm', or "
                "correct --url"
            ) from error


def _words(answer: httpx2.Response) -> str:
    """What a server says about a refusal: of what its worker ran into, the error."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    told = body.get("error") if isinstance(body, dict) else None
    message = told.get("message") if isinstance(told, dict) else told
    if isinstance(message, str) and message:
        found = _WORKER.search(message)
        return " ".join((found[1] if found else message).split())[:200]
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return "it cannot change its adapters while it runs; start it with 'sommelier serve-llm'"
    return f"status {answer.status_code}"
