"""The evaluation end to end: files, resume, comparison, and what it refuses."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from evaluate_fakes import GRID, ListedCases, Shifted, rods
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.femur.evaluation import run
from orthoai_training.femur.evaluation.csv_table import COLUMNS
from orthoai_training.femur.evaluation.records import Records
from orthoai_training.femur.evaluation.run import EvaluationRequest, evaluate_femur
from orthoai_training.femur.evaluation.tables import Evaluation


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Shifted]:
    """An exact model and one that is two voxels off; their weights are a few bytes on disk."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "detector.onnx").write_bytes(bytes(1_000_000))
    (folder / "segmenter.safetensors").write_bytes(bytes(2_000_000))
    return {name: Shifted(name, shift, folder=folder) for name, shift in (("exact", 0), ("off", 2))}


def evaluate(
    cases: ListedCases, models: dict[str, Shifted], out: Path, progress: Progress | None = None, **options: object
) -> Evaluation:
    request = EvaluationRequest(**{"out": out, "source": cases, "model": "exact", "device": "cpu", **options})  # type: ignore[arg-type]
    return evaluate_femur(request, progress, lambda name, *_: models[name])


@pytest.fixture
def cases() -> ListedCases:
    return ListedCases((rods(), rods((1,)), rods()))


def test_the_csv_has_a_line_per_subject_and_model(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out", compare=("off",))
    with (tmp_path / "out" / "subjects.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS
    assert [(line["subject"], line["model"]) for line in lines] == [
        (f"rod_{n}", model) for n in range(3) for model in ("exact", "off")
    ]
    assert [line["kind"] for line in lines[::2]] == ["simulated", "simulated from real shapes", "simulated"]
    assert float(lines[0]["dice"]) == 1 and float(lines[1]["dice"]) == pytest.approx(0.8)
    assert lines[2]["right_dice"] == "" and lines[2]["femora"] == "1"


def test_the_json_tells_everything_a_reader_needs(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out", compare=("off",), command="orthoai evaluate femur ...")
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert content["command"] == "orthoai evaluate femur ..."
    assert content["cases"] == {"source": "rods", "count": 3}
    assert content["kinds"] == {"simulated": 2, "simulated from real shapes": 1}
    off = content["models"]["off"]
    assert off["facts"]["sha256"]["segmenter"] == "0" * 64
    assert off["facts"]["size_mb"] == {"detector": 1.0, "segmenter": 2.0}
    groups = off["groups"]
    assert groups["all"]["metrics"]["dice"]["mean"] == pytest.approx(0.8)
    assert groups["all"]["ap30"] == 1 and groups["all"]["map"] == pytest.approx(4 / 10)  # IoU 0.667.
    assert groups["simulated"]["present"] == 4 and groups["simulated from real shapes"]["present"] == 1
    assert groups["all"]["metrics"]["inference_s"]["mean"] == 3


def test_the_tables_show_every_subject_the_kinds_and_the_papers_figures(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out", compare=("off",), command="the command")
    text = (tmp_path / "out" / "tables.md").read_text()
    for words in ("2 simulated, 1 simulated from real shapes", "3 rods", "`the command`", "No patient data", "0.9671"):
        assert words in text
    assert text.count("| rod_1 |") == 4  # Boxes and masks of two models.
    assert (
        "| off | 3.0 | 2.0 | 32 x 32 x 32 | 7 | 14 | 0.50 | - | 3.0 [3.0, 3.0] | 6.0 [6.0, 6.0] | 1.5 [1.5, 1.5] |"
        in text
    )
    tables = [block for block in text.split("\n\n") if block.startswith("| ")]
    assert all(len({line.count("|") for line in block.splitlines()}) == 1 for block in tables)


def test_what_a_card_or_an_older_record_does_not_tell_is_left_open(cases, models, tmp_path):
    models["exact"].metrics = {}
    evaluate(cases, models, tmp_path / "out", limit=1)
    record = tmp_path / "out" / "cases" / "rod_0.json"
    content = json.loads(record.read_text())
    for name in ("cpu_s", "segmented_l"):
        del content["scores"]["exact"][name]
    record.write_text(json.dumps(content))
    evaluate(cases, models, tmp_path / "out", limit=1)
    assert models["exact"].calls == 1
    text = (tmp_path / "out" / "tables.md").read_text()
    assert "| exact | 3.0 | 2.0 | 32 x 32 x 32 | - | - | - | - | 3.0 | - | - | 1.0000 |" in text


def test_the_figure_is_a_picture(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out")
    assert (tmp_path / "out" / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_measured_is_not_measured_again(cases, models, tmp_path):
    first = evaluate(cases, models, tmp_path / "out", limit=2)
    assert cases.loaded == ["rod_0", "rod_1"] and first.split == "2 rods"
    second = evaluate(cases, models, tmp_path / "out")
    assert cases.loaded == ["rod_0", "rod_1", "rod_2"]
    assert models["exact"].calls == 3
    assert second.records[:2] == first.records


def test_a_model_can_be_added_later(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out")
    evaluate(cases, models, tmp_path / "out", compare=("off",))
    assert (models["exact"].calls, models["off"].calls) == (3, 3)


def test_other_weights_are_measured_again(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out")
    models["exact"] = replace(models["exact"], shift=1, digest="1" * 64, calls=0)
    again = evaluate(cases, models, tmp_path / "out")
    assert models["exact"].calls == 3
    assert again.groups["exact"]["all"].metrics["dice"].mean == pytest.approx(0.9)


def test_models_of_one_name_have_figures_of_their_own(cases, models, tmp_path):
    models["./copy"] = replace(models["exact"], shift=2, digest="1" * 64)
    made = [evaluate(cases, models, tmp_path / "out", compare=("./copy",)) for _ in range(2)]
    for one in made:
        exact, copy = one.models
        assert exact == "exact" and copy.startswith("exact (")
        assert one.groups[exact]["all"].metrics["dice"].mean == 1
        assert one.groups[copy]["all"].metrics["dice"].mean == pytest.approx(0.8)
        assert one.facts[copy]["sha256"]["segmenter"] == "1" * 64
    assert (models["exact"].calls, models["./copy"].calls) == (3, 3)


def test_a_model_given_by_name_and_folder_counts_once(cases, models, tmp_path):
    models["./exact"] = replace(models["exact"])
    assert evaluate(cases, models, tmp_path / "out", compare=("./exact",)).models == ["exact"]


def test_a_canceled_evaluation_goes_on_where_it_was(cases, models, tmp_path):
    stop_after = iter([False] * 5 + [True])

    with pytest.raises(Canceled):
        evaluate(cases, models, tmp_path / "out", Progress(is_canceled=lambda: next(stop_after, True)))
    before = models["exact"].calls
    assert before < 3 and not (tmp_path / "out" / "tables.md").exists()
    evaluate(cases, models, tmp_path / "out")
    assert len(list((tmp_path / "out" / "cases").iterdir())) == 3
    assert cases.loaded.count("rod_0") == 1


def test_a_damaged_record_is_measured_again(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out")
    (tmp_path / "out" / "cases" / "rod_1.json").write_text('{"subject": "rod_1"')
    evaluate(cases, models, tmp_path / "out")
    assert cases.loaded[3:] == ["rod_1"]


def test_a_folder_of_other_cases_or_other_files_is_refused(cases, models, tmp_path):
    evaluate(cases, models, tmp_path / "out")
    with pytest.raises(InputError, match="other cases"):
        evaluate(ListedCases((rods(),)), models, tmp_path / "out")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        evaluate(cases, models, tmp_path / "foreign")


def test_a_file_in_the_way_is_told_in_one_sentence(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="choose another place"):
        Records.claimed(tmp_path / "out", {})


def test_at_least_one_case_is_measured(cases):
    with pytest.raises(InputError, match="--limit"):
        EvaluationRequest(Path("out"), cases, limit=0)


def test_no_femur_at_all_still_makes_tables(models, tmp_path):
    empty = np.zeros(GRID.shape, np.uint8)
    made = evaluate(ListedCases((empty,)), models, tmp_path / "out")
    assert made.groups["exact"]["all"].map is None
    assert "nan" in run.summary_line(made)
    json.loads((tmp_path / "out" / "evaluation.json").read_text(), parse_constant=lambda word: pytest.fail(word))
