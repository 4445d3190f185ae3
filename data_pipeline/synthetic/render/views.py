"""The view of a sequence: pose of the head, light, camera, size of the frame."""

from dataclasses import dataclass

import numpy as np

from data_pipeline.system.seeds import child_seed

# Source: CK+'s frames are 640x490, 640x480 and 720x480, mostly grey, a few RGB.
_SIZES = ((640, 490), (640, 480), (720, 480))
_SIZE_CHANCES = (0.82, 0.12, 0.06)
_RGB_CHANCE = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One camera set-up; angles are in radians, shifts in frame heights.

    Attributes:
        face: height from chin to crown as a share of the frame's height.
        light: direction towards the lamp (x right, y down, z to the viewer).
        ambient: share of the light that has no direction, 0..1.
        gain: exposure; 1 is neutral.
        noise: standard deviation of the sensor's noise in grey levels.
        blur: radius of the lens's blur in pixels.
        backdrop: tones of the wall at the left and at the right, 0..1.
        rgb: whether the frame is stored with three channels.
    """

    size: tuple[int, int]
    rgb: bool
    face: float
    shift: tuple[float, float]
    yaw: float
    pitch: float
    roll: float
    light: tuple[float, float, float]
    ambient: float
    gain: float
    gamma: float
    noise: float
    blur: float
    backdrop: tuple[float, float]


def sample_view(seed: int, subject_id: str, sequence: int) -> View:
    """Samples the view of one sequence.

    The lamp and the wall depend on the subject's session, the pose on the sequence.
    """
    session = np.random.default_rng(child_seed(seed, "drawn", "session", subject_id))
    rng = np.random.default_rng(child_seed(seed, "drawn", "view", subject_id, sequence))
    pick = int(session.choice(len(_SIZES), p=_SIZE_CHANCES))
    wall = float(session.uniform(0.25, 0.85))
    side = float(np.clip(session.normal(0, 0.33), -0.8, 0.8))
    return View(
        size=_SIZES[pick],
        rgb=bool(session.random() < _RGB_CHANCE),
        face=float(
            np.clip(session.normal(0.67, 0.017) + rng.normal(0, 0.01), 0.6, 0.71)
        ),
        shift=(_clipped(rng, 0.015, 0.035), _clipped(rng, 0.011, 0.025)),
        yaw=_clipped(rng, 0.07, 0.17),
        pitch=_clipped(rng, 0.04, 0.1),
        roll=_clipped(rng, 0.035, 0.1),
        light=(side, float(session.uniform(-0.7, -0.15)), 0.9),
        ambient=float(session.uniform(0.3, 0.55)),
        gain=float(np.clip(session.normal(1.0, 0.1), 0.78, 1.22)),
        gamma=float(session.uniform(0.85, 1.15)),
        noise=float(session.uniform(1.2, 4.2)),
        blur=float(session.uniform(0.3, 1.1)),
        backdrop=(wall, float(np.clip(wall + session.normal(0, 0.12), 0.15, 0.95))),
    )


def _clipped(rng: np.random.Generator, spread: float, most: float) -> float:
    """Samples a normal deviate about zero, clipped at both sides."""
    return float(np.clip(rng.normal(0.0, spread), -most, most))
