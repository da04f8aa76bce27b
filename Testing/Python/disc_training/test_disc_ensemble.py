"""Ensemble weights by grid search, against brute force."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import product

import numpy as np
import pytest
import torch
from orthoai.errors import InputError
from orthoai_training.disc.ensemble import Member, ensemble_teacher, members_of
from orthoai_training.disc.segmentation.networks import build_segmenter
from orthoai_training.disc.segmentation.recipe import COMPACT
from orthoai_training.train import weighting
from orthoai_training.train.weighting import search_accuracy, search_dice, simplex_grid
from safetensors.torch import save_file


@pytest.mark.parametrize(("members", "steps"), [(1, 3), (2, 4), (3, 5), (4, 10)])
def test_the_grid_holds_every_weighting_once(members, steps):
    wanted = sorted(
        tuple(n / steps for n in parts) for parts in product(range(steps + 1), repeat=members) if sum(parts) == steps
    )
    assert sorted(map(tuple, simplex_grid(members, steps).tolist())) == wanted


@pytest.fixture
def votes():
    random = np.random.default_rng(3)
    truth = random.integers(0, 3, 200)
    shares = random.random((3, 200, 3)).astype(np.float32)
    shares[np.arange(3)[:, None], np.arange(200), truth] += np.array([[0.2], [0.4], [0.1]], np.float32)
    return shares / shares.sum(-1, keepdims=True), truth


def brute_force(shares, truth, score, steps):
    best = -1.0
    for parts in product(range(steps + 1), repeat=len(shares)):
        if sum(parts) == steps:
            average = sum(part / steps * share for part, share in zip(parts, shares, strict=True))
            best = max(best, score(average.argmax(-1), truth))
    return best


def plain_dice(found, truth):
    return np.mean(
        [2 * ((found == c) & (truth == c)).sum() / ((found == c).sum() + (truth == c).sum()) for c in (1, 2)]
    )


@pytest.mark.parametrize(
    ("search_weights", "score"),
    [(search_accuracy, lambda found, truth: (found == truth).mean()), (search_dice, plain_dice)],
)
def test_the_search_finds_what_brute_force_finds(votes, search_weights, score):
    shares, truth = votes
    found = search_weights(shares, truth, steps=8)
    assert found.score == pytest.approx(brute_force(shares, truth, score, 8))
    assert found.weights.sum() == pytest.approx(1)
    average = np.tensordot(found.weights, shares, axes=1)
    assert score(average.argmax(-1), truth) == pytest.approx(found.score)
    assert found.score >= found.member_scores.max()


def test_chunks_change_nothing(votes, monkeypatch):
    shares, truth = votes
    whole = search_dice(shares, truth)
    monkeypatch.setattr(weighting, "CHUNK_BYTES", 4 * shares[0].size * 5)
    again = search_dice(shares, truth)
    np.testing.assert_array_equal(whole.weights, again.weights)


def test_equal_members_share_evenly(votes):
    shares, truth = votes
    found = search_accuracy(np.stack([shares[0]] * 2), truth)
    assert found.weights.tolist() == [0.5, 0.5]


def test_of_many_members_the_worst_get_nothing(votes):
    shares, truth = votes
    wrong = 1 - shares[:1]
    found = search_accuracy(np.concatenate([np.repeat(shares[1:2], 7, axis=0), wrong, wrong]), truth, steps=4)
    assert found.weights[7:].tolist() == [0, 0]


def test_a_teacher_is_the_average_of_its_members(tmp_path):
    members, networks = [], []
    for seed, share in ((0, 3.0), (1, 1.0)):
        torch.manual_seed(seed)
        network = build_segmenter("compact").network.eval()
        folder = tmp_path / str(seed)
        folder.mkdir()
        save_file(network.state_dict(), folder / "weights.safetensors")
        (folder / "metrics.json").write_text(json.dumps({"recipe": asdict(COMPACT)}))
        members.append(Member(folder, share))
        networks.append(network)
    picture = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        wanted = 0.75 * networks[0](picture).softmax(1) + 0.25 * networks[1](picture).softmax(1)
    torch.testing.assert_close(ensemble_teacher(members, torch.device("cpu"))(picture), wanted)


def test_the_members_of_a_run_are_those_of_its_ensemble(tmp_path):
    (tmp_path / "ensemble.json").write_text(json.dumps({"members": ["a", "b"], "weights": [0.3, 0.7]}))
    assert members_of(tmp_path) == [Member(tmp_path / "a", 0.3), Member(tmp_path / "b", 0.7)]
    with pytest.raises(InputError, match="no ensemble"):
        members_of(tmp_path / "a")
    for text in ("[]", "null", '{"members": ["a"]}', '{"members": ["a"], "weights": []}'):
        (tmp_path / "ensemble.json").write_text(text)
        with pytest.raises(InputError, match="damaged"):
            members_of(tmp_path)


def test_a_teacher_without_weight_is_refused():
    with pytest.raises(InputError, match="no member"):
        ensemble_teacher([], torch.device("cpu"))
