"""A recipe in ultralytics' words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orthoai_training.detector.recipe import SegmentationRecipe, YoloRecipe
from orthoai_training.learning.precision import choose_precision


def settings_of(recipe: YoloRecipe, data: Path, out: Path, device: str, seed: int) -> dict[str, Any]:
    """Overrides for a trainer on the data set file ``data``; its files go to ``out``/yolo."""
    place = choose_precision(device).device
    on_gpu = place.type != "cpu"
    settings: dict[str, Any] = {
        "model": f"{recipe.architecture}.yaml",
        "pretrained": False,
        "data": str(data),
        "project": str(out),
        "name": "yolo",
        "exist_ok": True,
        "device": str(place.index or 0) if on_gpu else "cpu",
        "seed": seed,
        # amp=True downloads a model to check itself with; see mixed_precision.py for what is used in its place.
        "amp": False,
        "workers": recipe.workers if on_gpu else 0,
        "imgsz": recipe.image_size,
        "epochs": recipe.epochs,
        "batch": recipe.batch,
        "nbs": recipe.nominal_batch,
        "patience": recipe.patience,
        "optimizer": recipe.optimizer,
        "lr0": recipe.learning_rate,
        "lrf": recipe.final_fraction,
        "cos_lr": True,
        "momentum": recipe.momentum,
        "weight_decay": recipe.weight_decay,
        "warmup_epochs": recipe.warmup_epochs,
        # The default lifts the biases at 0.1, right for SGD and far too much for AdamW.
        "warmup_bias_lr": 0.1 if recipe.optimizer == "SGD" else 0.0,
        "degrees": recipe.degrees,
        "translate": recipe.translate,
        "scale": recipe.scale,
        "fliplr": 0.0,
        "flipud": 0.0,
        "mosaic": 0.0,
        "close_mosaic": 0,
        "hsv_h": 0.0,
        "hsv_s": 0.0,
        "hsv_v": 0.0,
        # Or ultralytics adds its own blur and contrast changes wherever albumentations happens to be installed.
        "augmentations": [],
        "plots": False,
        "verbose": False,
    }
    if isinstance(recipe, SegmentationRecipe):
        settings |= {
            "fliplr": recipe.flip,
            "mosaic": recipe.mosaic,
            "close_mosaic": round(recipe.epochs * recipe.mosaic_off),
            "hsv_v": recipe.brightness,
            "mask_ratio": recipe.mask_ratio,
        }
    return settings
