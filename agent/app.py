"""The composition root: settings, adapters, assistant. The only module of the agent that imports adapters."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from agent.assistant import Assistant
from agent.config import Settings
from agent.errors import ModelDown
from agent.grounded import Grounded
from agent.ladder import Ladder, Rung
from agent.plan_check import Checked
from agent.ports import ChatModel
from agent.rules.model import RulesModel
from agent.store_sqlite import SqliteStore
from retrieval.build import build
from retrieval.errors import CatalogError, IndexMissing, IndexUnusable, RetrievalError
from retrieval.index import Index, is_stale, open_index
from retrieval.layout import read_manifest
from retrieval.manifest import Manifest
from retrieval.ports import Embedder
from retrieval.progress import BuildProgress
from retrieval.source import Source, find_source
from retrieval.versions import current_version

log = logging.getLogger(__name__)


def load(
    catalog: str = "",
    settings: Settings | None = None,
    progress: BuildProgress | None = None,
    beside: Iterable[Assistant] = (),
) -> Assistant:
    """Open a catalogue, ready to chat: the name of a bundled one (built on first use), or the path of a built index.

    It shares the embedding model of those `beside` it, where it is the same. RetrievalError for an index that is
    missing or unusable, StoreError for an unusable database, ModelMisconfigured for a language model that can never
    answer.
    """
    settings = settings or Settings()
    shared = [assistant.index.retriever.embedder for assistant in beside]
    if not shared:  # once per process, and before anything slow
        check_llm(settings)
    index = open_catalog(catalog or settings.catalog, settings, progress, shared)
    store = SqliteStore(settings.database(index.manifest.spec.name))
    return Assistant(index, model_of(index, settings), store, store, max_chars=settings.max_chars)


def model_of(index: Index, settings: Settings) -> ChatModel:
    """The language of an index: the rules, below the language models that the settings name."""
    rules = RulesModel(index.linker, index.catalog)
    rungs: list[ChatModel | Rung] = []
    if settings.llm_url:
        from agent import llm_openai  # only here: LangChain takes a second to import

        model = llm_openai.OpenAIModel(llm_openai.server_of(settings), index.catalog)
        rungs.append(Grounded(model, index.catalog, index.linker))
    if settings.local != "off":
        rungs.append(_local(index, settings))
    return Ladder(*rungs, rules) if rungs else rules


def _local(index: Index, settings: Settings) -> Rung:
    """The model in this process: what it plans is checked, what it tells is held to the data."""
    from agent import llm_local  # only here: it imports PyTorch

    limits = llm_local.Limits(settings.llm_timeout_s, settings.llm_reply_s)
    model = llm_local.LocalModel(llm_local.local_of(settings), index.catalog, limits)
    checked = Checked(Grounded(model, index.catalog, index.linker), index.catalog, index.linker)
    return Rung(checked, plans=settings.local in ("plan", "both"), tells=settings.local in ("reply", "both"))


def check_llm(settings: Settings) -> None:
    """Open the model in this process and ask the server of the other one, where the settings name them:
    ModelMisconfigured for files, a key or a name that are wrong; that the server is down is a warning, for the rules
    answer until it is up."""
    if settings.local != "off":
        from agent import llm_local

        llm_local.local_of(settings)
    if not settings.llm_url:
        return
    from agent import llm_openai

    try:
        llm_openai.check(llm_openai.server_of(settings))
    except ModelDown as error:
        log.warning("the rules answer until it does: %s", error)


def load_all(
    names: Iterable[str], settings: Settings | None = None, progress: BuildProgress | None = None
) -> dict[str, Assistant]:
    """Open several catalogues for one process, by the names they give themselves, in order; raises as `load` does.

    They share one embedding model. CatalogError for two catalogues of the same name.
    """
    loaded: dict[str, Assistant] = {}
    for catalog in names:
        assistant = load(catalog, settings, progress, loaded.values())
        name = assistant.index.manifest.spec.name
        if name in loaded:
            raise CatalogError(f"two of the catalogues have the name {name!r}; serve one of them")
        loaded[name] = assistant
    return loaded


async def follow(
    assistant: Assistant, settings: Settings, every_s: float = 2.0, embedder: Embedder | None = None
) -> None:
    """Keep an assistant on the newest version of its index until cancelled; one that cannot be opened is logged."""
    refused = Path()
    while True:
        await asyncio.sleep(every_s)
        root = assistant.index.path.parent.parent
        try:
            newest = current_version(root)
            if newest in (assistant.index.path, refused):
                continue
            refused = newest
            shared = (assistant.index.retriever.embedder,)
            index = await asyncio.to_thread(open_index, root, settings.home, embedder, shared)
        except RetrievalError as error:
            log.error("the new index at %s is not used: %s", root, error)  # noqa: TRY400 - the message says it all
            continue
        assistant.use(index, await asyncio.to_thread(model_of, index, settings))
        log.info("now serving %s", index.path)


def open_catalog(
    catalog: str, settings: Settings, progress: BuildProgress | None = None, shared: Sequence[Embedder] = ()
) -> Index:
    """Open an index; that of a bundled catalogue is built when it is missing, of an older schema, or out of date."""
    source = bundled(settings).get(catalog)
    if source is None:
        return open_index(_index_path(catalog, settings), settings.home, shared=shared)
    path = index_of(catalog, settings)
    try:
        index = open_index(path, settings.home, shared=shared)
    except (IndexMissing, IndexUnusable):
        index = None
    if index is None or is_stale(index, source):
        build_bundled(catalog, settings, progress)
        index = open_index(path, settings.home, shared=shared)
    return index


def build_bundled(catalog: str, settings: Settings, progress: BuildProgress | None = None) -> Manifest:
    """Build the index of a bundled catalogue where `load` looks for it."""
    return build(
        bundled(settings)[catalog],
        index_of(catalog, settings),
        home=settings.home,
        embedder=settings.embedder,
        chroma_url=settings.chroma_url,
        progress=progress,
    )


def is_built(catalog: str, settings: Settings) -> bool:
    """Whether the index of a bundled catalogue is there, readable and made from today's files."""
    try:
        manifest = read_manifest(current_version(index_of(catalog, settings)))
    except (IndexMissing, IndexUnusable):
        return False
    return manifest.sources == bundled(settings)[catalog].hashes()


def bundled(settings: Settings) -> dict[str, Source]:
    """The catalogues that come with the project, by name, the default one first."""
    folders = (p for p in settings.examples.glob("*") if any(p.glob("items.*")))
    ordered = sorted(folders, key=lambda folder: (folder.name != settings.catalog, folder.name))
    return {folder.name: find_source(folder) for folder in ordered}


def people(catalog: str, settings: Settings) -> SqliteStore:
    """What is kept about the people of a catalogue, without opening its index."""
    name = catalog or settings.catalog
    if name not in bundled(settings):
        name = read_manifest(current_version(_index_path(name, settings))).spec.name
    return SqliteStore(settings.database(name))


def index_of(catalog: str, settings: Settings) -> Path:
    """Where the index of a bundled catalogue lives."""
    return settings.home / "indexes" / catalog


def _index_path(catalog: str, settings: Settings) -> Path:
    if Path(catalog).is_dir():
        return Path(catalog)
    known = ", ".join(bundled(settings)) or "none"
    if "/" in catalog or Path(catalog).exists():
        raise IndexMissing(f"there is no index at {catalog!r}; make one with 'sommelier build SOURCE --out {catalog}'")
    raise CatalogError(f"there is no catalogue {catalog!r}; bundled: {known}; or give the path of a built index")
