"""The disc task's commands."""

from __future__ import annotations

from orthoai_training.bench.command import task_bench
from orthoai_training.disc import networks_command as networks
from orthoai_training.disc.synth_mr.command import DISC as SYNTH
from orthoai_training.tasks import TaskCommand, TaskCommands

COMMANDS = TaskCommands(
    task="disc",
    verbs={
        "synth": SYNTH,
        "train": TaskCommand(
            "Train detectors from the SPIDER sets, segmenters or classifiers from these and reviewed cases.",
            networks.add_training_arguments,
            networks.train,
            "what is done is kept, and --resume goes on with detectors and segmenters.",
        ),
        "evaluate": TaskCommand(
            "Measure a model's detectors, segmenter and classifier on held-out patients.",
            networks.add_measure_arguments,
            networks.measure,
        ),
        "bench": task_bench("disc"),
    },
    # A series as hospitals take it.
    sample=("--pixel", "0.8", "--slice", "4", "--slices", "15"),
    sample_seed=5,
)
