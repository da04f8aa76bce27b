"""Exports are read by the tools that they are made for, keep subjects apart, and appear whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from orthoai.dataset import Dataset, exporters, formats, save_case
from orthoai.dataset.exporters import Exporter, all_exporters, get_exporter
from orthoai.dataset.exporters.folder import is_validation
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.femur.detector.dataset import read_yolo_dataset

NAMES = ["monai", "yolo-detect", "yolo-segment"]

READ_WITH_ULTRALYTICS = """
import json, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise OSError("no network in this test")
sys.addaudithook(watch)

import ultralytics.data.utils as utils
from ultralytics.data.dataset import YOLODataset

utils.check_font = lambda font: None  # it would download one
data = utils.check_det_dataset(sys.argv[1], autodownload=False)
found = {}
for side in ("train", "val"):
    pictures = YOLODataset(img_path=data[side], data=data, task=sys.argv[2], imgsz=64, augment=False)
    found[side] = [[len(label["cls"]), len(label["segments"])] for label in pictures.labels]
print(json.dumps({"names": data["names"], "found": found}))
"""


@pytest.fixture
def dataset(rods: Callable, tmp_path: Path) -> Dataset:
    """Seven femur cases of six subjects, and one of another task."""
    for seed in range(7):
        save_case(tmp_path / "data", *rods(seed, study=f"1.{min(seed, 5)}"))
    save_case(tmp_path / "data", *rods(9, study="2.1", task="ovf"))
    return Dataset(tmp_path / "data")


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_registry_knows_our_formats_and_names_them_to_whoever_asks_for_another() -> None:
    assert [exporter.name for exporter in all_exporters()] == NAMES
    assert all(exporter.title and exporter.summary.endswith(".") for exporter in all_exporters())
    assert get_exporter("monai").name == "monai"
    with pytest.raises(InputError, match="choose one of monai, yolo-detect, yolo-segment"):
        get_exporter("coco")


EXTRA = Exporter("extra", "Extra", "Ours.", lambda dataset, output, progress: output)

OVER = replace(EXTRA, name="monai")


def test_other_packages_add_formats_but_neither_break_nor_replace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        EntryPoint(name, value, exporters.GROUP)
        for name, value in (
            ("extra", f"{__name__}:EXTRA"),
            ("monai", f"{__name__}:OVER"),
            ("broken", "no_such_module:X"),
            ("wrong", "json:dumps"),
        )
    ]
    monkeypatch.setattr(formats, "entry_points", lambda group: entries if group == exporters.GROUP else [])
    assert [exporter.name for exporter in all_exporters()] == [*NAMES, "extra"]
    assert get_exporter("extra").title == "Extra"
    assert get_exporter("monai") is not OVER


@pytest.mark.parametrize("name", NAMES)
def test_an_export_appears_whole_and_replaces_the_one_before(dataset: Dataset, tmp_path: Path, name: str) -> None:
    reports: list[tuple[str, float]] = []
    progress = Progress(lambda stage, fraction, message: reports.append((stage, fraction)))
    exporter = get_exporter(name)
    made = exporter.export(dataset, tmp_path / "out", progress)
    assert made == tmp_path / "out" / name
    assert sorted(path.name for path in made.iterdir()) == ["export.json", "femur", "ovf"]
    fractions = [fraction for _, fraction in reports]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    content = json.loads((made / "export.json").read_text())
    assert content["cases"] == {case.name: 1 for case in dataset.cases()}
    first = tree(made)
    (made / "femur" / "old.txt").write_text("left over")
    exporter.export(dataset, tmp_path / "out", Progress())
    assert tree(made) == first
    (made / "notes.txt").write_text("of a person")
    with pytest.raises(InputError, match=r"holds notes\.txt"):
        exporter.export(dataset, tmp_path / "out", Progress())


@pytest.mark.parametrize("name", NAMES)
def test_a_canceled_export_leaves_nothing(dataset: Dataset, tmp_path: Path, name: str) -> None:
    with pytest.raises(Canceled):
        get_exporter(name).export(dataset, tmp_path / "out", Progress(is_canceled=lambda: True))
    assert not (tmp_path / "out").exists()


def test_nothing_to_export_and_a_folder_in_the_way_are_told(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no approved case"):
        get_exporter("monai").export(Dataset(tmp_path / "none"), tmp_path / "out", Progress())
    (tmp_path / "out" / "monai").mkdir(parents=True)
    (tmp_path / "out" / "monai" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        get_exporter("monai").export(dataset, tmp_path / "out", Progress())
    assert (tmp_path / "out" / "monai" / "thesis.txt").read_text() == "mine"


def test_cases_that_name_a_value_differently_are_not_mixed(dataset: Dataset, tmp_path: Path) -> None:
    file = dataset.cases("femur")[0].path / "case.json"
    file.write_text(file.read_text().replace("femur_left", "left_femur"))
    with pytest.raises(InputError, match="call"):
        get_exporter("yolo-detect").export(dataset, tmp_path / "out", Progress())


@pytest.mark.parametrize("name", ["../../../escaped", "{tmp}/escaped", "..", "", "a/b", "a\\b", "a" * 300])
def test_a_case_cannot_lead_an_export_out_of_its_folder(rods: Callable, tmp_path: Path, name: str) -> None:
    file = save_case(tmp_path / "data", *rods()) / "case.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "task": name.format(tmp=tmp_path)}))
    with pytest.raises(InputError, match="plain name"):
        get_exporter("monai").export(Dataset(tmp_path / "data"), tmp_path / "out" / "of" / "it", Progress())
    assert [entry.name for entry in tmp_path.iterdir()] == ["data"]


# The split


def test_a_subject_is_on_one_side_and_stays_there_while_the_data_set_grows(rods: Callable, tmp_path: Path) -> None:
    def split() -> dict[str, bool]:
        return is_validation(Dataset(tmp_path).cases())

    for seed in range(12):
        save_case(tmp_path, *rods(seed, study=f"1.{seed // 2}"))
    early = split()
    assert any(early.values()) and not all(early.values())
    groups = {case.name: case.lineage.group for case in Dataset(tmp_path).cases()}
    assert len({(groups[name], held) for name, held in early.items()}) == len(set(groups.values())) == 6
    for seed in range(12, 40):
        save_case(tmp_path, *rods(seed, study=f"1.{seed // 2}"))
    late = split()
    assert {name: late[name] for name in early} == early
    assert 0.05 < np.mean(list(late.values())) < 0.5


@pytest.mark.parametrize(("subjects", "held_out"), [(1, 0), (2, 1)])
def test_few_subjects_always_leave_one_to_train_on(
    rods: Callable, tmp_path: Path, subjects: int, held_out: int
) -> None:
    for first in (0, 10, 20, 30):
        folder = tmp_path / str(first)
        for seed in range(first, first + subjects):
            save_case(folder, *rods(seed))
        assert sum(is_validation(Dataset(folder).cases()).values()) == held_out


# MONAI


def test_monai_loads_the_datalist(dataset: Dataset, tmp_path: Path) -> None:
    decathlon = pytest.importorskip("monai.data.decathlon_datalist")
    made = get_exporter("monai").export(dataset, tmp_path / "out", Progress())
    file = made / "femur" / "datalist.json"
    sides = {key: decathlon.load_decathlon_datalist(str(file), True, key) for key in ("training", "validation")}
    cases = {case.name: case for case in dataset.cases("femur")}
    assert sorted(entry["case"] for side in sides.values() for entry in side) == sorted(cases)
    assert not {entry["group"] for entry in sides["training"]} & {entry["group"] for entry in sides["validation"]}
    for entry in (entry for side in sides.values() for entry in side):
        assert Path(entry["image"]).samefile(cases[entry["case"]].path / "image.nii.gz")
        assert Path(entry["label"]).samefile(cases[entry["case"]].path / "labels.nii.gz")
    content = json.loads(file.read_text())
    assert content["labels"] == {"0": "background", "1": "femur_left", "2": "femur_right"}
    assert content["numTraining"] == len(content["training"])
    # Nothing in it names this machine.
    assert str(tmp_path) not in file.read_text()


# YOLO


@pytest.mark.skipif(find_spec("ultralytics") is None, reason="ultralytics is not installed")
@pytest.mark.parametrize(("name", "task"), [("yolo-detect", "detect"), ("yolo-segment", "segment")])
def test_ultralytics_reads_the_pictures_also_after_a_move(
    dataset: Dataset, tmp_path: Path, name: str, task: str
) -> None:
    made = get_exporter(name).export(dataset, tmp_path / "out", Progress())
    (tmp_path / "moved").mkdir()
    folder = made.rename(tmp_path / "moved" / name) / "femur"
    environment = {**os.environ, "YOLO_CONFIG_DIR": str(tmp_path / "config"), "YOLO_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", READ_WITH_ULTRALYTICS, str(folder / "data.yaml"), task],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout.splitlines()[-1])
    assert read["names"] == {"0": "femur_left", "1": "femur_right"}
    validates = sum(is_validation(dataset.cases("femur")).values())
    assert {side: len(found) for side, found in read["found"].items()} == {
        "train": 2 * (7 - validates),
        "val": 2 * validates,
    }
    per_picture = [2, 2] if task == "segment" else [2, 0]
    assert all(counts == per_picture for found in read["found"].values() for counts in found)


def test_our_own_detector_training_reads_the_detection_pictures(dataset: Dataset, tmp_path: Path) -> None:
    made = get_exporter("yolo-detect").export(dataset, tmp_path / "out", Progress())
    pictures = read_yolo_dataset(made / "femur")
    assert len(pictures.train) + len(pictures.validation) == 14


def test_boxes_are_tight_around_outlines_and_all_numbers_are_fractions(dataset: Dataset, tmp_path: Path) -> None:
    boxes, outlines = (get_exporter(name).export(dataset, tmp_path, Progress()) for name in NAMES[1:])
    files = sorted(path.relative_to(boxes) for path in boxes.rglob("*.txt"))
    assert files == sorted(path.relative_to(outlines) for path in outlines.rglob("*.txt")) != []
    for file in files:
        lines = zip((boxes / file).read_text().splitlines(), (outlines / file).read_text().splitlines(), strict=True)
        for box, outline in lines:
            kind, *numbers = map(float, box.split())
            other, *corners = map(float, outline.split())
            assert kind == other and 0 <= min(numbers) <= max(numbers) <= 1
            points = np.array(corners).reshape(-1, 2)
            low, high = points.min(axis=0), points.max(axis=0)
            assert np.allclose(numbers, [*(low + high) / 2, *(high - low)], atol=2e-6)


def test_one_subject_validates_on_its_own_pictures(rods: Callable, tmp_path: Path) -> None:
    save_case(tmp_path / "data", *rods())
    made = get_exporter("yolo-detect").export(Dataset(tmp_path / "data"), tmp_path, Progress())
    pictures = read_yolo_dataset(made / "femur")
    assert pictures.train == pictures.validation != ()
