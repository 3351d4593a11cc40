"""The memory plan of a server: it never promises more than there is, and what it says would fit does."""

from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from finetune.errors import BadOptions, TooLarge
from finetune.serve_plan import GIB, RANKS, Device, MemoryPlan, Shape, Wanted, plan_memory

BOX = Shape(134_515_008, 30, 576, 1536, 9, 3, 64, 49_152, 8192)
EIGHT = Shape(8_190_735_360, 36, 4096, 12_288, 32, 8, 128, 151_936, 40_960)
H100 = Device("gpu", "NVIDIA H100 80GB HBM3", 80 * GIB, 79 * GIB, bfloat16=True)
T4 = Device("gpu", "Tesla T4", 15 * GIB, 14 * GIB)
LAPTOP = Device("cpu", "8 CPUs", 16 * GIB, 12 * GIB, cores=tuple(range(8)))

SHAPES = st.builds(
    Shape,
    parameters=st.integers(10**6, 10**11),
    layers=st.integers(1, 96),
    hidden=st.integers(64, 16_384),
    intermediate=st.integers(64, 65_536),
    heads=st.sampled_from([1, 8, 9, 32, 64]),
    kv_heads=st.sampled_from([1, 3, 8]),
    head_dim=st.sampled_from([64, 128]),
    vocabulary=st.integers(1000, 300_000),
    positions=st.integers(512, 262_144),
    bits=st.sampled_from([0, 0, 4, 8]),
)


@st.composite
def devices(draw: st.DrawFn) -> Device:
    total = draw(st.integers(1 * GIB, 200 * GIB))
    free = draw(st.integers(0, total))
    if draw(st.booleans()):
        return Device("cpu", "4 CPUs", total, free, cores=(0, 1, 2, 3))
    return Device("gpu", "a GPU", total, free, count=draw(st.integers(1, 8)), bfloat16=draw(st.booleans()))


WANTED = st.builds(
    Wanted,
    style=st.sampled_from(["brief", "full"]),
    window=st.sampled_from([0, 0, 512, 1000, 4096]),
    chats=st.sampled_from([0, 0, 1, 64]),
    rank=st.integers(1, 512),
    adapters=st.integers(0, 8),
)


def planned(shape: Shape, device: Device, wanted: Wanted) -> MemoryPlan | None:
    """A plan, or None where nothing fits."""
    try:
        return plan_memory(shape, device, wanted)
    except TooLarge:
        return None


def refusal(shape: Shape, device: Device, wanted: Wanted) -> TooLarge | None:
    """What is said where nothing fits, or None."""
    try:
        plan_memory(shape, device, wanted)
    except TooLarge as refused:
        return refused
    return None


@given(SHAPES, devices(), WANTED)
@example(BOX, LAPTOP, Wanted("brief"))
@example(EIGHT, H100, Wanted())
def test_a_plan_stays_within_what_is_free_and_holds_a_whole_chat(shape: Shape, device: Device, wanted: Wanted) -> None:
    assume(wanted.window <= shape.positions)
    plan = planned(shape, device, wanted)
    if plan is None:
        return
    assert plan.weights + plan.working + plan.adapters + plan.cache <= plan.budget < device.free
    assert plan.utilisation * device.total <= plan.budget
    assert plan.cache_tokens >= plan.window
    assert plan.window <= shape.positions
    assert plan.window == wanted.window or not wanted.window
    assert 1 <= plan.chats <= (wanted.chats or 256)
    assert plan.rank in RANKS and plan.rank >= wanted.rank
    assert plan.slots > wanted.adapters
    assert device.count % plan.parallel == 0 or plan.parallel < device.count
    assert shape.heads % plan.parallel == 0


@given(SHAPES, devices(), WANTED, st.integers(1, 64))
def test_more_memory_never_serves_less(shape: Shape, device: Device, wanted: Wanted, more: int) -> None:
    assume(wanted.window <= shape.positions)
    larger = replace(device, total=device.total + more * GIB, free=device.free + more * GIB)
    before, after = planned(shape, device, wanted), planned(shape, larger, wanted)
    if before is None:
        return
    assert after is not None
    assert after.parallel <= before.parallel
    if after.parallel == before.parallel:
        assert after.window >= before.window
        assert after.cache_tokens >= before.cache_tokens


@given(SHAPES, devices(), WANTED)
def test_what_a_refusal_says_would_fit_fits(shape: Shape, device: Device, wanted: Wanted) -> None:
    assume(wanted.window <= shape.positions)
    refused = refusal(shape, device, wanted)
    if refused is None:
        return
    assert device.name in str(refused)
    assert "\n" not in str(refused)
    if refused.parameters:
        assert refused.parameters < shape.parameters
        assert plan_memory(replace(shape, parameters=refused.parameters), device, wanted)
    if refused.window and wanted.window:
        assert plan_memory(shape, device, replace(wanted, window=refused.window)).window == refused.window


def test_the_model_in_the_box_is_planned_on_a_laptop_as_it_is_served() -> None:
    plan = plan_memory(BOX, LAPTOP, Wanted("brief", adapters=1))
    assert (plan.dtype, plan.window, plan.chats, plan.slots, plan.parallel) == ("float32", 8192, 16, 2, 1)
    assert plan.weights == 4 * BOX.parameters
    assert plan.cache == plan.cache_tokens * 2 * 30 * 3 * 64 * 4


def test_an_8b_model_fits_an_h100_and_needs_four_bits_or_less_on_a_t4() -> None:
    plan = plan_memory(EIGHT, H100, Wanted("brief", rank=32, adapters=2))
    assert (plan.dtype, plan.window, plan.chats, plan.rank) == ("bfloat16", 8192, 198, 32)
    assert plan.cache_tokens == plan.cache // (2 * 36 * 8 * 128 * 2)
    assert plan.utilisation in (0.91, 0.92)
    with pytest.raises(TooLarge, match="a quantised model") as refused:
        plan_memory(EIGHT, T4, Wanted("brief"))
    assert 6e9 < refused.value.parameters < 6.2e9  # 11.4 GiB are left for weights
    assert plan_memory(replace(EIGHT, bits=4), T4, Wanted("brief")).dtype == "float16"


def test_a_model_for_two_gpus_takes_two_of_eight() -> None:
    seventy = replace(EIGHT, parameters=70 * 10**9, layers=80, hidden=8192, heads=64)
    plan = plan_memory(seventy, replace(H100, count=8), Wanted("brief"))
    assert plan.parallel == 2
    assert plan.told().startswith("2 x NVIDIA H100")


def test_a_gpu_that_others_use_is_planned_with_what_is_left() -> None:
    plan = plan_memory(EIGHT, replace(H100, free=30 * GIB), Wanted("brief"))
    assert plan.utilisation == 0.37
    assert plan.chats < plan_memory(EIGHT, H100, Wanted("brief")).chats


@pytest.mark.parametrize(
    ("wanted", "quoted"), [(Wanted(window=100_000), "100000"), (Wanted(rank=1024), "1024")], ids=["window", "rank"]
)
def test_what_no_device_can_serve_is_refused_as_an_option(wanted: Wanted, quoted: str) -> None:
    with pytest.raises(BadOptions, match=quoted):
        plan_memory(BOX, LAPTOP, wanted)
