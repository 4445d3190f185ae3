"""Skin, ears, neck, shirt, hair, beard and glasses."""

import numpy as np

from data_pipeline.synthetic.face.curves import (
    SIDES,
    Points,
    band,
    ellipse,
    mirrored,
    points,
    ring,
    smooth,
)
from data_pipeline.synthetic.face.face import Face
from data_pipeline.synthetic.population.subjects import Subject
from data_pipeline.synthetic.render.canvas import Canvas

_HAIRLINES: dict[str, tuple[tuple[float, float], ...]] = {
    # Right half, from the middle of the forehead to the temple.
    "short": ((0.0, -0.87), (0.36, -0.86), (0.64, -0.72), (0.83, -0.42), (0.97, -0.1)),
    "long": ((0.0, -0.92), (0.3, -0.84), (0.66, -0.60), (0.88, -0.2), (0.95, 0.25)),
    "fringe": ((0.0, -0.56), (0.35, -0.55), (0.66, -0.50), (0.88, -0.22), (0.97, 0.0)),
    "receding": ((0.0, -0.96), (0.3, -1.0), (0.66, -0.94), (0.84, -0.5), (0.97, -0.16)),
    "tied": ((0.0, -0.88), (0.4, -0.84), (0.74, -0.60), (0.9, -0.3), (0.985, -0.15)),
}
_STRANDS = 90
_VOLUME: dict[str, float] = {
    "short": 0.07,
    "long": 0.15,
    "fringe": 0.12,
    "receding": 0.04,
    "tied": 0.05,
}


def paint_body(canvas: Canvas, subject: Subject, face: Face) -> None:
    """Paints shirt and neck, and the head's shadow on them."""
    stage, unit = canvas.stage, canvas.stage.unit
    half = points((0.47, 1.58), (0.75, 1.78), (1.4, 1.98), (1.95, 2.3), (2.15, 3.2))
    shoulders = smooth(mirrored(half), closed=True) * unit + stage.origin
    canvas.fill(shoulders, subject.shirt * 0.9)
    _cloth(canvas, subject, shoulders)
    half = points((0.60, 0.7), (0.56, 1.4), (0.62, 1.85), (0.35, 2.15), (0.0, 2.25))
    knots = np.delete(mirrored(half), len(half), axis=0)
    neck = smooth(knots, closed=True) * unit + stage.origin
    canvas.fill(neck, subject.skin * 0.74, soft=1.0)

    def shadow(line: Points, width: float, tone: float, soft: float) -> None:
        shape = band(smooth(line) * unit + stage.origin, width * unit)
        canvas.fill(shape, subject.skin * tone, soft=soft, opacity=0.55, clip=neck)

    for side in SIDES:
        shadow(
            points((side * 0.42, 1.4), (side * 0.3, 1.8), (side * 0.12, 2.15)),
            0.08,
            0.6,
            5,
        )
        shadow(points((side * 0.6, 1.3), (side * 0.57, 1.9)), 0.2, 0.45, 7)
    spot = ellipse((0.0, face.chin - 0.22), 0.6, 0.4) * unit + stage.origin
    canvas.fill(spot, subject.skin * 0.32, soft=0.07 * unit, opacity=0.8, clip=neck)


def _cloth(canvas: Canvas, subject: Subject, shirt: Points) -> None:
    """Paints a collar and the fall of the shirt."""
    stage, unit = canvas.stage, canvas.stage.unit
    for side in SIDES:
        slope = points((side * 0.62, 1.78), (side * 1.3, 2.08), (side * 2.0, 2.6))
        line = smooth(slope) * unit + stage.origin
        canvas.fill(
            band(line, 0.22 * unit),
            subject.shirt * 1.08,
            soft=8,
            opacity=0.6,
            clip=shirt,
        )
        pleat = points((side * 0.8, 2.0), (side * 0.72, 2.6)) * unit + stage.origin
        canvas.stroke(pleat, 0.08 * unit, subject.shirt * 0.6, soft=5, opacity=0.5)
    collar = points((0.58, 1.7), (0.4, 2.1), (0.0, 2.3), (-0.4, 2.1), (-0.58, 1.7))
    line = smooth(collar) * unit + stage.origin
    canvas.stroke(line, 0.1 * unit, subject.shirt * 0.7, soft=1.5)


def paint_back_hair(canvas: Canvas, subject: Subject) -> None:
    """Paints hair that falls behind the face."""
    if subject.hair_style != "long":
        return
    half = points(
        (0.0, -1.36), (0.6, -1.27), (1.08, -0.7), (1.2, 0.2), (1.17, 1.2), (0.95, 1.95)
    )
    stage = canvas.stage
    outline = smooth(mirrored(half)[1:], closed=True) * stage.unit + stage.origin
    canvas.fill(outline, subject.hair * 0.72, soft=2.0)


def paint_ears(canvas: Canvas, subject: Subject) -> None:
    """Paints both ears."""
    stage, unit = canvas.stage, canvas.stage.unit
    for side in SIDES:
        # A turned head hides one ear and shows more of the other.
        x = side * (1.01 + 0.35 * side * -np.sin(stage.yaw))
        ear = ellipse((x, 0.17), 0.115, 0.26) * unit + stage.origin
        canvas.fill(ear, subject.skin * 0.78, soft=0.8)
        fold = ellipse((x - side * 0.01, 0.14), 0.05, 0.15) * unit + stage.origin
        canvas.fill(fold, subject.skin * 0.5, soft=2.5, opacity=0.7)


def paint_skin(canvas: Canvas, subject: Subject, face: Face) -> Points:
    """Paints the head itself with a hint of colour; returns its outline in pixels."""
    stage, unit = canvas.stage, canvas.stage.unit
    outline = face.outline * unit + stage.origin
    canvas.fill(outline, subject.skin, soft=0.7)
    for side in SIDES:
        blush = stage.place(ellipse((side * 0.56, 0.45), 0.22, 0.16))
        canvas.fill(blush, subject.skin * 0.9, soft=0.1 * unit, opacity=0.5)
        socket = stage.place(
            ellipse((side * subject.eye_spacing * 0.93, -0.04), 0.23, 0.13)
        )
        canvas.fill(socket, subject.skin * 0.8, soft=0.055 * unit, opacity=0.6)
    return outline


def paint_beard(canvas: Canvas, subject: Subject, face: Face) -> None:
    """Paints stubble, a moustache or a full beard; it follows the skin."""
    stage, unit = canvas.stage, canvas.stage.unit
    tone = min(subject.hair + 0.05, subject.skin * 0.7)
    opacity = {"none": 0.0, "stubble": 0.3, "moustache": 0.0, "full": 0.85}[
        subject.beard
    ]
    head = face.outline * unit + stage.origin
    if opacity:
        y = face.mouth.corners[1][1]
        inner = points(
            (0.95, 0.35), (0.8, 0.62), (0.56, y - 0.1), (0.42, y - 0.02), (0.0, y - 0.2)
        )
        cheeks = mirrored(inner)[:-1]
        low = points((-1.2, face.chin + 0.2), (1.2, face.chin + 0.2))
        region = np.concatenate([smooth(cheeks), low])
        canvas.fill(
            stage.place(region), tone, soft=0.05 * unit, opacity=opacity, clip=head
        )
    if subject.beard in ("moustache", "full"):
        top = face.mouth.top
        lip = ring(top * [1.05, 1.0] - [0.0, 0.15 - 0.05], top - [0.0, 0.012])
        canvas.fill(stage.place(lip), tone, soft=0.02 * unit, opacity=0.85)


def paint_hair(canvas: Canvas, subject: Subject) -> Points | None:
    """Paints the hair over forehead and temples; returns its outline in pixels."""
    if subject.hair_style == "bald":
        return None
    stage, unit = canvas.stage, canvas.stage.unit
    volume = _VOLUME[subject.hair_style]
    line = np.array(_HAIRLINES[subject.hair_style])
    end = line[-1]
    outer = points(
        (end[0] + 0.3 * volume + 0.02, end[1]),
        (1.0 + 0.6 * volume, -0.42),
        (0.86 + volume, -0.84),
        (0.55 + 0.6 * volume, -subject.crown + 0.15 - 0.9 * volume),
        (0.28, -subject.crown + 0.03 - volume),
        (0.0, -subject.crown - volume),
    )
    inner = stage.place(smooth(mirrored(line[1:])[: len(line) - 1][::-1], steps=4))
    left = stage.place(smooth(line[1:] * [-1, 1], steps=4))
    middle = stage.place(line[:1])
    hairline = np.concatenate([inner, middle, left])
    crown = (
        smooth(np.concatenate([outer, outer[:-1][::-1] * [-1, 1]])) * unit
        + stage.origin
    )
    shape = np.concatenate([hairline, crown[::-1]])
    canvas.fill(shape, subject.hair, soft=1.6)
    _strands(canvas, subject, shape)
    return shape


def _strands(canvas: Canvas, subject: Subject, shape: Points) -> None:
    """Paints lighter and darker strands that fan out from the crown."""
    stage, unit = canvas.stage, canvas.stage.unit
    strands: tuple[list[Points], list[Points]] = ([], [])
    for index in range(_STRANDS):
        # The golden ratio scatters without a random source.
        scatter, other = (index * 0.618) % 1, (index * 0.414) % 1
        x = -1.1 + 2.2 * scatter
        strand = points(
            (0.5 * x + 0.12, -1.36 + 0.1 * other),
            (0.92 * x + 0.05, -1.1 + 0.3 * abs(x)),
            (1.04 * x, -0.75 + 0.7 * other),
        )
        line = strand * unit + stage.origin
        strands[index % 2].append(
            ring(line, line + np.array([(0.012 + 0.02 * other) * unit, 0.0]))
        )
    for group, tone in zip(strands, (0.55, 1.5), strict=True):
        canvas.fill_all(
            group, subject.hair * tone + 0.02, soft=1.3, opacity=0.38, clip=shape
        )


def paint_glasses(canvas: Canvas, subject: Subject) -> None:
    """Paints a frame and its bows, after the light."""
    if subject.glasses == "none":
        return
    stage, unit = canvas.stage, canvas.stage.unit
    width = (0.02 if subject.glasses == "thin" else 0.055) * unit
    tone = 0.25 if subject.glasses == "thin" else 0.08
    for side in SIDES:
        x = side * (subject.eye_spacing + 0.01)
        rim = ellipse((x, 0.035), 0.285, 0.215)
        rim[:, 1] = (
            0.035
            + np.sign(rim[:, 1] - 0.035)
            * np.abs((rim[:, 1] - 0.035) / 0.215) ** 0.7
            * 0.215
        )
        placed = stage.place(rim, lift=0.18)
        canvas.stroke(np.concatenate([placed, placed[:1]]), width, tone, soft=0.5)
        bow = points((x + side * 0.28, -0.01), (side * 1.0, 0.03))
        canvas.stroke(stage.place(bow, lift=0.05), width, tone, soft=0.5)
    bridge = points((-0.14, 0.0), (0.0, -0.03), (0.14, 0.0))
    canvas.stroke(stage.place(smooth(bridge), lift=0.22), width, tone, soft=0.5)
