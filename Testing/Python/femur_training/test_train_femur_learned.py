"""A femur model's card names the reviewed cases behind each network, also those of the models before it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from orthoai.models.card import read_card
from orthoai.models.learned import LearnedFrom
from orthoai_training.femur.request import TrainRequest
from orthoai_training.femur.train import train_femur
from reviewed_meta import mark_reviewed
from train_fakes import fake_detector

pytestmark = pytest.mark.usefixtures("quick", "unlearned")


def learned(folder: Path) -> dict[str, LearnedFrom | None]:
    return {role: network.learned_from for role, network in read_card(folder).networks.items()}


def test_the_card_names_the_cases_over_calls_blends_and_models(cases: Path, tmp_path: Path) -> None:
    data = copytree(cases, tmp_path / "cases")
    names = [mark_reviewed(data / name, number) for number, name in enumerate("abc")]
    request = TrainRequest(tmp_path / "run", data=data, only="segmenter", device="cpu")
    assert train_femur(request) == []
    split = json.loads((request.out / "split.json").read_text())
    sides = [{names["abc".index(name)]: (1,) for name in split[side]} for side in ("train", "validation")]
    assert all(sides)
    # Corrected before the other network is trained: each has what it saw.
    revised = split["train"][0]
    again = mark_reviewed(data / revised, "abc".index(revised), revision=2)
    (model,) = train_femur(replace(request, only="detector"), train_detector=fake_detector)
    before = learned(model)
    assert before == {"segmenter": LearnedFrom(*sides), "detector": LearnedFrom({**sides[0], again: (2,)}, sides[1])}
    # A part that is gone on with has seen both.
    (model,) = train_femur(replace(request, resume=True))
    before["segmenter"] = LearnedFrom({**sides[0], again: (1, 2)}, sides[1])
    assert learned(model) == before
    # What goes on from it on other cases inherits them, blended or not; what is taken over keeps its own.
    on = TrainRequest(tmp_path / "on", data=cases, only="segmenter", device="cpu", start=str(model), blend=0.5)
    (later,) = train_femur(on)
    assert learned(later) == before
    # Old cards say nothing, and what goes on from them cannot know.
    card = json.loads((model / "metadata.json").read_text())
    for network in card["networks"].values():
        del network["learned_from"]
    (model / "metadata.json").write_text(json.dumps(card))
    (later,) = train_femur(replace(on, out=tmp_path / "old"))
    assert learned(later) == {"segmenter": LearnedFrom(whole=False), "detector": None}
