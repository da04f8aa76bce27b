"""HU in, mask out, with networks whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from monai.inferers import sliding_window_inference
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.segment.device import Device
from orthoai.segment.engine import Segmenter
from orthoai.segment.network import SegmenterSpec, build, save_weights
from orthoai.volume import Volume
from segment_fakes import THRESHOLD_HU, Threshold, sphere

FP32 = Device()
BF16 = Device(precision="bfloat16")
SPEC = SegmenterSpec(patch=(16, 24, 32))
TINY = SegmenterSpec(init_filters=8, blocks_down=(1, 1, 1), blocks_up=(1, 1), patch=(24, 24, 24))


@pytest.mark.parametrize("device", [FP32, BF16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.8, 2.0), (0.4, 0.4, 0.5), (1.5, 1.2, 4.0)])
def test_a_threshold_network_finds_the_sphere_up_to_a_voxel(spacing, device):
    volume, distance = sphere(spacing)
    mask = Segmenter(SPEC, Threshold(), device).foreground(volume)
    truth = volume.voxels > THRESHOLD_HU
    wrong = mask != truth
    assert truth.sum() > 500
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.99
    assert np.abs(distance[wrong]).max(initial=0) < max(spacing) / 2


def test_an_oblique_direction_and_a_far_origin_change_nothing():
    volume, _ = sphere((0.8, 0.9, 1.7))
    a, b = np.cos(0.4), np.sin(0.4)
    oblique = replace(volume.geometry, origin=(120.0, -800.0, 1500.0), direction=(a, -b, 0, b, a, 0, 0, 0, 1))
    segmenter = Segmenter(SPEC, Threshold(), FP32)
    expected = segmenter.foreground(volume)
    assert expected.any()
    np.testing.assert_array_equal(segmenter.foreground(replace(volume, geometry=oblique)), expected)


def test_a_view_with_turned_axes_gives_the_mask_of_its_copy():
    volume, _ = sphere((1.0, 1.1, 1.3))
    shifted = volume.voxels.copy()
    shifted[:10] = -1000
    view = Volume(shifted[::-1].transpose(0, 2, 1), Geometry(shape=(34, 44, 40), spacing=(1.1, 1.0, 1.3)))
    segmenter = Segmenter(SPEC, Threshold(), FP32)
    expected = segmenter.foreground(view.with_voxels(view.voxels.copy()))
    assert expected.any()
    np.testing.assert_array_equal(segmenter.foreground(view), expected)


@pytest.mark.parametrize("shape", [(1, 40, 40), (40, 1, 5), (1, 1, 1), (3, 3, 3), (7, 90, 2)])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.4, 0.4, 3.0)])
def test_crops_smaller_than_a_window_are_segmented_whole(shape, spacing):
    hu = np.where(np.arange(shape[1]) % 20 < 10, 400, -500).astype(np.int16)
    voxels = np.broadcast_to(hu[:, None], shape)
    mask = Segmenter(SPEC, Threshold(), FP32).foreground(Volume(voxels, Geometry(shape=shape, spacing=spacing)))
    assert mask.shape == shape and mask.dtype == bool
    assert (mask == (voxels > THRESHOLD_HU)).mean() > 0.9


def test_a_crop_without_voxels_is_an_input_error():
    with pytest.raises(InputError, match="no voxels"):
        Segmenter(SPEC, Threshold(), FP32).foreground(Volume(np.zeros((0, 4, 4), np.int16), Geometry(shape=(0, 4, 4))))


def test_the_slabs_of_a_single_stage_run_are_the_whole_mask():
    volume, _ = sphere((0.9, 0.9, 0.7))
    segmenter = Segmenter(SPEC, Threshold(), FP32)
    slabs = list(segmenter.single_stage(volume))
    assert len(slabs) > 2
    assert [first for first, _ in slabs] == list(np.cumsum([0] + [len(slab) for _, slab in slabs])[:-1])
    np.testing.assert_array_equal(np.concatenate([slab for _, slab in slabs]), segmenter.foreground(volume))


def test_the_mask_is_the_one_of_monai_with_the_same_network():
    torch.manual_seed(0)
    network = build(TINY).eval()
    voxels = np.random.default_rng(1).integers(-200, 600, size=(50, 30, 20)).astype(np.int16)
    mask = Segmenter(TINY, network, FP32).foreground(Volume(voxels, Geometry(shape=voxels.shape)))
    image = torch.from_numpy((np.clip(voxels, -100, 500).astype(np.float32) + 100) / 600)
    with torch.inference_mode():
        logits = sliding_window_inference(image[None, None], TINY.patch, 1, network, overlap=0.25, mode="gaussian")
    difference = (logits[0, 1] - logits[0, 0]).numpy()
    clear = np.abs(difference) > 1e-4
    assert clear.mean() > 0.99 and 0.01 < mask.mean() < 0.99
    np.testing.assert_array_equal(mask[clear], (difference > 0)[clear])


# A network that has learned something


@pytest.fixture(scope="module")
def trained():
    """A small SegResNet that has learned to find a ball in noise."""
    torch.manual_seed(0)
    network = build(replace(TINY, dropout=0.0))
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    rng = np.random.default_rng(0)
    for _ in range(80):
        pairs = [ball(24, rng.uniform(0, 24, 3), rng.uniform(4, 8), rng) for _ in range(2)]
        images, masks = (torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))
        loss = torch.nn.functional.cross_entropy(network(to_unit(images)[:, None]), masks.long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network


def ball(size, center, radius, rng):
    """HU (size, size, size) of a ball in soft tissue, with noise; and the ball."""
    distance = np.sqrt(sum((axis - c) ** 2 for axis, c in zip(np.indices((size,) * 3), center, strict=True)))
    hu = np.where(distance < radius, 260.0, 20.0) + rng.normal(0, 40, distance.shape)
    return hu.astype(np.float32), distance < radius


def to_unit(hu):
    return (hu.clip(-100, 500) + 100) / 600


def test_bf16_and_fp32_agree_on_a_trained_network(trained):
    hu, truth = ball(40, (19, 20, 21), 7, np.random.default_rng(9))
    volume = Volume(hu.astype(np.int16), Geometry(shape=hu.shape))
    full = Segmenter(TINY, trained, FP32).foreground(volume)
    assert 2 * (full & truth).sum() / (full.sum() + truth.sum()) > 0.8
    half = Segmenter(TINY, trained, BF16).foreground(volume)
    assert (full == half).mean() >= 0.995


def test_the_callers_network_is_left_as_it_was(trained):
    trained.train()
    Segmenter(TINY, trained, BF16).foreground(Volume(np.zeros((4, 4, 4), np.int16), Geometry(shape=(4, 4, 4))))
    parameter = next(trained.parameters())
    assert trained.training and parameter.requires_grad and parameter.dtype == torch.float32


def test_float16_weights_on_disk_give_the_mask_of_the_network_in_memory(trained, tmp_path):
    save_weights(trained, tmp_path / "w.safetensors")
    hu, _ = ball(32, (15, 16, 17), 7, np.random.default_rng(8))
    volume = Volume(hu.astype(np.int16), Geometry(shape=hu.shape))
    read = Segmenter(TINY, tmp_path / "w.safetensors", FP32).foreground(volume)
    kept = Segmenter(TINY, trained, FP32).foreground(volume)
    assert kept.any()
    assert (read == kept).mean() > 0.999


def test_fitted_windows_give_nearly_the_same_mask_in_fewer_windows(trained):
    hu, _ = ball(30, (14, 12, 12), 7, np.random.default_rng(7))
    volume = Volume(hu[:, :24, :24].astype(np.int16), Geometry(shape=(30, 24, 24)))
    masks, heard = [], []
    for fit in (False, True):
        progress = Progress(on_report=lambda stage, fraction, message: heard.append(message))
        masks.append(Segmenter(TINY, trained, FP32, fit=fit).foreground(volume, progress))
    assert heard == ["window 1 of 2", "window 2 of 2", "window 1 of 1"]
    assert (masks[0] == masks[1]).mean() > 0.98


# Loading, canceling, memory


def test_weights_are_read_at_the_first_use_and_only_then(tmp_path):
    path = tmp_path / "w.safetensors"
    segmenter = Segmenter(TINY, path, FP32)
    save_weights(build(TINY), path)
    volume = Volume(np.zeros((4, 4, 4), np.int16), Geometry(shape=(4, 4, 4)))
    first = segmenter.foreground(volume)
    path.unlink()
    np.testing.assert_array_equal(segmenter.foreground(volume), first)


def test_damaged_weights_are_an_input_error(tmp_path):
    (tmp_path / "w.safetensors").write_text("no")
    with pytest.raises(InputError, match="damaged"):
        Segmenter(TINY, tmp_path / "w.safetensors", FP32).foreground(sphere((2.0, 2.0, 2.0))[0])


def test_a_cancel_mid_way_ends_the_run_and_the_next_run_works():
    volume, _ = sphere((1.0, 1.0, 1.0))
    segmenter = Segmenter(SPEC, Threshold(), FP32)
    expected = segmenter.foreground(volume)
    heard = []
    progress = Progress(on_report=lambda *report: heard.append(report), is_canceled=lambda: len(heard) >= 3)
    with pytest.raises(Canceled):
        segmenter.foreground(volume, progress)
    assert len(heard) == 3
    assert segmenter.predict(np.zeros((1, *SPEC.patch), np.float32)).shape == (1, *SPEC.patch)
    np.testing.assert_array_equal(segmenter.foreground(volume), expected)


def test_a_cancel_does_not_wait_for_the_end_of_a_window():
    asked = []
    progress = Progress(is_canceled=lambda: asked.append(True) is None and len(asked) > 5)
    network = build(TINY)
    reached = []
    network.conv_final.register_forward_hook(lambda *_: reached.append(True))
    with pytest.raises(Canceled):
        Segmenter(TINY, network, FP32).foreground(sphere((4.0, 4.0, 4.0))[0], progress)
    assert not reached


def test_a_full_graphics_card_is_asked_for_fewer_windows_at_once(monkeypatch):
    segmenter = Segmenter(SPEC, Threshold(), replace(FP32, batch=4))
    plain, sizes = segmenter._predict, []

    def small_card(windows):
        sizes.append(len(windows))
        if len(windows) > 1:
            raise torch.OutOfMemoryError
        return plain(windows)

    volume, _ = sphere((1.0, 1.0, 1.0))
    expected = segmenter.foreground(volume)
    monkeypatch.setattr(segmenter, "_predict", small_card)
    np.testing.assert_array_equal(segmenter.foreground(volume), expected)
    assert set(sizes) == {4, 2, 1}


def test_a_graphics_card_too_small_for_one_window_is_an_input_error(monkeypatch):
    def no_room(windows):
        raise torch.OutOfMemoryError

    segmenter = Segmenter(SPEC, Threshold(), FP32)
    monkeypatch.setattr(segmenter, "_predict", no_room)
    with pytest.raises(InputError, match="memory"):
        segmenter.foreground(sphere((2.0, 2.0, 2.0))[0])
