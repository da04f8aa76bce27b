"""``orthoai train ovf`` and ``evaluate ovf`` from the shell's side, and the model folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree, rmtree
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from orthoai.cli.exits import BAD_INPUT
from orthoai.cli.main import main
from orthoai.errors import Canceled, InputError
from orthoai.models.card import read_card
from orthoai.models.learned import UNKNOWN, LearnedFrom
from orthoai.models.store import Model, ModelStore
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.engines import load_engines
from orthoai_training.half_onnx import HALF, stored_weights
from orthoai_training.learned import noted
from orthoai_training.ovf import train
from orthoai_training.ovf.cases import case_folders, dealt, training_folders
from orthoai_training.ovf.detector import OvfRun, TrainedOvf, make_pictures
from orthoai_training.ovf.evaluation.source import Source
from orthoai_training.ovf.model_folder import page_of, with_settings, write_ovf_model
from orthoai_training.ovf.recipe import COMPACT
from orthoai_training.ovf.request import TrainRequest
from orthoai_training.ovf.train import train_ovf
from orthoai_training.spine_ct.case import write_case
from orthoai_training.train.blend import SHARE
from orthoai_training.train.calibration import FittedCalibration
from orthoai_training.train.credits import first_credits
from ovf_blocks import blocks_case
from reviewed_meta import mark_reviewed


@pytest.mark.parametrize(
    "words",
    [
        ["train", "ovf", "--simulate", "0"],
        ["train", "ovf", "--simulate", "2", "--minutes", "0"],
        ["train", "ovf", "--simulate", "2", "--epochs", "0"],
        ["train", "ovf", "--data", "nowhere"],
        ["train", "ovf", "--simulate", "2", "--seed", "899000"],
        ["train", "ovf", "--simulate", "2", "--seed", "400000"],
        ["evaluate", "ovf", "--simulate", "2", "--seed", "99999"],
        ["evaluate", "ovf", "--simulate", "2", "--slices", "0"],
        ["evaluate", "ovf", "--data", "nowhere", "--texture", "there"],
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "-o", str(tmp_path / "out"), "--quiet"]) == BAD_INPUT
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_cases_are_found_by_their_files_and_dealt_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c", ".0f3a.partial-d"):
        write_case(blocks_case(), tmp_path / "cases" / name)
    (tmp_path / "cases" / "empty").mkdir()
    folders = case_folders(tmp_path / "cases")
    assert [path.name for path in folders] == ["a", "b", "c"]
    # All three are of one seed, so one patient: nothing can be held out of it.
    train, validation = dealt(tmp_path, folders, 0)
    assert (len(train), len(validation)) in ((3, 0), (0, 3))


@pytest.mark.parametrize("place", ["", "cases"])
def test_reviewed_cases_are_told_where_they_train(tmp_path: Path, place: str) -> None:
    case = tmp_path / place / "ovf-3f0c9a1be2d47756"
    case.mkdir(parents=True)
    (case / "case.json").write_text('{"task": "ovf", "verdict": "approved"}')
    with pytest.raises(InputError, match=r"holds reviewed cases, .*: train orthoai train fracture with them"):
        training_folders(tmp_path)


def test_seeds_of_training_and_test_never_meet() -> None:
    names = [name for name, _ in Source(simulate=2, seed=3).cases()]
    # The published figures are of these.
    assert names == ["seed_900003", "seed_900004"]
    with pytest.raises(InputError):
        list(Source().cases())


def test_cases_with_a_tests_seed_may_validate_but_not_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, seed in (("sound", 899_999), ("tests", 900_000)):
        write_case(replace(blocks_case(), seed=seed), tmp_path / folder / "spine_0000")
    with pytest.raises(InputError, match="are for tests"):
        train_ovf(TrainRequest(tmp_path / "out", data=tmp_path / "tests", start=None))
    monkeypatch.setattr(train, "train_network", lambda run, progress: (_ for _ in ()).throw(Canceled))
    with pytest.raises(Canceled):
        train_ovf(TrainRequest(tmp_path / "out", data=tmp_path / "sound", validation=tmp_path / "tests", start=None))


def test_a_former_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(InputError, match="--resume"):
        make_pictures(OvfRun(tmp_path, COMPACT))
    assert make_pictures(OvfRun(tmp_path, COMPACT, resume=True)) == tmp_path / "pictures"


def test_a_run_goes_on_with_its_own_cases_split_seed_and_recipe_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[OvfRun] = []

    def stopped(run: OvfRun, progress: object) -> TrainedOvf:
        runs.append(run)
        (run.out / "pictures").mkdir(exist_ok=True)
        raise Canceled

    monkeypatch.setattr(train, "train_network", stopped)
    for number, name in enumerate("abcd"):
        write_case(replace(blocks_case(), seed=number), tmp_path / "cases" / name)
    first = TrainRequest(tmp_path / "out", data=tmp_path / "cases", start=None)
    again = replace(first, resume=True)
    with pytest.raises(Canceled):
        train_ovf(first)
    others = copytree(first.data, tmp_path / "others")
    with pytest.raises(InputError, match="former run"):
        train_ovf(replace(first, data=others))
    for changes in ({"data": others}, {"validation": others}, {"seed": 1}, {"recipe": "paper"}):
        with pytest.raises(InputError, match="begun with other --data"):
            train_ovf(replace(again, **changes))
    copytree(others / "a", first.data / "e")
    with pytest.raises(InputError, match=r"has grown since .* \(e is new\)"):
        train_ovf(again)
    rmtree(first.data / "e")
    # What a case is grouped by may change; where it was dealt to may not.
    for name in "abcd":
        (first.data / name / "case.json").write_text((others / "a" / "case.json").read_text())
    with pytest.raises(Canceled):
        train_ovf(again)
    assert (runs[0].train, runs[0].validation) == (runs[-1].train, runs[-1].validation)
    rmtree(runs[0].validation[0])
    with pytest.raises(InputError, match="is missing"):
        train_ovf(again)


def test_a_run_notes_which_reviewed_cases_its_detector_learns_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(run: OvfRun, progress: object) -> TrainedOvf:
        (run.out / "pictures").mkdir(exist_ok=True)
        raise Canceled

    monkeypatch.setattr(train, "train_network", stopped)
    folders = [tmp_path / "cases" / name for name in "abc"]
    for folder in folders:
        folder.mkdir(parents=True)
    names = {}
    for revision in (1, 2):
        for number, folder in enumerate(folders):
            names[folder.name] = mark_reviewed(folder, number, revision, "ovf", ("vertebrae.nii.gz",))
        with pytest.raises(Canceled):
            # The layers of the shipped detector of discs learned from no reviewed case.
            train_ovf(TrainRequest(tmp_path / "out", data=tmp_path / "cases", resume=revision == 2))
    split = json.loads((tmp_path / "out" / "split.json").read_text())
    sides = [{names[name]: (1, 2) for name in split[side]} for side in ("train", "validation")]
    assert all(sides) and noted(tmp_path / "out", "detector") == LearnedFrom(*sides)


def test_credits_of_first_weights_are_told_once_however_often_training_went_on() -> None:
    inherited = ["A", "First weights: B", "First weights: First weights of the detectors: C", "First weights: C"]
    assert first_credits(inherited, ["A"]) == ["First weights: B", "First weights: C"]


def test_the_number_of_epochs_may_be_chosen() -> None:
    assert TrainRequest(Path(), epochs=3).chosen.yolo.epochs == 3
    assert TrainRequest(Path()).chosen == COMPACT


def test_the_model_folder_says_what_the_task_needs(tmp_path: Path) -> None:
    file = tmp_path / "detector.onnx"
    file.write_bytes(b"network")
    run = OvfRun(tmp_path, COMPACT, train=(Path("a"), Path("b")), validation=(Path("c"),))
    folder = write_ovf_model(TrainedOvf(file, {"metrics/mAP50(M)": 0.5}, 12.0), run, tmp_path / "model", "compact")
    card = read_card(folder)
    assert card.labels == {1: "crush", 2: "wedge", 3: "biconcave"}
    settings = card.networks["detector"].settings
    assert settings["labels"] == ["crush", "wedge", "biconcave", "normal"] and settings["image_size"] == 384
    assert card.training["data"]["train_cases"] == 2 and "AGPL" in card.license
    with_settings(folder, {"confidence": 0.4, "calibration": {"a": 0.8, "b": 0.1}}, {"validation": {"x": 1.0}})
    changed = read_card(folder)
    assert changed.networks["detector"].settings["confidence"] == 0.4
    assert changed.metrics["validation"] == {"x": 1.0} and changed.metrics["detector"]["training_s"] == 12.0
    assert "compact" in (folder / "README.md").read_text()
    json.dumps(changed.to_json())


@pytest.mark.parametrize(
    ("train", "validation", "kind", "figures"),
    [
        ("ss", "s", "simulated spine CT", "On simulated validation cases"),
        ("sr", "s", "simulated spine CT and 1 reviewed case", "On validation cases"),
        ("rr", "r", "2 reviewed cases", "On validation cases"),
        ("ss", "r", "simulated spine CT", "On validation cases"),
        ("", "", "own pictures", "On validation cases"),
    ],
)
def test_the_page_says_on_what_the_network_was_trained(
    tmp_path: Path, train: str, validation: str, kind: str, figures: str
) -> None:
    reviewed = {"task": "ovf", "verdict": "approved", "files": {"vertebrae.nii.gz": ""}}

    def case(name: str, letter: str) -> Path:
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.json").write_text(json.dumps(reviewed if letter == "r" else {}))
        return tmp_path / name

    cases = [
        [case(f"{use}{n}", letter) for n, letter in enumerate(word)] for use, word in (("t", train), ("v", validation))
    ]
    (tmp_path / "detector.onnx").write_bytes(b"network")
    run = OvfRun(tmp_path, COMPACT, *cases, pictures=None if train else tmp_path)
    trained = TrainedOvf(tmp_path / "detector.onnx", {}, 12.0)
    folder = write_ovf_model(trained, run, tmp_path / "model", "compact")
    for _ in range(2):
        page = (folder / "README.md").read_text()
        assert f"Trained on {kind}: " in page and f"{figures}, never on test cases" in page
        assert ("works on simulations" in page) == ("simulated" in figures)
        with_settings(folder, {"confidence": 0.4}, {})


def test_the_page_says_on_what_the_models_before_were_trained(tmp_path: Path) -> None:
    (tmp_path / "detector.onnx").write_bytes(b"network")
    trained = TrainedOvf(tmp_path / "detector.onnx", {}, 12.0)
    start = ModelStore.default().get("vertebral_fractures")
    for name, pictures in (("first", tmp_path), ("second", None)):
        run = OvfRun(tmp_path, COMPACT, pictures=pictures)
        folder = write_ovf_model(trained, run, tmp_path / name / "model", "compact", start)
        start = Model(name, folder, read_card(folder))
    page = (folder / "README.md").read_text()
    before = ", on from a model trained on "
    assert f"Trained on simulated spine CT{before}own pictures: figures say how well the method works on cases" in page
    assert "On simulated validation cases" in page
    of_pictures = (tmp_path / "first" / "model" / "README.md").read_text()
    assert f"Trained on own pictures{before}simulated spine CT: figures" in of_pictures


def test_the_page_of_an_older_card_counts_reviewed_cases_too() -> None:
    card = ModelStore.default().get("vertebral_fractures").metadata
    data = {"kind": "simulated spine CT and 3 reviewed cases", "train_cases": 9}
    page = page_of(replace(card, training={**card.training, "data": data}))
    assert "3 reviewed cases: figures say how well the method works on cases like these" in page.limits


def test_a_blended_detector_lies_between_the_weights_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ModelStore.default().get("vertebral_fractures").weights("detector")

    def doubled(run: OvfRun, progress: object) -> TrainedOvf:
        network = onnx.load(before)
        for tensor in network.graph.initializer:
            if tensor.name.endswith(HALF):
                tensor.CopyFrom(onnx.numpy_helper.from_array(2 * onnx.numpy_helper.to_array(tensor), tensor.name))
        onnx.save(network, run.out / "trained.onnx")
        return TrainedOvf(run.out / "trained.onnx", {}, 1.0)

    found = SimpleNamespace(confidence=0.3, calibration=FittedCalibration(), figures={})
    monkeypatch.setattr(train, "train_network", doubled)
    monkeypatch.setattr(train, "validate", lambda *told: found)
    monkeypatch.setattr(train, "fit_to_cases", lambda folder, *told: folder)
    request = TrainRequest(tmp_path, pictures=tmp_path, start="vertebral_fractures", blend=0.25)

    def stopped(folder: Path, *told: object) -> Path:
        """While the card is fitted, which takes minutes."""
        assert load_engines(RunOptions(model=str(folder))).outlines is not None
        raise Canceled

    # A model that is not fitted yet would pass for one that is done.
    with monkeypatch.context() as patch:
        patch.setattr(train, "fit_to_cases", stopped)
        with pytest.raises(Canceled):
            train_ovf(request)
    assert not (tmp_path / "model").exists()
    folder = train_ovf(request)
    own, old = stored_weights(folder / "detector.onnx"), stored_weights(before)
    assert own.keys() == old.keys()
    changed = [name for name in own if not np.array_equal(own[name], old[name])]
    assert len(changed) > 50
    assert all(np.allclose(own[name], 1.25 * old[name], rtol=2e-3, atol=1e-6) for name in changed)
    assert read_card(folder).metrics["detector"][SHARE] == 0.25
    # Nothing tells whom own pictures show; the outlines that are taken over are those of the shipped model.
    networks = read_card(folder).networks
    assert networks["detector"].learned_from == UNKNOWN and networks["outline"].learned_from == LearnedFrom()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--blend", "0.5"], "other layers"),
        (["--blend", "0.5", "--start", "random"], "nothing to blend with"),
        (["--blend", "0", "--start", "vertebral_fractures"], "above 0"),
        (["--blend", "0.5", "--only", "outline"], "Only the detector"),
        (["--blend", "0.5", "--only", "mask-rcnn", "--start", "vertebral_fractures"], "Only the detector"),
    ],
)
def test_what_cannot_be_blended_is_told_before_the_work(
    tmp_path: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "ovf", "--simulate", "2", *words, "-o", str(tmp_path / "out")]) == BAD_INPUT
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
