"""Drawn faces under test: one plain view, so that only the face itself moves."""

from dataclasses import replace

import numpy as np

from data_pipeline.drawn.camera import expose
from data_pipeline.drawn.muscles import Muscles
from data_pipeline.drawn.subjects import draw_subject
from data_pipeline.drawn.views import View, draw_view

SEED = 1


def plain_view(subject: str) -> View:
    """A frontal view without noise: pixels differ only where the face does."""
    return replace(
        draw_view(SEED, subject, 1),
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
        replace(draw_subject(SEED, subject), glasses="none", hair_style="tied"),
        Muscles(shown),
        plain_view(subject),
        np.random.default_rng(0),
        "",
    )
    return np.asarray(image, dtype=np.float64)


def change(subject: str, shown: dict[int, float]) -> np.ndarray:
    """Where and how much a face differs from its neutral self."""
    return np.abs(portrait(subject, shown) - portrait(subject, {}))
