"""Eyes, brows, nose and mouth in flat tones, before the light."""

import numpy as np

from data_pipeline.synthetic.face.curves import (
    SIDES,
    Points,
    band,
    ellipse,
    resampled,
    ring,
    smooth,
)
from data_pipeline.synthetic.face.face import Face
from data_pipeline.synthetic.face.upper_face import Eye
from data_pipeline.synthetic.population.subjects import Subject
from data_pipeline.synthetic.render.canvas import Canvas

_MOUTH_DARK = 0.1
_TEETH = 0.9
_VISIBLE_GAP = 0.012
_GAP_WIDE = 0.2


def paint_brows(canvas: Canvas, subject: Subject, face: Face) -> None:
    """Paints both brows as a soft band with single hairs."""
    unit = canvas.stage.unit
    for knots in face.brows:
        line = canvas.stage.place(smooth(knots, steps=5), lift=0.05)
        share = np.linspace(0, 1, len(line))
        width = (
            subject.brow_thick
            * unit
            * np.interp(share, [0, 0.15, 0.6, 1], [0.75, 1, 0.8, 0.12])
        )
        canvas.stroke(line, width, subject.brow_tone, soft=1.1, opacity=0.82)
        _hairs(canvas, line, width, subject.brow_tone * 0.7)


def _hairs(canvas: Canvas, line: Points, width: np.ndarray, tone: float) -> None:
    """Paints single hairs across a brow, leaning outwards."""
    count = 14
    feet, size = (
        resampled(line, count),
        np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(width)), width),
    )
    ahead = np.gradient(feet, axis=0)
    ahead /= np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    hairs = []
    for index in range(count):
        # The golden ratio scatters without a random source.
        scatter = (index * 0.618) % 1 - 0.5
        foot = feet[index] + [0, size[index] * (0.35 + 0.3 * scatter)]
        tip = feet[index] + ahead[index] * size[index] * 0.7 - [0, size[index] * 0.5]
        hairs.append(band(np.stack([foot, tip]), 1.1))
    canvas.fill_all(hairs, tone, opacity=0.55)


def paint_eyes(canvas: Canvas, subject: Subject, face: Face) -> None:
    """Paints both eyes."""
    for eye in face.eyes:
        _paint_eye(canvas, subject, eye)


def _paint_eye(canvas: Canvas, subject: Subject, eye: Eye) -> None:
    """White, iris, pupil, then the lids with their shadow and lashes."""
    stage, unit = canvas.stage, canvas.stage.unit
    upper, lower = stage.place(eye.upper), stage.place(eye.lower)
    opening = ring(upper, lower)
    centre = stage.spot(*eye.iris, lift=0.03)
    radius = eye.radius * unit
    canvas.fill(opening, 0.93, soft=0.0)
    canvas.fill(ellipse(centre, radius, radius), subject.iris * 0.55, clip=opening)
    canvas.fill(
        ellipse(centre, radius * 0.78, radius * 0.78),
        subject.iris,
        soft=1.0,
        clip=opening,
    )
    canvas.fill(ellipse(centre, radius * 0.42, radius * 0.42), 0.03, clip=opening)
    shadow = ring(upper - [0, 2], _lower(upper, 0.034 * unit))
    canvas.fill(shadow, 0.12, soft=1.6, opacity=0.55, clip=opening)
    taper = np.interp(np.linspace(0, 1, len(upper)), [0, 0.5, 1], [0.5, 1, 0.5])
    canvas.stroke(upper, 0.03 * unit * taper, 0.08, soft=0.6, opacity=0.9)
    canvas.stroke(lower, 0.014 * unit, subject.skin * 0.45, soft=0.6, opacity=0.7)
    canvas.stroke(
        stage.place(eye.crease),
        0.016 * unit * taper,
        subject.skin * 0.5,
        soft=1.0,
        opacity=0.65,
    )
    bag_opacity = 0.16 + 0.3 * subject.age
    canvas.stroke(
        stage.place(eye.bag),
        0.03 * unit * taper,
        subject.skin * 0.62,
        soft=2.2,
        opacity=bag_opacity,
    )


def paint_glints(canvas: Canvas, face: Face, side: float) -> None:
    """Paints the lamp's reflection in the eyes, after the light."""
    for eye in face.eyes:
        x, y = canvas.stage.spot(*eye.iris, lift=0.03)
        radius = eye.radius * canvas.stage.unit
        spot = ellipse(
            (x + 0.35 * radius * (1 if side > 0 else -1), y - 0.32 * radius), 1.8, 1.8
        )
        opening = canvas.stage.place(ring(eye.upper, eye.lower))
        canvas.fill(spot, 0.97, soft=0.5, clip=opening)


def paint_nose(canvas: Canvas, subject: Subject, face: Face) -> None:
    """Paints nostrils and the shadows round the wings; the relief adds the rest."""
    stage, unit, nose = canvas.stage, canvas.stage.unit, face.nose
    dark = subject.skin * 0.3
    base = nose.wing_height + 0.05
    under = stage.place(ellipse((0.0, base + 0.02), nose.wing * 0.85, 0.035), lift=0.12)
    canvas.fill(under, subject.skin * 0.6, soft=3.0, opacity=0.3)
    for side in SIDES:
        hole = ellipse(
            (side * nose.wing * 0.5, base - 0.004), 0.048 + 0.012 * nose.wrinkle, 0.02
        )
        canvas.fill(stage.place(hole, lift=0.15), dark, soft=1.1, opacity=0.9)
        wing = np.array(
            [
                [side * (nose.wing - 0.01), nose.wing_height - 0.075],
                [side * (nose.wing + 0.018), nose.wing_height],
                [side * (nose.wing - 0.015), base + 0.008],
            ]
        )
        canvas.stroke(
            stage.place(smooth(wing), lift=0.08),
            0.022 * unit,
            subject.skin * 0.45,
            soft=1.3,
            opacity=0.6,
        )


def paint_mouth(canvas: Canvas, subject: Subject, face: Face) -> None:
    """Paints the lips, and what an open mouth shows."""
    stage, unit, mouth = canvas.stage, canvas.stage.unit, face.mouth
    top, upper = stage.place(mouth.top), stage.place(mouth.upper)
    lower, bottom = stage.place(mouth.lower), stage.place(mouth.bottom)
    red = subject.skin * subject.lip_tone
    canvas.fill(ring(top, bottom), red, soft=0.9)
    canvas.fill(ring(top, upper), red * 0.84, soft=0.7)
    canvas.fill(ring(lower, bottom), red * 1.04, soft=0.7)
    if mouth.gap > _VISIBLE_GAP:
        _paint_inside(canvas, face, upper, lower)
    taper = np.interp(np.linspace(0, 1, len(upper)), [0, 0.5, 1], [1.3, 1, 1.3])
    width = 0.02 * unit * taper
    canvas.stroke(upper, width, subject.skin * 0.25, soft=0.8, opacity=0.85)
    for x, y in mouth.corners:
        canvas.fill(
            ellipse(stage.spot(x, y), 0.025 * unit, 0.02 * unit),
            subject.skin * 0.3,
            soft=1.6,
            opacity=0.6,
        )
    under = stage.place(_lower(mouth.bottom, 0.03))
    canvas.stroke(under[8:-8], 0.035 * unit, subject.skin * 0.6, soft=2.5, opacity=0.45)


def _paint_inside(canvas: Canvas, face: Face, upper: Points, lower: Points) -> None:
    """Paints the dark of the mouth, the teeth and the tongue."""
    unit, gap = canvas.stage.unit, face.mouth.gap
    inside = ring(upper, lower)
    canvas.fill(inside, _MOUTH_DARK)
    if gap > _GAP_WIDE:
        x, y = lower[len(lower) // 2]
        tongue = ellipse((x, y + 0.02 * unit), 0.2 * unit, 0.3 * gap * unit)
        canvas.fill(tongue, 0.38, soft=2.5, clip=inside)
    drop = min(0.72 * gap, 0.085) * unit
    # Teeth lie on a flatter arc than the lip of a wide-open mouth.
    middle = upper[len(upper) // 2]
    flat = 1 - min(1.0, gap / 0.4)
    edge = middle + (upper - middle) * [0.9 - 0.3 * (1 - flat), flat]
    canvas.fill(ring(edge - [0, 30], _lower(edge, drop)), _TEETH, soft=0.8, clip=inside)


def _lower(line: Points, by: float) -> Points:
    """Moves a line down the image."""
    moved: Points = line + np.array([0.0, by])
    return moved
