"""One measurement in a process of its own, so that its memory is its own: python -m bench.child build|serve ... > JSON

build HOME INDEX SOURCE [synthetic]: build an index from a source folder.
serve HOME INDEX PEOPLE CROWD: open it, run dialogues one after the other, then a crowd's at once.
"""

import asyncio
import os
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings

from agent import load
from agent.assistant import Assistant
from agent.config import Settings
from bench.crowd import chat_at_once
from bench.figures import Built, Quantiles, Served
from bench.synthetic import SentenceMeans, real_films
from bench.turns import Script, say
from retrieval import layout
from retrieval.build import build
from retrieval.candidates import NEIGHBOURS
from retrieval.documents import document_text
from retrieval.embed import open_embedder
from retrieval.ports import Embedder
from retrieval.shelf import read_catalog
from retrieval.source import find_source
from retrieval.vectors_chroma import EMBEDDED_COLLECTION
from retrieval.versions import current_version
from ui.cli_progress import LateBars

_ENCODED = 512
"""So many texts tell how fast the encoder is."""
_WARM = 3
_MIB = 1024 * 1024


def main() -> None:
    """Measure and write the figures to standard output as JSON."""
    job, *args = sys.argv[1:]
    figures = built(*args) if job == "build" else served(*args)
    sys.stdout.write(figures.model_dump_json())


def built(home: str, out: str, source: str, kind: str = "") -> Built:
    """Build and tell what it took."""
    settings = Settings(home=Path(home))
    encoder = open_embedder(settings.embedder, settings.home) if kind else None
    embedder: str | Embedder = SentenceMeans(encoder.name, real_films(settings)) if encoder else settings.embedder
    start = time.perf_counter()
    with LateBars() as bars:
        manifest = build(find_source(Path(source)), Path(out), home=settings.home, embedder=embedder, progress=bars)
    seconds = time.perf_counter() - start
    folder = current_version(Path(out))
    return Built(
        seconds=round(seconds, 1),
        stages=manifest.seconds,
        peak_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        disk_mib=_disk(folder),
        interactions=manifest.interactions,
        people=manifest.people,
        cf=manifest.cf,
        encoder_per_s=_encoder_speed(encoder or open_embedder(settings.embedder, settings.home), folder),
    )


def _disk(folder: Path) -> Mapping[str, float]:
    sizes: dict[str, float] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            part = path.relative_to(folder).parts[0]
            sizes[part] = sizes.get(part, 0.0) + path.stat().st_size / _MIB
    return {part: round(size, 1) for part, size in sorted(sizes.items()) if size >= 0.05}


def _encoder_speed(encoder: Embedder, folder: Path) -> float:
    """Texts per second of the real encoder, on documents of this catalogue."""
    catalog = read_catalog(folder, layout.read_manifest(folder).spec)
    texts = [document_text(item, catalog.spec) for item in catalog.items[:_ENCODED]]
    encoder.embed(texts[:32])
    start = time.perf_counter()
    encoder.embed(texts)
    return round(len(texts) / (time.perf_counter() - start), 1)


def served(home: str, index: str, people: str, crowd: str) -> Served:
    """Open, chat, and tell what it took."""
    start = time.perf_counter()
    assistant = load(index, Settings(home=Path(home)))
    load_s = time.perf_counter() - start
    return asyncio.run(chat(assistant, load_s, int(people), int(crowd)))


async def chat(assistant: Assistant, load_s: float, people: int, crowd: int) -> Served:
    """Dialogues one after the other, each turn followed by a bare query; then a crowd's at once."""
    script, bare = Script.of(assistant), _bare_queries(assistant)
    run = f"{time.time():.0f}"
    for person in range(_WARM):
        for text in script.dialogue(person):
            await say(assistant, f"warm-{run}-{person}", text)
            next(bare)
    laps: list[Mapping[str, float]] = []
    queries: list[float] = []
    for person in range(_WARM, _WARM + people):
        for text in script.dialogue(person):
            laps.append((await say(assistant, f"bench-{run}-{person}", text)).timings_ms)
            queries.append(next(bare))
    stages = sorted({stage for lap in laps for stage in lap} - {"turn", "total"})
    resident, anonymous = _resident_mib()
    return Served(
        load_s=round(load_s, 2),
        resident_mib=resident,
        anonymous_mib=anonymous,
        turn=Quantiles.of([lap["turn"] for lap in laps]),
        fetch=Quantiles.of([lap["turn"] for lap in laps if "total" in lap]),
        stages={stage: Quantiles.of([lap[stage] for lap in laps if stage in lap]) for stage in stages},
        share={stage: round(sum(lap.get(stage, 0.0) for lap in laps) / len(laps), 2) for stage in stages},
        k=NEIGHBOURS,
        bare=Quantiles.of(queries),
        crowd=await chat_at_once(assistant, script, crowd, run),
    )


def _bare_queries(assistant: Assistant) -> Iterator[float]:
    """Milliseconds of one query after the other to Chroma's own client, for vectors of this catalogue."""
    folder = assistant.index.path / layout.CHROMA
    client = chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))
    collection = client.get_collection(EMBEDDED_COLLECTION, embedding_function=None)
    manifest = assistant.index.manifest
    vectors = layout.read_embeddings(assistant.index.path, manifest.items, manifest.dimensions)
    rng = np.random.default_rng(0)
    while True:
        vector = np.array(vectors[int(rng.integers(len(vectors)))])[None]
        start = time.perf_counter()
        collection.query(vector, n_results=NEIGHBOURS, include=["distances"])
        yield (time.perf_counter() - start) * 1e3


def _resident_mib() -> tuple[float, float]:
    lines = Path(f"/proc/{os.getpid()}/status").read_text(encoding="ascii").splitlines()
    held = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if "Rss" in line or "VmRSS" in line}
    return round(held["VmRSS"]), round(held["RssAnon"])


if __name__ == "__main__":
    main()
