"""The face as a height field under a lamp, which shades the skin."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from data_pipeline.synthetic.face.bumps import Bump
from data_pipeline.synthetic.face.curves import SIDES, band, ring
from data_pipeline.synthetic.face.face import Face
from data_pipeline.synthetic.render.canvas import Canvas, Stage
from data_pipeline.synthetic.render.views import View

Field = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a canvas that the head fills: left, top, right, bottom pixels."""

    box: tuple[int, int, int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    @property
    def corner(self) -> tuple[int, int]:
        """Left and top pixel."""
        return self.box[:2]


def head_window(stage: Stage, face: Face) -> Window:
    """Returns the window of head and hair."""
    left, top = stage.spot(-1.3, -1.55)
    right, bottom = stage.spot(1.3, face.chin + 0.25)
    width, height = stage.size
    corner = max(0, int(left)), max(0, int(top))
    return Window((*corner, min(width, int(right)), min(height, int(bottom))))


def shade(face: Face, stage: Stage, view: View, window: Window, bare: Field) -> Field:
    """Returns factors of the skin's tone, shape (height, width), about 0.2 to 1.3.

    ``bare`` is 1 where no hair covers the skin: only there are creases visible.
    """
    creases = _creases(face, stage, window) * bare
    height = _heights(face, stage, window) - 0.052 * creases
    height += 0.05 * _lips(face, stage, window)
    slope_y, slope_x = np.gradient(height, np.float32(1 / stage.unit))
    light = np.array(view.light, dtype=np.float32)
    light /= np.float32(np.sqrt((light * light).sum()))
    length = np.sqrt(slope_x * slope_x + slope_y * slope_y + 1)
    facing = (light[2] - light[0] * slope_x - light[1] * slope_y) / length
    # Wrapped Lambert: skin lets light bleed round the edge of a shadow.
    soft = np.clip((facing + 0.25) / 1.25, 0, 1)
    shine = np.clip(facing, 0, 1) ** 16
    field: Field = view.ambient + (1.12 - view.ambient) * soft + 0.07 * shine
    return field * (1 - 0.36 * creases)


def _heights(face: Face, stage: Stage, window: Window) -> Field:
    """Adds up the ellipsoid of the head, the nose, and every bump."""
    left, top = window.corner
    width, height = window.size
    x = ((np.arange(width) + left - stage.origin[0]) / stage.unit).astype(np.float32)
    y = ((np.arange(height) + top - stage.origin[1]) / stage.unit).astype(np.float32)
    down = (face.chin + 1.3) / 2 + 0.12
    middle = (face.chin - 1.3) / 2
    inside = 1 - (x / 1.13)[None, :] ** 2 - ((y - middle) / down)[:, None] ** 2
    edge = np.float32(0.02)
    field: Field = np.float32(0.82) * np.sqrt(np.maximum(inside, edge))
    # The slope continues beyond the ellipsoid's edge, so that jaw corners stay dark.
    field -= np.float32(2.9) * np.maximum(edge - inside, 0)
    for bump in (*face.bumps, *_nose_bumps(face)):
        _raise(field, bump, stage, x, y)
    return field + _nose_ridge(face, stage, x, y)


def _raise(field: Field, bump: Bump, stage: Stage, x: Field, y: Field) -> None:
    """Adds a bump to a height field, where it is not negligible."""
    centre = (np.array(stage.spot(*bump.centre)) - stage.origin) / stage.unit
    profiles, spans = [], []
    for axis, middle, spread in zip((x, y), centre, bump.spread, strict=True):
        ends = np.searchsorted(axis, [middle - 3.2 * spread, middle + 3.2 * spread])
        span = slice(int(ends[0]), int(ends[1]))
        away = (axis[span] - np.float32(middle)) / np.float32(spread)
        profiles.append(np.exp(-0.5 * away * away))
        spans.append(span)
    across, along = profiles
    field[spans[1], spans[0]] += np.float32(bump.height) * along[:, None] * across


def _nose_ridge(face: Face, stage: Stage, x: Field, y: Field) -> Field:
    """Returns the ridge of the nose: it rises from root to tip, then falls steeply."""
    root = stage.spot(0.0, 0.0)[0]
    tip_x, tip_y = stage.spot(*face.nose.tip, lift=0.25)
    tip = np.float32((tip_y - stage.origin[1]) / stage.unit)
    t = np.clip((y + 0.12) / (tip + 0.12), 0, 1)
    fall = 1 / (1 + np.exp(np.clip((y - tip - 0.055) / 0.022, -30, 30)))
    centre = (root + t * (tip_x - root) - stage.origin[0]) / stage.unit
    spread = 0.085 + 0.04 * t
    profile = (0.03 + 0.17 * t) * fall * np.clip((y + 0.5) / 0.5, 0, 1)
    ridge: Field = profile[:, None] * np.exp(
        -0.5 * ((x[None, :] - centre[:, None]) / spread[:, None]) ** 2
    )
    return ridge.astype(np.float32)


def _nose_bumps(face: Face) -> list[Bump]:
    """Returns the ball of the tip and the two wings."""
    nose = face.nose
    tip = Bump(
        centre=(nose.tip[0], nose.tip[1] + 0.01), spread=(0.085, 0.07), height=0.09
    )
    wings = [
        Bump(
            centre=(side * (nose.wing - 0.03), nose.wing_height),
            spread=(0.05, 0.055),
            height=0.085,
        )
        for side in SIDES
    ]
    return [tip, *wings]


def _creases(face: Face, stage: Stage, window: Window) -> Field:
    """Draws all creases as one soft map, 0..1; deeper ones cover shallower ones."""
    size = window.size
    large = Image.new("L", (2 * size[0], 2 * size[1]), 0)
    pen = ImageDraw.Draw(large)
    for crease in sorted(face.creases, key=lambda crease: crease.depth):
        line = stage.place(crease.line) - window.corner
        taper = np.sin(np.linspace(0.25, np.pi - 0.25, len(line)))
        shape = band(line, crease.width * stage.unit * taper) * 2
        pen.polygon(shape.ravel().tolist(), fill=round(255 * max(0.0, crease.depth)))
    soft = large.reduce(2).filter(ImageFilter.GaussianBlur(0.016 * stage.unit))
    return np.asarray(soft, dtype=np.float32) / np.float32(255)


def _lips(face: Face, stage: Stage, window: Window) -> Field:
    """Draws the swelling of the lips, 0..1."""
    canvas, mouth = Canvas(stage), face.mouth
    lips = [ring(mouth.top, mouth.upper), ring(mouth.lower, mouth.bottom)]
    canvas.fill_all([stage.place(lip) for lip in lips], 1.0, soft=0.022 * stage.unit)
    return np.asarray(canvas.image.crop(window.box), dtype=np.float32) / np.float32(255)
