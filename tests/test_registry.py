"""The registry of adapters: versions with lineage, one pointer that moves at once or not at all, and the way back."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from agent.adapters import CARD, CURRENT, AdapterCard, resolve_adapter
from agent.config import ROOT
from finetune.errors import DamagedVersion, NoSpace, NoVersion, RegistryUnusable
from finetune.registry import Registry


def files(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder


def card(**told: object) -> AdapterCard:
    return AdapterCard.model_validate({"name": "films", "base": "smollm2-135m", **told})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Three versions: the second trained from the first and current, the third from the second and refused."""
    made = Registry(tmp_path / "films")
    made.publish(files(tmp_path / "a", b"one"), card(figures={"old.exact": 0.5}))
    made.publish(files(tmp_path / "b", b"two"), card(parent="v0001"))
    made.publish(files(tmp_path / "c", b"three"), card(parent="v0002", refused="it forgot"))
    return made


def test_versions_are_listed_with_lineage_figures_and_state(registry: Registry) -> None:
    told = [(v.name, v.card and v.card.parent, v.state) for v in registry.versions()]
    assert told == [("v0001", "", ""), ("v0002", "v0001", "current"), ("v0003", "v0002", "refused: it forgot")]
    first = registry.version("v0001").card
    assert first is not None and first.figures == {"old.exact": 0.5} and first.created and len(first.files) == 2


def test_serving_loads_the_current_version(registry: Registry) -> None:
    assert resolve_adapter(registry.folder) == registry.current().folder == registry.folder / "v0002"


def test_a_refused_version_is_kept_and_does_not_serve(registry: Registry) -> None:
    with pytest.raises(NoVersion, match=r"'v0003' was refused \(it forgot\)"):
        registry.use("v0003")
    assert registry.current().name == "v0002"
    assert registry.use("v0003", anyway=True).current


def test_rollback_goes_to_the_parent_and_no_further_than_the_first(registry: Registry) -> None:
    assert registry.rollback().name == "v0001" == registry.current().name
    with pytest.raises(NoVersion, match=r"'v0001' .* is a first version: nothing to go back to"):
        registry.rollback()
    assert registry.rollback("v0002").name == registry.current().name == "v0002"


@pytest.mark.parametrize("name", ["v0009", "latest", "", "../films", "v0001/../v0002"])
def test_an_unknown_version_is_quoted_with_those_there_are(name: str, registry: Registry) -> None:
    with pytest.raises(NoVersion, match=r"v0001, v0002, v0003") as caught:
        registry.use(name)
    assert repr(name) in str(caught.value)


def test_a_damaged_version_is_refused_and_the_pointer_stays(registry: Registry) -> None:
    (registry.folder / "v0001" / "adapter_model.safetensors").write_bytes(b"oned")
    with pytest.raises(DamagedVersion, match=r"'v0001' cannot be used: 'adapter_model\.safetensors'"):
        registry.rollback()
    assert registry.current().name == "v0002"
    assert registry.versions()[0].state.startswith("damaged: ")


def test_when_the_current_version_is_damaged_one_can_still_go_back(registry: Registry) -> None:
    (registry.folder / "v0002" / CARD).write_text("{", encoding="utf-8")
    with pytest.raises(DamagedVersion):
        registry.current()
    assert registry.rollback().name == "v0001"


def test_a_version_whose_parent_is_no_longer_current_waits_to_be_chosen(registry: Registry, tmp_path: Path) -> None:
    late = registry.publish(files(tmp_path / "d"), card(parent="v0001"))
    assert (late.name, late.current, registry.current().name) == ("v0004", False, "v0002")


def test_an_adapter_from_elsewhere_is_taken_in_once(registry: Registry, tmp_path: Path) -> None:
    foreign = files(tmp_path / "shipped", b"shipped")
    (foreign / CARD).write_text(card(name="box").model_dump_json(), encoding="utf-8")
    fresh = Registry(tmp_path / "box")
    assert [fresh.adopt(foreign).name, fresh.adopt(foreign).name] == ["v0001", "v0001"]
    assert fresh.current().name == "v0001" and len(fresh.versions()) == 1


def test_an_adapter_that_is_not_whole_is_not_taken_in(tmp_path: Path) -> None:
    broken = files(tmp_path / "broken")
    (broken / CARD).write_text(card().model_dump_json(), encoding="utf-8")
    (broken / "adapter_model.safetensors").unlink()
    with pytest.raises(DamagedVersion, match="has no 'adapter_model"):
        Registry(tmp_path / "films").adopt(broken)
    assert not (tmp_path / "films").exists()


def test_an_empty_folder_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(NoVersion, match="no adapter at"):
        Registry(tmp_path / "nothing").current()
    assert Registry(tmp_path / "nothing").versions() == ()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RegistryUnusable, match=r"file/films.*what was current still is"):
        Registry(tmp_path / "file" / "films").publish(files(tmp_path / "a"), card())


_FILL = """
import resource, sys
from pathlib import Path
from finetune.registry import Registry
from tests.test_registry import card
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
Registry(Path(sys.argv[1])).publish(Path(sys.argv[2]), card(parent="v0002"))
"""


def test_a_full_disk_leaves_the_versions_as_they_were(registry: Registry, tmp_path: Path) -> None:
    big = files(tmp_path / "big", b"0" * (1 << 20))
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(registry.folder), str(big)], cwd=ROOT, capture_output=True, text=True
    )
    assert NoSpace.__name__ in done.stderr and "free some space" in done.stderr
    assert [v.name for v in registry.versions()] == ["v0001", "v0002", "v0003"]
    assert registry.current().name == "v0002"
    assert not list(registry.folder.glob(".new-*"))


def _publish(folder: Path, given: Path) -> str:
    return Registry(folder).publish(given, card(parent="v0002")).name


def test_two_processes_at_once_make_two_versions(registry: Registry, tmp_path: Path) -> None:
    given = files(tmp_path / "x", b"0" * 4_000_000)
    with ProcessPoolExecutor(3) as pool:
        names = sorted(pool.map(_publish, [registry.folder] * 3, [given] * 3))
    assert names == ["v0004", "v0005", "v0006"]
    assert registry.current().name in names and not any(v.fault for v in registry.versions())


_LOOP = """
import sys
from pathlib import Path
from finetune.registry import Registry
from tests.test_registry import card
registry = Registry(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    registry.publish(Path(sys.argv[2]), card(parent=registry.current().name))
"""


@pytest.mark.parametrize("after_s", [0.05, 0.13, 0.31])
def test_a_process_killed_while_it_publishes_leaves_a_whole_current_version(
    after_s: float, registry: Registry, tmp_path: Path
) -> None:
    given = files(tmp_path / "x", b"0" * 2_000_000)
    command = [sys.executable, "-c", _LOOP, str(registry.folder), str(given)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        time.sleep(after_s)
        os.kill(process.pid, signal.SIGKILL)
    assert registry.current().fault == ""
    assert not [v for v in registry.versions() if v.fault]
    next_one = registry.publish(given, card(parent=registry.current().name))
    assert next_one.current and not list(registry.folder.glob(".new-*"))
    assert (registry.folder / CURRENT).read_text(encoding="utf-8") == f"{next_one.name}\n"
