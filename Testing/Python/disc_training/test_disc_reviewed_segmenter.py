"""Approved cases teach the segmenter."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import torch
from disc_reviewed_cases import SLICES
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai_training.disc import assemble
from orthoai_training.disc.assemble import segmenter_model
from orthoai_training.disc.data.reviewed import read_reviewed
from orthoai_training.disc.segmentation.losses import LOSSES
from orthoai_training.disc.segmentation.recipe import COMPACT
from orthoai_training.disc.segmentation.request import SegmenterRequest
from orthoai_training.disc.segmentation.reviewed import reviewed_slices, tells_background
from orthoai_training.disc.segmentation.slices import IGNORED, crop_batches
from orthoai_training.disc.segmentation.train import train_segmenters


def test_slices_have_the_segmenters_pixels_and_neighbors_as_near_as_spiders(make):
    (case,) = read_reviewed([make()])
    slices = reviewed_slices(replace(case, pixel_mm=(1.4, 1.4)))
    assert slices is not None and slices.labels.shape == slices.image.shape == (5, 240, 200)
    assert (slices.labels[2, 84:96, 60:100] == 2).all() and slices.reach == 1
    assert reviewed_slices(replace(case, slice_mm=0.9)).reach == 4
    assert tells_background(slices) and IGNORED not in slices.labels


@pytest.mark.parametrize(("keep", "lost"), [((2,), 1), ((1, 2), 3)])
def test_a_structure_that_is_not_marked_is_not_learned_as_background(make, keep, lost):
    """The loss stays the same whatever the network says where the unmarked structure may be."""
    (case,) = read_reviewed([make(keep=keep)])
    slices = reviewed_slices(case)
    assert not tells_background(slices)
    recipe = replace(COMPACT, crop=(96, 96), batch=8, augmentation=replace(COMPACT.augmentation, shift=0.0))
    target = next(crop_batches([slices], recipe, 0)).labels
    unmarked = target == IGNORED
    assert unmarked.any() and not (target == lost).any()
    plain = torch.randn((*target.shape, 4), generator=torch.Generator().manual_seed(0)).movedim(-1, 1)
    said = plain.clone()
    said[:, lost] += 9.0 * unmarked
    for loss in LOSSES.values():
        assert float(loss(said, target)) == pytest.approx(float(loss(plain, target)), abs=1e-5)


def test_a_case_without_a_mark_teaches_nothing(make):
    (case,) = read_reviewed([make(keep=())])
    assert reviewed_slices(case) is None


def test_reviewed_cases_train_a_segmenter_alone_and_beside_spider(cases, spider, tmp_path):
    alone = SegmenterRequest(None, tmp_path / "alone", recipe=SLICES, device="cpu", reviewed=cases, start="lumbar_disc")
    beside = replace(alone, data=spider, out=tmp_path / "beside")
    cards = [
        ModelStore((segmenter_model(request).model,)).verify("lumbar_disc").metadata for request in (alone, beside)
    ]
    data = [card.training["segmenter"]["data"] for card in cards]
    assert (data[0]["train_cases"], data[0]["validation_cases"]) == (3, 1) and "SPIDER" not in data[0]["kind"]
    assert (data[1]["train_cases"], data[1]["validation_cases"]) == (4, 3) and "SPIDER" in data[1]["kind"]
    for one in data:
        assert (one["reviewed_train_cases"], one["reviewed_validation_cases"]) == (3, 1)
    with pytest.raises(InputError, match="begun with other --only, --fold or --data"):
        train_segmenters(replace(beside, reviewed=None, resume=True))


def test_the_card_tells_of_the_cases_as_the_training_began(cases, tmp_path, monkeypatch):
    """People go on reviewing, and a folder that was moved in the meantime cost the model."""

    def moved(request, progress):
        trained = train_segmenters(request, progress)
        shutil.move(cases, tmp_path / "elsewhere")
        return trained

    monkeypatch.setattr(assemble, "train_segmenters", moved)
    request = SegmenterRequest(None, tmp_path / "run", recipe=SLICES, device="cpu", reviewed=cases, start="lumbar_disc")
    data = ModelStore((segmenter_model(request).model,)).get("lumbar_disc").metadata.training["segmenter"]["data"]
    assert (data["reviewed_train_cases"], data["reviewed_validation_cases"]) == (3, 1)


def test_masks_that_never_tell_background_train_no_segmenter_alone(make, spider, tmp_path):
    make(keep=(2,))
    reviewed = tmp_path / "data" / "cases"
    request = SegmenterRequest(None, tmp_path / "run", recipe=SLICES, device="cpu", reviewed=reviewed)
    with pytest.raises(InputError, match="none tells what is background"):
        train_segmenters(request)
    trained = train_segmenters(replace(request, data=spider))["compact"]
    assert trained.metrics["train_cases"] == 2
