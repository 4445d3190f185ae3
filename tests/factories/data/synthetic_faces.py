"""Synthetic faces under test: one plain view, and CK+48 as it would be drawn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from data_pipeline.config.dataset_identity import MARKER
from data_pipeline.synthetic.face.muscles import Muscles
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.population.subjects import sample_subject
from data_pipeline.synthetic.render.camera import expose, render_frame
from data_pipeline.synthetic.render.views import View, sample_view

SEED = 1


def plain_view(subject: str) -> View:
    """A frontal view without noise: pixels differ only where the face does."""
    return replace(
        sample_view(SEED, subject, 1),
        size=(640, 490),
        rgb=False,
        shift=(0.0, 0.0),
        yaw=0.0,
        pitch=0.0,
        roll=0.0,
        noise=0.0,
        blur=0.3,
        light=(0.3, -0.45, 0.9),
        gain=1.0,
    )


def portrait(subject: str, shown: dict[int, float]) -> np.ndarray:
    """One drawn face as float grey levels, shape (490, 640)."""
    image = expose(
        replace(sample_subject(SEED, subject), glasses="none", hair_style="tied"),
        Muscles(shown),
        plain_view(subject),
        np.random.default_rng(0),
        "",
    )
    return np.asarray(image, dtype=np.float64)


def change(subject: str, shown: dict[int, float]) -> np.ndarray:
    """Where and how much a face differs from its neutral self."""
    return np.abs(portrait(subject, shown) - portrait(subject, {}))


def write_synthetic_ck48(root: Path, *, subjects: int = 12) -> Path:
    """Writes the last three frames of sequences with an emotion, as in CK+48."""
    for row in plan(subjects, SEED):
        if not row.named or row.emotion is None:
            continue
        folder = root / "CK+48" / row.emotion.replace("happiness", "happy")
        folder.mkdir(parents=True, exist_ok=True)
        for frame in range(row.peak - 2, row.peak + 1):
            image = render_frame(row, frame, SEED).convert("L")
            face = ImageOps.fit(image, (48, 48), Image.Resampling.BILINEAR)
            face.save(folder / f"{row.frame(frame)}.png")
    (root / MARKER).write_text("Synthetic faces: no real person is shown.\n")
    return root
