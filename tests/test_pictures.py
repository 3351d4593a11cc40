"""Pictures: checked at the build, kept by content, served; one that is no good costs no item."""

import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent import Assistant
from agent.rules.model import RulesModel
from retrieval.build import build
from retrieval.cells import Unreadable
from retrieval.errors import RowRejected
from retrieval.index import Index, open_index
from retrieval.picture import Picture, picture_file
from retrieval.pictures import MAX_BYTES, PictureFiles
from retrieval.source import find_source
from retrieval.update import apply_changes, read_changes
from retrieval.versions import current_version
from tests.fakes_retrieval import LetterEmbedder
from tests.fakes_store import MemoryStore
from tests.servers import running
from ui.http import api


def png(color: str = "red", form: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 6), color).save(out, form)
    return out.getvalue()


PICTURES = {
    "red.png": png("red"),
    "again.png": png("red"),
    "blue.jpg": png("blue", "JPEG"),
    "misnamed.png": png("green", "WEBP"),
    "old.gif": png("red", "GIF"),
    "cut.png": png("red")[:40],
    "page.png": b"<html>not found</html>",
    "empty.png": b"",
    "huge.png": png("red") + b"\0" * MAX_BYTES,
}
CELLS = {
    "red": "img/red.png",
    "again": "img/again.png",
    "blue": r"img\blue.jpg",
    "misnamed": "img/misnamed.png",
    "first": "img/blue.jpg|img/red.png",
    "linked": "https://example.org/a.png",
    "short": "//example.org/b.jpg",
    "without": "",
    "missing": "img/missing.png",
    "outside": "../secret.png",
    "absolute": "/etc/passwd.png",
    "gif": "img/old.gif",
    "cut": "img/cut.png",
    "page": "img/page.png",
    "empty": "img/empty.png",
    "huge": "img/huge.png",
    "login": "https://me:pw@example.org/a.png",
}
BAD = ("missing", "outside", "absolute", "gif", "cut", "page", "empty", "huge", "login")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "shop"
    (folder / "img").mkdir(parents=True)
    for name, content in PICTURES.items():
        (folder / "img" / name).write_bytes(content)
    (folder.parent / "secret.png").write_bytes(png())
    with (folder / "items.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "title", "image"])
        rows.writerows([name, f"The {name} one", cell] for name, cell in CELLS.items())
    return folder


@pytest.fixture(scope="module")
def index(source: Path) -> Index:
    out = source.parent / "index"
    build(find_source(source), out, home=out, embedder=LetterEmbedder())
    return open_index(out, out, LetterEmbedder())


def picture(index: Index, item_id: str) -> Picture | None:
    item = index.catalog.get(item_id)
    assert item is not None
    return index.catalog.picture(item)


def test_every_item_stays_and_every_bad_picture_is_reported_with_its_line(index: Index) -> None:
    assert index.catalog.ids == tuple(CELLS)
    assert (index.manifest.rows_in, index.manifest.rows_rejected) == (len(CELLS), 0)
    with (index.path / "rejected.csv").open(encoding="utf-8", newline="") as file:
        told = {row["value"]: row for row in csv.DictReader(file)}
    assert set(told) == {CELLS[name] for name in BAD}
    lines = {cell: line for line, cell in enumerate(CELLS.values(), start=2)}
    for cell, row in told.items():
        assert (row["file"], row["line"], row["column"]) == ("items.csv", str(lines[cell]), "image")
        assert row["reason"].endswith("the item stays without it")
    assert any(f"{len(BAD)} pictures" in warning for warning in index.manifest.warnings)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_is_none(index: Index, name: str) -> None:
    assert picture(index, name) is None


def test_a_picture_is_kept_by_its_content_and_format_not_by_its_name(index: Index) -> None:
    red, again, misnamed = (picture(index, name) for name in ("red", "again", "misnamed"))
    assert red is not None and red.name.endswith(".png") and red == again
    assert misnamed is not None and misnamed.name.endswith(".webp")
    file = picture_file(index.path, red.name)
    assert file is not None and file.read_bytes() == PICTURES["red.png"]
    assert len(list((index.path / "pictures").iterdir())) == 3
    assert picture(index, "first") == picture(index, "blue")


def test_an_address_is_linked_and_never_fetched(index: Index) -> None:
    assert picture(index, "linked") == Picture(url="https://example.org/a.png")
    assert picture(index, "short") == Picture(url="https://example.org/b.jpg")


def test_strict_stops_at_a_bad_picture(source: Path, tmp_path: Path) -> None:
    with pytest.raises(RowRejected, match=r"missing\.png"):
        build(find_source(source), tmp_path / "index", home=tmp_path, embedder=LetterEmbedder(), strict=True)


def test_pictures_come_and_go_with_their_items(source: Path, tmp_path: Path) -> None:
    build(find_source(source), tmp_path / "index", home=tmp_path, embedder=LetterEmbedder())
    out = tmp_path / "index"
    new = tmp_path / "new.csv"
    new.write_text("id,title,image\nextra,The extra one,pink.png\n", encoding="utf-8")
    (tmp_path / "pink.png").write_bytes(png("pink"))
    pictures = PictureFiles(tmp_path)
    items = read_changes(new, open_index(out, out, LetterEmbedder()).manifest.spec, pictures)
    apply_changes(out, items, ("misnamed",), home=out, embedder=LetterEmbedder(), pictures=pictures)
    after = open_index(out, out, LetterEmbedder())
    extra, red = picture(after, "extra"), picture(after, "red")
    assert extra is not None and picture_file(after.path, extra.name) is not None
    assert red is not None and picture_file(after.path, red.name) is not None
    assert sum(path.suffix == ".webp" for path in (current_version(out) / "pictures").iterdir()) == 0
    (tmp_path / "pink.png").write_bytes(b"no longer")
    with pytest.raises(RowRejected, match="not a picture"):
        read_changes(new, after.manifest.spec, PictureFiles(tmp_path))


@given(st.text(max_size=60))
def test_no_cell_reaches_out_of_the_folder(text: str) -> None:
    base = Path(__file__).parent / "no-such-folder"
    try:
        taken = PictureFiles(base).take(text)
    except Unreadable:
        return
    assert taken.casefold().startswith(("http://", "https://"))


@pytest.fixture(scope="module")
def http(index: Index) -> Iterator[httpx.Client]:
    store = MemoryStore()
    assistant = Assistant(index, RulesModel(index.linker, index.catalog), store, store)
    with running(api({"shop": assistant}, keys=("secret",))) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def test_a_recommendation_names_the_address_of_its_picture(http: httpx.Client) -> None:
    body = {"model": "sommelier-shop", "messages": [{"role": "user", "content": "something red"}]}
    said = http.post("/v1/chat/completions", json=body, headers={"Authorization": "Bearer secret"}).json()
    images = {r["item_id"]: r["image"] for r in said["recommendations"]}
    assert images
    for item_id, image in images.items():
        assert (image is None) == (item_id in BAD or item_id == "without")
        if image is not None and image.startswith("/"):
            found = http.get(image)
            assert found.status_code == 200
            assert found.headers["content-type"] in ("image/png", "image/jpeg", "image/webp")
            assert "immutable" in found.headers["cache-control"]
        assert "image" not in next(r["facets"] for r in said["recommendations"] if r["item_id"] == item_id)


@pytest.mark.parametrize("name", ["..%2Fmanifest.json", "manifest.json", "0" * 64 + ".png", "%00.png"])
def test_nothing_but_pictures_is_served(http: httpx.Client, name: str) -> None:
    answer = http.get(f"/v1/catalogs/shop/pictures/{name}", headers={"Authorization": "Bearer secret"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert http.get(f"/v1/catalogs/none/pictures/{name}").status_code in (401, 404)
