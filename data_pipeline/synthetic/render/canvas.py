"""Soft-edged polygons on a grey Pillow image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from data_pipeline.synthetic.face.curves import Points, band
from data_pipeline.synthetic.render.views import View

_OVERSAMPLING = 2
_VERY_SOFT = 2.4
_WHITE = 255


@dataclass(frozen=True, slots=True)
class Stage:
    """Where face coordinates lie on a canvas, the turn of the head included.

    Attributes:
        size: width and height of the canvas in pixels.
        unit: pixels in half a face width.
        origin: pixel of the point between the eyes.
        yaw: turn to the side in radians.
        pitch: nod in radians.
    """

    size: tuple[int, int]
    unit: float
    origin: tuple[float, float]
    yaw: float
    pitch: float

    def place(self, line: Points, lift: float = 0.0) -> Points:
        """Moves face coordinates to pixels, both of shape (N, 2).

        ``lift`` is how far the points stand out of the face's ellipsoid.
        """
        x, y = line[:, 0], line[:, 1]
        round_head = 1 - (x / 1.12) ** 2 - ((y - 0.15) / 1.85) ** 2
        depth = 0.8 * np.sqrt(np.maximum(round_head, 0.0)) + lift
        shifted = np.stack(
            [x + depth * np.sin(self.yaw), y + depth * np.sin(self.pitch)], axis=1
        )
        return shifted * self.unit + self.origin

    def spot(self, x: float, y: float, lift: float = 0.0) -> tuple[float, float]:
        """Moves one point to pixels."""
        placed = self.place(np.array([[x, y]]), lift)[0]
        return float(placed[0]), float(placed[1])


class Canvas:
    """A grey image that polygons are painted on.

    ``image`` has mode L; without a ground it begins black.
    """

    def __init__(self, stage: Stage, ground: Image.Image | None = None) -> None:
        """Takes a ground of the stage's size."""
        self.stage = stage
        self.image = Image.new("L", stage.size) if ground is None else ground

    def fill(
        self,
        shape: Points,
        tone: float,
        *,
        soft: float = 0.0,
        opacity: float = 1.0,
        clip: Points | None = None,
    ) -> None:
        """Paints a polygon of pixels in a tone and an opacity of 0..1.

        ``soft`` is the radius of its blurred edge in pixels; nothing is painted outside
        of ``clip``.
        """
        self.fill_all([shape], tone, soft=soft, opacity=opacity, clip=clip)

    def fill_all(
        self,
        shapes: Sequence[Points],
        tone: float,
        *,
        soft: float = 0.0,
        opacity: float = 1.0,
        clip: Points | None = None,
    ) -> None:
        """Paints polygons of one tone at once; arguments as for ``fill``."""
        edge = np.concatenate(shapes) if clip is None else clip
        box = self._box(edge, soft if clip is None else 0.0)
        if box is None or opacity <= 0:
            return
        mask = _mask(shapes, box, soft, opacity)
        if clip is not None:
            mask = ImageChops.multiply(mask, _mask([clip], box, 0.0, 1.0))
        self.image.paste(round(_WHITE * min(max(tone, 0.0), 1.0)), box, mask)

    def stroke(
        self,
        line: Points,
        width: float | Points,
        tone: float,
        *,
        soft: float = 0.0,
        opacity: float = 1.0,
    ) -> None:
        """Paints a line; the width is in pixels, one for all or one per point."""
        self.fill(band(line, width), tone, soft=soft, opacity=opacity)

    def _box(self, shape: Points, soft: float) -> tuple[int, int, int, int] | None:
        """Returns the box of pixels that a shape can touch, if any."""
        reach = 2 + 3 * soft
        left, top = np.floor(shape.min(axis=0) - reach).astype(int)
        right, bottom = np.ceil(shape.max(axis=0) + reach).astype(int)
        width, height = self.stage.size
        box = (
            *(max(0, int(left)), max(0, int(top))),
            *(min(width, int(right)), min(height, int(bottom))),
        )
        return box if box[0] < box[2] and box[1] < box[3] else None


def head_stage(view: View, margin: int) -> Stage:
    """Places the head for a view on a canvas with a margin for the roll."""
    width, height = view.size
    # From chin to crown a mean face measures 2.68 units; its middle lies 0.16 below
    # the eyes.
    unit = view.face * height / 2.68
    x = width / 2 + view.shift[0] * height
    y = height * (0.485 + view.shift[1]) - 0.16 * unit
    return Stage(
        (width + 2 * margin, height + 2 * margin),
        unit,
        (x + margin, y + margin),
        view.yaw,
        view.pitch,
    )


def _mask(
    shapes: Sequence[Points],
    box: tuple[int, int, int, int],
    soft: float,
    opacity: float,
) -> Image.Image:
    """Returns an anti-aliased mask of polygons over a box."""
    size = box[2] - box[0], box[3] - box[1]
    # A strong blur needs few pixels, a sharp edge many.
    scale = 0.5 if soft >= _VERY_SOFT else float(_OVERSAMPLING)
    drawn = Image.new("L", (math.ceil(size[0] * scale), math.ceil(size[1] * scale)), 0)
    pen, level = ImageDraw.Draw(drawn), round(_WHITE * min(opacity, 1.0))
    for shape in shapes:
        pen.polygon(((shape - box[:2]) * scale).ravel().tolist(), fill=level)
    if soft >= _VERY_SOFT:
        blurred = drawn.filter(ImageFilter.GaussianBlur(soft * scale))
        return blurred.resize(size, Image.Resampling.BILINEAR)
    mask = drawn.reduce(_OVERSAMPLING)
    return mask.filter(ImageFilter.BoxBlur(soft)) if soft > 0 else mask
