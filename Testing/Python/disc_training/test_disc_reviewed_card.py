"""A model's card counts the approved cases that teach it."""

from __future__ import annotations

from dataclasses import replace

from disc_reviewed_cases import CROPS, SLICES
from orthoai.models.learned import LearnedFrom
from orthoai.models.store import ModelStore
from orthoai_training.disc.assemble import grader_model, segmenter_model
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.data.reviewed import reviewed_parts
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.segmentation.request import SegmenterRequest


def test_a_card_counts_the_cases_that_teach_and_no_others(make, tmp_path):
    """One that marks nothing taught no segmenter, and one without a box no classifier; both were counted."""
    for number in range(8):
        make(number, classes=("herniated", "normal"), **({"keep": (), "boxes": ()} if number % 2 else {}))
    reviewed = tmp_path / "data" / "cases"
    parts = reviewed_parts(reviewed, None, fixed_split())
    sides = (parts.train, parts.validation)
    counts = [sum(case.labels().voxels.any() for case in part) for part in sides]
    assert 0 < sum(counts) < len(parts.names)
    requests = (
        (SegmenterRequest(None, tmp_path / "a", recipe=SLICES, device="cpu", reviewed=reviewed), segmenter_model),
        (GraderRequest(None, tmp_path / "b", recipe=CROPS, device="cpu", reviewed=reviewed), grader_model),
    )
    for request, train in requests:
        card = ModelStore((train(replace(request, start="lumbar_disc")).model,)).get("lumbar_disc").metadata
        role_trained = "segmenter" if train is segmenter_model else "classifier"
        data = card.training[role_trained]["data"]
        assert [data["reviewed_train_cases"], data["reviewed_validation_cases"]] == counts
        taught = [{each.name: (1,) for each in part if each.labels().voxels.any()} for part in sides]
        networks = {role: each.learned_from for role, each in card.networks.items()}
        named = [learned for role, learned in networks.items() if role.startswith(role_trained)]
        assert named and all(learned == LearnedFrom(*taught) for learned in named)
        # The networks that were taken over learned from none.
        assert networks["lumbar"] == LearnedFrom()


def test_cases_that_teach_nothing_beside_spider_are_no_data_of_the_card(make, spider, tmp_path):
    make(keep=())
    request = SegmenterRequest(
        spider, tmp_path / "run", recipe=SLICES, device="cpu", reviewed=tmp_path / "data" / "cases", start="lumbar_disc"
    )
    data = ModelStore((segmenter_model(request).model,)).get("lumbar_disc").metadata.training["segmenter"]["data"]
    assert "reviewed" not in data["kind"] and data["reviewed_train_cases"] == 0
