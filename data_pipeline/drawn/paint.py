"""Geometry -> a shaded head on an upright canvas, with its silhouette."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from data_pipeline.drawn.canvas import Canvas, Stage
from data_pipeline.drawn.geometry import Face
from data_pipeline.drawn.paint_features import (
    paint_brows,
    paint_eyes,
    paint_glints,
    paint_mouth,
    paint_nose,
)
from data_pipeline.drawn.paint_head import (
    paint_back_hair,
    paint_beard,
    paint_body,
    paint_chin_shadow,
    paint_ears,
    paint_glasses,
    paint_hair,
    paint_skin,
)
from data_pipeline.drawn.relief import head_window, shade
from data_pipeline.drawn.subjects import Subject
from data_pipeline.drawn.views import View


@dataclass(frozen=True, slots=True)
class Portrait:
    """A painted person and where the picture shows them (both mode L)."""

    picture: Image.Image
    silhouette: Image.Image


def paint(subject: Subject, face: Face, view: View, stage: Stage) -> Portrait:
    """Paints one person.

    Args:
        subject: who.
        face: what their face does.
        view: the light.
        stage: where the face lies on the canvas.

    Returns:
        The person before any wall, without the camera's noise.
    """
    canvas, silhouette = Canvas(stage), Canvas(stage)
    shapes = [paint_back_hair(canvas, subject), *paint_body(canvas, subject)]
    paint_chin_shadow(canvas, subject, face)
    shapes += paint_ears(canvas, subject)
    head = Canvas(stage)
    outline = paint_skin(canvas, subject, face)
    paint_beard(canvas, subject, face)
    paint_nose(canvas, subject, face)
    paint_mouth(canvas, subject, face)
    paint_eyes(canvas, subject, face)
    paint_brows(canvas, subject, face)
    hair = paint_hair(canvas, subject)
    for shape in (outline, hair):
        if shape is not None:
            head.fill(shape, 1.0, soft=0.8)
    _light(canvas, head.image, face, view)
    paint_glints(canvas, face, view.light[0])
    paint_glasses(canvas, subject)
    for shape in (*shapes, outline, hair):
        if shape is not None:
            silhouette.fill(shape, 1.0, soft=0.6)
    return Portrait(canvas.image, silhouette.image)


def _light(canvas: Canvas, head: Image.Image, face: Face, view: View) -> None:
    """Multiplies the tones of the head by its shading."""
    window = head_window(canvas.stage, face)
    tones = np.asarray(canvas.image.crop(window.box), dtype=np.float32)
    share = np.asarray(head.crop(window.box), dtype=np.float32) / 255
    factor = 1 + share * (shade(face, canvas.stage, view, window) - 1)
    lit = np.clip(tones * factor, 0, 255).astype(np.uint8)
    canvas.image.paste(Image.fromarray(lit), window.corner)


def softened(image: Image.Image, radius: float) -> Image.Image:
    """Blurs a picture as a lens does."""
    return image.filter(ImageFilter.GaussianBlur(radius))
