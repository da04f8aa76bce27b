"""The slab sliding window: where windows lie, what they add up to, and how little is kept."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
import torch
from monai.data.utils import compute_importance_map
from monai.inferers import sliding_window_inference
from orthoai.errors import Canceled
from orthoai.progress import Progress
from orthoai.segment.network import SegmenterSpec, build
from orthoai.segment.stitch import Windows, fitted, gaussian_weights, stitch

SHAPES = [
    ((40, 52, 30), (16, 24, 16)),
    ((9, 40, 3), (16, 16, 8)),
    ((16, 16, 16), (16, 16, 16)),
    ((1, 17, 33), (8, 16, 16)),
]


def whole(image, windows, predict, **options):
    """All slabs of stitch put together, each copied since stitch reuses its buffer."""
    result = np.full(image.shape, np.nan, np.float32)
    following = 0
    for first, slab in stitch(lambda a, b: image[a:b], windows, predict, **options):
        assert first == following
        following += len(slab)
        result[first:following] = slab
    assert following == image.shape[0]
    return result


@pytest.mark.parametrize(("shape", "patch"), SHAPES)
@pytest.mark.parametrize("overlap", [0, 0.25, 0.6])
def test_windows_cover_every_voxel_and_stay_inside(shape, patch, overlap):
    windows = Windows(shape, patch, overlap)
    for axis in range(3):
        starts, size, side = windows.starts(axis), shape[axis], patch[axis]
        covered = np.zeros(size, bool)
        for start in starts:
            covered[max(start, 0) : start + side] = True
        assert covered.all()
        assert starts == sorted(set(starts))
        if size >= side:
            assert starts[0] == 0 and starts[-1] + side == size
            assert all(b - a <= side * (1 - overlap) for a, b in pairwise(starts))
        else:
            assert len(starts) == 1


def test_the_number_of_windows_is_known():
    # 72 voxels apart: 0, 72, ..., 360, then the last at 374 = 470 - 96.
    assert Windows((470, 96, 97), (96, 96, 96), 0.25).starts(0) == [0, 72, 144, 216, 288, 360, 374]
    assert Windows((470, 96, 97), (96, 96, 96), 0.25).count == 7 * 1 * 2


@pytest.mark.parametrize("patch", [(16, 24, 8), (15, 1, 32)])
def test_the_weights_are_monais(patch):
    expected = compute_importance_map(patch, mode="gaussian", sigma_scale=0.125).numpy()
    np.testing.assert_allclose(gaussian_weights(patch), expected, rtol=1e-4)


@pytest.mark.parametrize(("shape", "patch"), SHAPES)
@pytest.mark.parametrize(("overlap", "batch"), [(0.25, 1), (0.5, 3), (0, 2)])
def test_the_result_is_monais(shape, patch, overlap, batch):
    torch.manual_seed(1)
    spec = SegmenterSpec(init_filters=8, blocks_down=(1, 1, 1), blocks_up=(1, 1), patch=patch)
    network = build(spec).eval()
    image = np.random.default_rng(2).random(shape, np.float32)

    def predict(windows):
        logits = network(torch.from_numpy(windows)[:, None])
        return (logits[:, 1] - logits[:, 0]).numpy()

    with torch.inference_mode():
        ours = whole(image, Windows(shape, patch, overlap), predict, batch=batch)
        logits = sliding_window_inference(
            torch.from_numpy(image)[None, None], patch, batch, network, overlap=overlap, mode="gaussian"
        )
    np.testing.assert_allclose(ours, (logits[0, 1] - logits[0, 0]).numpy(), atol=2e-5)


@pytest.mark.parametrize(("shape", "patch"), SHAPES)
def test_a_network_that_repeats_its_input_gives_the_volume_back(shape, patch):
    image = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    np.testing.assert_allclose(whole(image, Windows(shape, patch), lambda windows: windows), image, atol=1e-5)


def test_a_long_volume_needs_no_more_memory_than_a_few_windows():
    shape, patch = (1500, 24, 24), (16, 16, 16)
    windows = Windows(shape, patch)
    read = []

    def planes(first, last):
        read.append(last - first)
        return np.zeros((last - first, 24, 24), np.float32)

    tracemalloc.start()
    for _ in stitch(planes, windows, lambda batch: batch):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(read) == 16
    # The differences of the whole volume would be 3.5 MB.
    assert peak < 500_000


def test_every_window_is_reported_and_the_last_one_is_the_end():
    heard = []
    windows = Windows((40, 30, 20), (16, 16, 16))
    progress = Progress(on_report=lambda stage, fraction, message: heard.append((stage, fraction)))
    whole(np.zeros((40, 30, 20), np.float32), windows, lambda batch: batch, progress=progress, stage="left")
    assert len(heard) == windows.count
    assert heard[-1] == ("left", 1.0)
    assert heard == sorted(heard)


def test_a_cancel_stops_before_the_next_window():
    calls = []

    def predict(batch):
        calls.append(len(batch))
        return batch

    progress = Progress(is_canceled=lambda: len(calls) == 3)
    with pytest.raises(Canceled):
        whole(np.zeros((64, 32, 32), np.float32), Windows((64, 32, 32), (16,) * 3), predict, progress=progress)
    assert len(calls) == 3


@pytest.mark.parametrize("overlap", [1.0, -0.1])
def test_an_impossible_overlap_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        Windows((8, 8, 8), (8, 8, 8), overlap)


# Fitted windows


def test_a_window_is_widened_where_one_then_does_the_work_of_two():
    assert fitted((470, 100, 120), (96, 96, 96), 8) == (96, 104, 120)
    # Both would be too large: the one that costs less.
    assert fitted((470, 140, 130), (96, 96, 96), 8) == (96, 96, 136)


@pytest.mark.parametrize("shape", [(96, 96, 96), (50, 60, 70), (470, 300, 300), (1500, 150, 145)])
def test_a_window_stays_where_widening_does_not_help_or_is_too_much(shape):
    assert fitted(shape, (96, 96, 96), 8) == (96, 96, 96)


def test_fitted_windows_stay_bounded_and_never_cost_more():
    rng = np.random.default_rng(4)
    for shape in rng.integers(1, 400, size=(300, 3)):
        size = tuple(int(n) for n in shape)
        patch = fitted(size, (96, 96, 96), 8)
        assert all(side % 8 == 0 and 96 <= side <= 144 for side in patch)
        assert np.prod(patch) <= 2 * 96**3
        assert Windows(size, patch).count * np.prod(patch) <= Windows(size, (96, 96, 96)).count * 96**3
