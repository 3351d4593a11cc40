"""What a server is told to serve: adapters that are looked at first, a base and its shape, the device that is found."""

from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoConfig

from agent.base_model import load_tokenizer
from agent.errors import ModelMisconfigured
from agent.plan import Plan, Search
from agent.ports import PlanContext, TellContext
from agent.prompts import Style, catalogue_of, plan_messages, reply_messages
from agent.types import Message
from finetune.errors import BadOptions, NoServer
from finetune.serve_device import cpu, gpu_of
from finetune.serve_model import adapter_of, base_of, shape_of, without_tools
from finetune.serve_plan import GIB, Device, Shape, Wanted, plan_memory
from tests.shop import SHOP
from tests.tiny_model import edited, random_adapter, tiny_base

MEMINFO = "MemTotal:       16777216 kB\nMemFree:         1000 kB\nMemAvailable:   8388608 kB\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base and an adapter for it."""
    folder = tmp_path_factory.mktemp("files")
    random_adapter(tiny_base(folder / "base"), folder / "good")
    return folder


def _cut(folder: Path) -> None:
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_cut, "is damaged"),
        (lambda f: (f / "adapter_model.safetensors").unlink(), "has no 'adapter_model.safetensors'"),
        (lambda f: (f / "adapter_config.json").write_text('{"r": '), "cannot be read as an adapter's"),
        (lambda f: (f / "sommelier.json").write_text('{"name": "a b"}'), "sommelier.json"),
    ],
    ids=["cut", "no weights", "no JSON", "a damaged card"],
)
def test_a_damaged_adapter_is_refused_before_a_server_starts(
    files: Path, tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    folder = edited(files / "good", tmp_path / "bad")
    spoil(folder)
    with pytest.raises(ModelMisconfigured, match=words) as told:
        adapter_of(str(folder))
    assert str(folder) in str(told.value)


@pytest.mark.parametrize(
    ("config", "words"),
    [({"use_dora": True}, "DoRA"), ({"modules_to_save": ["lm_head"]}, "whole layers"), ({"peft_type": "IA3"}, "IA3")],
    ids=["dora", "whole layers", "IA3"],
)
def test_kinds_of_adapters_that_vllm_does_not_serve_are_told(
    files: Path, tmp_path: Path, config: dict[str, object], words: str
) -> None:
    with pytest.raises(ModelMisconfigured, match=words):
        adapter_of(str(edited(files / "good", tmp_path / "other", **config)))


def test_an_adapter_is_called_as_given_else_as_its_card_else_as_its_folder(files: Path, tmp_path: Path) -> None:
    folder = edited(files / "good", tmp_path / "v7", rank_pattern={"q_proj": 12}, base_model_name_or_path="a/base")
    plain = adapter_of(str(folder))
    assert (plain.name, plain.rank, plain.base) == ("v7", 12, "a/base")
    (folder / "sommelier.json").write_text('{"name": "wine", "base": "smollm2-135m"}')
    assert (adapter_of(str(folder)).name, adapter_of(str(folder)).base) == ("wine", "smollm2-135m")
    assert adapter_of(f"tea={folder}").name == "tea"
    with pytest.raises(BadOptions, match="'a b'"):
        adapter_of(f"a b={folder}")


def test_one_server_serves_one_base(files: Path, tmp_path: Path) -> None:
    one = adapter_of(f"one={edited(files / 'good', tmp_path / 'one', base_model_name_or_path='a/x')}")
    two = adapter_of(f"two={edited(files / 'good', tmp_path / 'two', base_model_name_or_path='a/y')}")
    assert base_of("", ()) == "smollm2-135m"
    assert base_of("", (one,)) == base_of("a/x", (one,)) == "a/x"
    assert base_of(str(files / "base"), (one,)) == str(files / "base")
    for model, adapters in (("", (one, two)), ("a/z", (one,)), ("", (one, one))):
        with pytest.raises(BadOptions, match=r"'one'|one, one"):
            base_of(model, adapters)


def test_the_shape_of_a_model_is_that_of_its_configuration(files: Path) -> None:
    shape = shape_of(AutoConfig.from_pretrained(files / "base"))
    per_layer = 2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 64 + 2 * 32
    assert shape.parameters == 49_152 * 32 + 2 * per_layer + 32
    assert (shape.heads, shape.kv_heads, shape.head_dim, shape.positions, shape.bits) == (4, 2, 8, 2048, 0)


def test_a_template_without_tools_says_what_training_said(files: Path) -> None:
    tokenizer = load_tokenizer(str(files / "base"))
    written = "{% if tools %}Tools: {{ tools | tojson }}{% endif %}{{ messages[0].content }}"
    asked = [{"role": "user", "content": "hello"}]
    tools = [{"type": "function", "function": {"name": "search", "description": "", "parameters": {}}}]
    for template, read in ((written, "Tools"), (without_tools(written), "hello")):
        said = tokenizer.apply_chat_template(asked, tools=tools, chat_template=template, tokenize=False)
        assert str(said).startswith(read)


@pytest.mark.parametrize("style", ["brief", "full"])
@pytest.mark.parametrize("word", ["wonderful ", "电影"])
def test_the_longest_prompts_fit_the_window_that_is_planned(style: Style, word: str) -> None:
    tokenizer = load_tokenizer()
    text, messages = word * 3000, tuple(Message("user", word * 1000) for _ in range(40))
    told, last = catalogue_of(SHOP, style), Search(query=text)
    context = PlanContext(text, messages, tuple(SHOP.items), last=last, person=text, question=text, offer=last)
    telling = TellContext(text, Plan(actions=(last,)), (), (), (), messages, person=text, begun=text)
    plan = plan_messages(context, told, SHOP, style)
    reply = reply_messages(telling, told, SHOP, style)
    shape = Shape(10**9, 24, 2048, 8192, 16, 8, 128, 150_000, 40_960)
    window = plan_memory(shape, Device("gpu", "a GPU", 80 * GIB, 79 * GIB), Wanted(style)).window
    for prompt, answer in ((plan, 800), (reply, 1200)):
        assert sum(len(tokenizer(p.text).input_ids) for p in prompt) + answer < window


def test_gpus_are_read_as_the_driver_lists_them() -> None:
    lines = ["NVIDIA H100 80GB HBM3, 81559, 81000, 9.0", "NVIDIA H100 80GB HBM3, 81559, 40000, 9.0"]
    found = gpu_of(lines)
    assert found == Device("gpu", "NVIDIA H100 80GB HBM3", 81559 << 20, 40000 << 20, count=2, bfloat16=True)
    old = gpu_of(["Tesla T4, 15360, 15000, 7.5"])
    assert old is not None
    assert not old.bfloat16
    assert gpu_of([]) is gpu_of(["No devices were found"]) is gpu_of(["A, [N/A], [N/A], 9.0"]) is None


def test_the_memory_of_a_container_is_minded(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text(MEMINFO)
    free = cpu(tmp_path / "meminfo", tmp_path)
    assert (free.total, free.free) == (16 * GIB, 8 * GIB)
    (tmp_path / "memory.max").write_text(f"{4 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{GIB}\n")
    held = cpu(tmp_path / "meminfo", tmp_path)
    assert (held.total, held.free) == (4 * GIB, 3 * GIB)
    (tmp_path / "memory.max").write_text("max\n")
    assert cpu(tmp_path / "meminfo", tmp_path).free == 8 * GIB
    with pytest.raises(NoServer, match="Linux"):
        cpu(tmp_path / "nothing", tmp_path)
