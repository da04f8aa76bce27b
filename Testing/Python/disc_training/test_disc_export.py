"""Exported networks, run as the pipeline runs them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx_parity import assert_same_answers
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.progress import Progress
from orthoai.tasks.disc.classify import HERNIATION, Classifier
from orthoai.tasks.disc.crop import CROP_SHAPE, DiscCrop
from orthoai.tasks.disc.gradcam import grad_cam
from orthoai.tasks.disc.segment import SliceSegmenter, softmax
from orthoai.tasks.disc.session import Member
from orthoai.tasks.disc.spine import main_spine
from orthoai_training.disc.classification.export import export_grader
from orthoai_training.disc.classification.networks import build_grader
from orthoai_training.disc.classification.recipe import COMPACT
from orthoai_training.disc.segmentation.export import export_segmenter
from orthoai_training.disc.segmentation.networks import build_segmenter
from safetensors.torch import save_file


@pytest.fixture(scope="module")
def grader():
    torch.manual_seed(0)
    return build_grader(COMPACT).network.eval()


@pytest.fixture(scope="module")
def grader_file(grader, tmp_path_factory):
    return export_grader(grader, tmp_path_factory.mktemp("grader") / "classifier.onnx")


@pytest.fixture(scope="module")
def segmenter_file(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("segmenter")
    save_file(build_segmenter("compact").network.state_dict(), folder / "weights.safetensors")
    return export_segmenter("compact", folder / "weights.safetensors", folder / "segmenter.onnx")


def crops(count: int) -> list[DiscCrop]:
    random = np.random.default_rng(0)
    return [DiscCrop("L4/L5", random.random(CROP_SHAPE, np.float32)) for _ in range(count)]


def test_the_files_stay_within_their_budgets(grader_file, segmenter_file):
    assert grader_file.stat().st_size < 1_000_000
    assert segmenter_file.stat().st_size < 8_000_000


def test_an_exported_segmenter_answers_as_the_network_at_any_size(segmenter_file):
    from safetensors.torch import load_file

    network = build_segmenter("compact").network
    network.load_state_dict(load_file(segmenter_file.with_name("weights.safetensors")))
    for shape in ((1, 3, 32, 64), (2, 3, 96, 32)):
        # The weights are rounded to float16.
        assert_same_answers(segmenter_file, network.eval(), torch.rand(shape), within=0.01)


@pytest.mark.parametrize("pixel_mm", [(0.7, 0.7), (0.4, 0.5), (1.2, 1.2)])
def test_labels_lie_on_the_pixels_that_were_given(segmenter_file, pixel_mm):
    heard = []
    segmenter = SliceSegmenter([Member(OnnxNetwork(segmenter_file, 1), 1.0)])
    slices = np.random.default_rng(0).random((3, 50, 41), np.float32)
    labels = segmenter.labels(slices, pixel_mm, Progress(lambda *news: heard.append(news)))
    assert labels.shape == slices.shape and labels.dtype == np.uint8
    assert [stage for stage, _, _ in heard] == ["Segment"] * 4


def test_an_ensemble_averages_its_members(segmenter_file):
    class Constant:
        def __init__(self, winner):
            self.winner = winner

        def __call__(self, batch, outputs):
            logits = np.zeros((1, 4, *batch.shape[2:]), np.float32)
            logits[:, self.winner] = 5
            return [logits]

    segmenter = SliceSegmenter([Member(Constant(1), 0.6), Member(Constant(2), 0.4)])
    shares = segmenter.shares(np.zeros((3, 10, 20), np.float32))
    assert shares.shape == (4, 10, 20)
    np.testing.assert_allclose(shares.sum(0), 1, rtol=1e-5)
    assert (shares.argmax(0) == 1).all() and (shares[2] > shares[3]).all()


def test_an_exported_classifier_grades_as_the_network(grader, grader_file):
    (wanted,) = crops(1)
    with torch.no_grad():
        logits = grader(torch.from_numpy(wanted.pixels)[None, None])[0].double()
    (found,) = Classifier([Member(OnnxNetwork(grader_file, 1), 1.0)]).grade([wanted])
    assert found.herniation == pytest.approx(float(logits[0].sigmoid()), abs=0.01)
    assert found.bulge == pytest.approx(float(logits[1].sigmoid()), abs=0.01)
    assert found.pfirrmann == pytest.approx(logits[2:].softmax(0).tolist(), abs=0.01)
    assert sum(found.pfirrmann) == pytest.approx(1)
    assert found.herniation_spread == found.bulge_spread == pytest.approx(0, abs=1e-9)


def test_no_crops_no_grades(grader_file):
    assert Classifier([Member(OnnxNetwork(grader_file, 1), 1.0)]).grade([]) == []


def test_members_that_differ_spread():
    class Fixed:
        def __init__(self, logit):
            self.logit = logit

        def __call__(self, batch, outputs):
            logits = np.zeros((len(batch), 7), np.float32)
            logits[:, HERNIATION] = self.logit
            return [logits]

    (grades,) = Classifier([Member(Fixed(100.0), 0.5), Member(Fixed(-100.0), 0.5)]).grade(crops(1))
    assert grades.herniation == pytest.approx(0.5)
    assert grades.herniation_spread == pytest.approx(0.5)
    assert grades.bulge_spread == 0


def test_slopes_are_the_gradients_of_the_logits(grader):
    picture = torch.rand(2, 1, *CROP_SHAPE)
    with torch.no_grad():
        logits, features, slopes = grader.explained(picture)
    features = features.detach().requires_grad_(True)
    again, _ = grader._head(features)
    torch.testing.assert_close(again, logits)
    cells = features.shape[2] * features.shape[3]
    for logit in range(7):
        (gradient,) = torch.autograd.grad(again[:, logit].sum(), features, retain_graph=True)
        torch.testing.assert_close(gradient.mean((2, 3)) * cells, slopes[:, logit], rtol=1e-4, atol=1e-6)


def test_grad_cam_shows_what_speaks_for_and_against_a_grade():
    features = np.zeros((2, 5, 8), np.float32)
    features[0, 1, 6], features[1, 4, 0] = 1.0, 1.0
    heat = grad_cam(features, np.array([2.0, -1.0], np.float32), (80, 128))
    assert heat.shape == (80, 128)
    assert heat[16, 96] == pytest.approx(1) and heat[64, 0] == pytest.approx(0.5)
    assert heat[40, 40] == 0
    np.testing.assert_allclose(heat[64:, 8], heat[64, 8])
    assert not grad_cam(features, np.zeros(2, np.float32), (80, 128)).any()


def test_grad_cam_shows_a_cell_where_the_network_looks():
    """The pixels that a cell answers to, of a network without preference, lie around the place that is shown."""
    network = build_grader(COMPACT).network.eval()
    for parameter in network.backbone.parameters():
        torch.nn.init.constant_(parameter, 0.01)
    crop = torch.ones(1, 1, *CROP_SHAPE, requires_grad=True)
    row, column = 2, 4
    network.features(crop)[0, :, row, column].sum().backward()
    weight = crop.grad[0, 0].double().numpy()
    seen = [float(np.average(np.arange(side), weights=weight.sum(1 - axis))) for axis, side in enumerate(CROP_SHAPE)]
    features = np.zeros((1, 5, 8), np.float32)
    features[0, row, column] = 1
    shown = np.unravel_index(grad_cam(features, np.ones(1, np.float32), CROP_SHAPE).argmax(), CROP_SHAPE)
    assert shown == pytest.approx(seen, abs=2)


def test_a_classifier_maps_each_crop(grader_file):
    heat = Classifier([Member(OnnxNetwork(grader_file, 1), 1.0)]).heat_map(crops(1)[0], 1)
    assert heat.shape == CROP_SHAPE and heat.min() >= 0
    assert heat.max() in (0, pytest.approx(1))


def test_softmax_sums_to_one():
    shares = softmax(np.random.default_rng(0).normal(0, 50, (4, 3, 3)).astype(np.float32))
    np.testing.assert_allclose(shares.sum(0), 1, rtol=1e-5)


def test_what_lies_apart_from_the_discs_is_dropped():
    labels = np.zeros((2, 60, 60), np.uint8)
    labels[:, 10:20, 30:45], labels[:, 22:26, 30:45], labels[:, 10:40, 48:52] = 1, 2, 3
    labels[1, 28:38, 30:45] = 1
    spine = labels.copy()
    labels[:, :, :12] = 1
    np.testing.assert_array_equal(main_spine(labels, (0.7, 0.7)), spine)
    without_discs = np.where(labels == 2, 0, labels).astype(np.uint8)
    np.testing.assert_array_equal(main_spine(without_discs, (0.7, 0.7)), without_discs)
