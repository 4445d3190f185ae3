"""Portrait -> frame: wall, roll, lens, noise, exposure, burnt-in time code."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from data_pipeline.synthetic.face.face import build
from data_pipeline.synthetic.face.muscles import Muscles, act
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.synthetic.population.subjects import Subject, sample_subject
from data_pipeline.synthetic.render.canvas import head_stage
from data_pipeline.synthetic.render.portrait import paint
from data_pipeline.synthetic.render.views import View, sample_view
from data_pipeline.system.seeds import child_seed

MARGIN = 56
"""Pixels around the frame that a rolled head may use."""
_FRAMES_A_SECOND = 30
# In half face widths below the eyes: the middle of the face, and how far it reaches.
_FACE_MIDDLE, _FACE_REACH = 0.3, 1.3


def render_frame(sequence: Sequence, frame: int, seed: int) -> Image.Image:
    """Renders one frame: 1 is neutral, the sequence's peak shows all.

    Mode L or RGB, in the size of the subject's camera.
    """
    subject = sample_subject(seed, sequence.subject)
    view = sample_view(seed, sequence.subject, sequence.number)
    grain = np.random.default_rng(
        child_seed(seed, "drawn", "grain", sequence.subject, sequence.number, frame)
    )
    muscles = act(sequence, frame, seed)
    return expose(subject, muscles, view, grain, _time_code(sequence, frame))


def face_box(
    sequence: Sequence, seed: int, jitter: float = 0.0
) -> tuple[float, float, float, float]:
    """Places the square around a face, from hairline to chin, as in FER2013.

    ``jitter`` is how far it may be off and too large, as a part of its size. Returns
    left, upper, right and lower edge in the frame, in pixels.
    """
    view = sample_view(seed, sequence.subject, sequence.number)
    stage = head_stage(view, MARGIN)
    rng = np.random.default_rng(
        child_seed(seed, "drawn", "box", sequence.subject, sequence.number)
    )
    off_x, off_y, larger = rng.uniform((-1, -1, 0), 1) * jitter
    x, y = stage.spot(0.0, _FACE_MIDDLE)
    reach = _FACE_REACH * stage.unit * (1 + larger)
    x, y = x + off_x * reach, y + off_y * reach
    left, upper = x - reach - MARGIN, y - reach - MARGIN
    box = left, upper, x + reach - MARGIN, y + reach - MARGIN
    return _inside(box, view.size)


def expose(
    subject: Subject,
    muscles: Muscles,
    view: View,
    grain: np.random.Generator,
    text: str,
) -> Image.Image:
    """Renders a person under a view, with the sensor's noise and a burnt-in text."""
    stage = head_stage(view, MARGIN)
    upright = paint(subject, build(subject, muscles), view, stage)
    clean = _rolled(upright, view, stage.origin)
    noisy = _developed(clean, view, grain)
    if text:
        _burn_in(noisy, text)
    return noisy.convert("RGB") if view.rgb else noisy


def _inside(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Moves a box into the image."""
    width, height = size
    right = min(max(0.0, box[0]), width - (box[2] - box[0]))
    down = min(max(0.0, box[1]), height - (box[3] - box[1]))
    return right, down, right + box[2] - box[0], down + box[3] - box[1]


def _rolled(
    upright: Image.Image, view: View, pivot: tuple[float, float]
) -> Image.Image:
    """Rolls the image about the nose's root, cuts the margin, blurs like a lens."""
    cos, sin = float(np.cos(view.roll)), float(np.sin(view.roll))
    x0, y0 = pivot[0] - MARGIN, pivot[1] - MARGIN
    matrix = (
        cos, sin, pivot[0] - cos * x0 - sin * y0,
        -sin, cos, pivot[1] + sin * x0 - cos * y0,
    )  # fmt: skip
    turned = upright.transform(
        view.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    return turned.filter(ImageFilter.BoxBlur(view.blur))


def _developed(
    clean: Image.Image, view: View, grain: np.random.Generator
) -> Image.Image:
    """Applies tone curve, exposure and noise."""
    levels = np.arange(256) / 255
    curve = np.clip(levels**view.gamma * view.gain, 0, 1) * 255
    noise: npt.NDArray[np.float32] = grain.standard_normal(
        (clean.height, clean.width), np.float32
    )
    noise *= np.float32(view.noise)
    noise += np.asarray(clean.point(np.rint(curve).astype(int).tolist()))
    np.rint(noise, out=noise)
    return Image.fromarray(np.clip(noise, 0, 255, out=noise).astype(np.uint8))


def _time_code(sequence: Sequence, frame: int) -> str:
    """Returns the recorder's text: hours, minutes, seconds, frames."""
    # Any start that differs between sequences.
    start = 4051 * sequence.number + 977 * int(sequence.subject[1:])
    total = start + frame
    seconds, frames = divmod(total, _FRAMES_A_SECOND)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:{second:02d}:{frames:02d}"


def _burn_in(frame: Image.Image, text: str) -> None:
    """Writes white on black at the bottom, at twice the size of a bitmap font."""
    font = ImageFont.load_default_imagefont()
    box = font.getbbox(text)
    small = Image.new("L", (int(box[2]) + 6, int(box[3]) + 2), 0)
    ImageDraw.Draw(small).text((3, 0), text, fill=255, font=font)
    label = small.resize((small.width * 2, small.height * 2), Image.Resampling.NEAREST)
    place = (frame.width - label.width) // 2, frame.height - label.height - 4
    frame.paste(label, place)
