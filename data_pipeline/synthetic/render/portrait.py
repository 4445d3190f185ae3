"""Geometry -> a shaded head on an upright canvas."""

import numpy as np
from PIL import Image

from data_pipeline.synthetic.face.curves import Points
from data_pipeline.synthetic.face.face import Face
from data_pipeline.synthetic.population.subjects import Subject
from data_pipeline.synthetic.render.canvas import Canvas, Stage
from data_pipeline.synthetic.render.paint_features import (
    paint_brows,
    paint_eyes,
    paint_glints,
    paint_mouth,
    paint_nose,
)
from data_pipeline.synthetic.render.paint_head import (
    paint_back_hair,
    paint_beard,
    paint_body,
    paint_ears,
    paint_glasses,
    paint_hair,
    paint_skin,
)
from data_pipeline.synthetic.render.relief import Field, Window, head_window, shade
from data_pipeline.synthetic.render.views import View


def paint(subject: Subject, face: Face, view: View, stage: Stage) -> Image.Image:
    """Paints one person before a wall: mode L, the canvas's size, before the camera."""
    canvas, head = Canvas(stage, _wall(view, stage)), Canvas(stage)
    paint_back_hair(canvas, subject)
    paint_body(canvas, subject, face)
    paint_ears(canvas, subject)
    outline = paint_skin(canvas, subject, face)
    paint_beard(canvas, subject, face)
    paint_nose(canvas, subject, face)
    paint_mouth(canvas, subject, face)
    paint_eyes(canvas, subject, face)
    paint_brows(canvas, subject, face)
    hair = paint_hair(canvas, subject)
    head.fill_all([outline] if hair is None else [outline, hair], 1.0, soft=0.8)
    _light(canvas, head.image, hair, face, view)
    paint_glints(canvas, face, view.light[0])
    paint_glasses(canvas, subject)
    return canvas.image


def _wall(view: View, stage: Stage) -> Image.Image:
    """Returns a wall that the lamp lights unevenly."""
    left, right = view.backdrop
    ramp = np.linspace(255 * left, 255 * right, stage.size[0]).astype(np.uint8)
    return Image.fromarray(ramp[None, :]).resize(stage.size, Image.Resampling.NEAREST)


def _light(
    canvas: Canvas, head: Image.Image, hair: Points | None, face: Face, view: View
) -> None:
    """Multiplies the tones of the head by its shading."""
    window = head_window(canvas.stage, face)
    tones = _levels(canvas.image, window) * np.float32(255)
    share, bare = _levels(head, window), np.ones(1, dtype=np.float32)
    if hair is not None:
        cover = Canvas(canvas.stage)
        cover.fill(hair, 1.0, soft=1.0)
        bare = 1 - _levels(cover.image, window)
    factor = 1 + share * (shade(face, canvas.stage, view, window, bare) - 1)
    lit = np.clip(tones * factor, 0, 255).astype(np.uint8)
    canvas.image.paste(Image.fromarray(lit), window.corner)


def _levels(image: Image.Image, window: Window) -> Field:
    """Returns part of a grey image in 0..1."""
    return np.asarray(image.crop(window.box), dtype=np.float32) / np.float32(255)
