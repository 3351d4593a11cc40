"""Folders of adapters: the current version is found, and what is damaged or missing is named."""

from pathlib import Path

import pytest

from agent.adapters import CARD, CURRENT, AdapterCard, check_adapter, read_card, resolve_adapter, sums_of
from agent.errors import ModelMisconfigured


def adapter(folder: Path, weights: bytes = b"weights", **told: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    (folder / "adapter_model.safetensors").write_bytes(weights)
    card = AdapterCard(name="films", base="smollm2-135m", files=sums_of(folder), **told)
    (folder / CARD).write_text(card.model_dump_json(), encoding="utf-8")
    return folder


def test_a_plain_folder_is_its_own_adapter(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "films")
    assert resolve_adapter(folder) == folder
    check_adapter(folder)
    assert read_card(folder).base == "smollm2-135m"


def test_a_registry_stands_for_its_current_version(tmp_path: Path) -> None:
    adapter(tmp_path / "v0001")
    second = adapter(tmp_path / "v0002")
    (tmp_path / CURRENT).write_text("v0002\n", encoding="utf-8")
    assert resolve_adapter(tmp_path) == second


def test_a_registry_without_a_current_version_says_how_to_choose_one(tmp_path: Path) -> None:
    adapter(tmp_path / "v0001")
    with pytest.raises(ModelMisconfigured, match=r"no version of .* finetune use"):
        resolve_adapter(tmp_path)


@pytest.mark.parametrize("name", ["v0009", "../../etc", ""])
def test_a_pointer_to_nothing_is_quoted(name: str, tmp_path: Path) -> None:
    adapter(tmp_path / "v0001")
    (tmp_path / CURRENT).write_text(name, encoding="utf-8")
    with pytest.raises(ModelMisconfigured, match=f"names '{name}', which is not there"):
        resolve_adapter(tmp_path)


def test_a_folder_that_is_not_there_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(ModelMisconfigured, match=r"no adapter at .*nowhere"):
        resolve_adapter(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    folder = adapter(tmp_path / "films")
    (folder / name).unlink()
    with pytest.raises(ModelMisconfigured, match=f"has no '{name}'"):
        check_adapter(folder)


def test_one_changed_byte_is_found(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "films", b"weights")
    (folder / "adapter_model.safetensors").write_bytes(b"weighty")
    with pytest.raises(ModelMisconfigured, match=r"'adapter_model\.safetensors' .* is damaged"):
        check_adapter(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "a b", "base": "x"}', '{"name": "films"}', "\udcff"])
def test_a_card_that_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    folder = adapter(tmp_path / "films")
    (folder / CARD).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelMisconfigured, match=r"sommelier\.json"):
        read_card(folder)


def test_an_adapter_without_a_card_may_be_loaded_but_has_no_lineage(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "films")
    (folder / CARD).unlink()
    check_adapter(folder)
    with pytest.raises(ModelMisconfigured, match="has no sommelier"):
        read_card(folder)
