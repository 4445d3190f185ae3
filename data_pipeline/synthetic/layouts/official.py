"""The official layout of CK+: frames, emotions, FACS and landmarks in four trees.

Source: the read-me of the CK+ distribution, and readers of the real files: MATLAB
floats behind three blanks; empty and missing emotion folders; ``.DS_Store`` files.
"""

from collections.abc import Iterable

from data_pipeline.labels.labels import CKPLUS_EMOTION_CODES
from data_pipeline.synthetic.layouts.layout import ImageSpec
from data_pipeline.synthetic.population.plan import Sequence

FOLLOWS = "Layout and label counts follow CK+"
IMAGES, EMOTIONS, FACS = "cohn-kanade-images", "Emotion", "FACS"
LANDMARKS = "Landmarks"
_CODES = {emotion: code for code, emotion in CKPLUS_EMOTION_CODES.items()}
_DS_STORE = b"\x00\x00\x00\x01Bud1\x00\x00"
_HALF_WAY_EVERY = 5
_FOLDER_MISSING_EVERY = 5
_HEAD_CODE_EVERY = 17
_DS_STORE_EVERY = 40
# Codes of head and eyes: turned, tilted, forward, eyes turned aside.
_HEAD_CODES = (54, 62, 51, 64, 57, 61, 63)


def images(sequences: Iterable[Sequence]) -> list[ImageSpec]:
    """Lists the frames: the neutral first, the last three, some half-way."""
    specs = []
    for index, row in enumerate(sequences):
        frames = {1, *range(max(1, row.peak - 2), row.peak + 1)}
        if index % _HALF_WAY_EVERY == 0:
            frames.add((1 + row.peak) // 2)
        specs += [
            ImageSpec(
                path=f"{_folder(IMAGES, row)}/{row.frame(frame)}.png",
                sequence=row,
                frame=frame,
                landmarks=(
                    f"{_folder(LANDMARKS, row)}/{row.frame(frame)}_landmarks.txt"
                ),
            )
            for frame in sorted(frames)
        ]
    return specs


def labels(sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes the label files."""
    files: dict[str, bytes] = {}
    unnamed = 0
    for index, row in enumerate(sequences):
        files[f"{_folder(FACS, row)}/{row.name}_facs.txt"] = _facs(row, index)
        if row.named and row.emotion is not None:
            code = float(_CODES[row.emotion])
            name = f"{_folder(EMOTIONS, row)}/{row.name}_emotion.txt"
            files[name] = f"{_matlab(code)}\n".encode("ascii")
        else:
            unnamed += 1
            if unnamed % _FOLDER_MISSING_EVERY != 2:  # noqa: PLR2004
                files[f"{_folder(EMOTIONS, row)}/"] = b""
        if index % _DS_STORE_EVERY == 0:
            files[f"{IMAGES}/{row.subject}/.DS_Store"] = _DS_STORE
            files[f"{_folder(IMAGES, row)}/.DS_Store"] = _DS_STORE
            files[f"{_folder(FACS, row)}/.DS_Store"] = _DS_STORE
            files[f"{EMOTIONS}/{row.subject}/.DS_Store"] = _DS_STORE
    return files


def _folder(tree: str, row: Sequence) -> str:
    """A sequence's folder within one of the trees."""
    return f"{tree}/{row.subject}/{row.number:03d}"


def _facs(row: Sequence, index: int) -> bytes:
    """One line for each coded unit: the unit and its intensity."""
    units = dict(row.coded)
    if index % _HEAD_CODE_EVERY == 1:
        units[_HEAD_CODES[index // _HEAD_CODE_EVERY % len(_HEAD_CODES)]] = 0
    lines = [f"{_matlab(unit)}{_matlab(level)}\n" for unit, level in units.items()]
    return "".join(lines).encode("ascii")


def _matlab(number: float) -> str:
    """A number as MATLAB's ``save -ascii`` writes it."""
    return f"   {number:.7e}"
