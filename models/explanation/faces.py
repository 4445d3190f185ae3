"""Explains the faces of files: a picture and a file of numbers for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.media.face_crops import FaceCropper
from data_pipeline.media.media import MediaFrame
from data_pipeline.pages.wording import counted
from data_pipeline.system.terminal import print_note
from models.explanation.explainer import Explainer
from models.explanation.explanation import Explanation
from models.explanation.sheet import png, sheet
from models.inference.overlay import picture_name


@dataclass(slots=True, kw_only=True)
class ExplainedFaces:
    """Counts of what was explained and what was not."""

    explained: int = 0
    unreadable: int = 0

    def describe(self) -> str:
        """Returns one line."""
        missing = f", {self.unreadable:,} unreadable" if self.unreadable else ""
        return f"{counted(self.explained, 'face')} explained{missing}"


def explain_faces(
    frames: Iterable[MediaFrame],
    cropper: FaceCropper,
    explainer: Explainer,
    folder: Path,
) -> ExplainedFaces:
    """Writes a picture and the maps of each image's main face into a folder."""
    counts = ExplainedFaces()
    for frame in frames:
        if frame.image is None:
            counts.unreadable += 1
            print_note(f"note: {frame.reason}")
            continue
        explanation = explainer.explain(cropper.crop(frame.image)[0].pixels)
        counts.explained += 1
        name = f"{counts.explained:04d}_{picture_name(frame)}"
        _write(explanation, frame.file.name, folder / name)
    return counts


def _write(explanation: Explanation, title: str, path: Path) -> None:
    """Writes ``path``.png and ``path``.npz."""
    picture = sheet(explanation, title)
    path.with_name(f"{path.name}.png").write_bytes(png(picture))
    np.savez_compressed(
        path.with_name(f"{path.name}.npz"),
        maps=explanation.maps,
        values=explanation.values,
        pixels=explanation.pixels,
        outputs=np.array([output.column for output in explanation.outputs]),
        method=np.array(explanation.method),
        gap=np.array(explanation.gap),
    )
