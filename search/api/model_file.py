"""What a model file does, from Python; a run has the same calls for its own model."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from data_pipeline.media.crop_option import CROPS_IN_USE, TRAINED
from data_pipeline.system.errors import InputError, RunError
from models.explanation.methods import GRAD_CAM, METHODS
from search.api.paths import AnyPath, path_or_none

if TYPE_CHECKING:  # slow to import
    import pandas as pd

SMOOTH = 0.6
"""Weight of the previous frame in the live view."""


def predict(  # noqa: PLR0913 - by name only, as the options of the command
    model: AnyPath,
    *paths: AnyPath,
    to: AnyPath | None = None,
    format: str | None = None,  # noqa: A002 - the command's word
    draw: AnyPath | None = None,
    every: int = 1,
    all_faces: bool = False,
    batch_size: int = 32,
    crop: str = TRAINED,
) -> "pd.DataFrame":
    """Predicts images and videos, as ``python -m models.predict`` does.

    Args:
        model: ``.keras``, ``.onnx`` or ``.tflite``, or the folder of a run.
        paths: images, videos, and folders of them.
        to: a new file for the lines; by default none is kept.
        format: ``csv`` or ``jsonl``; by default that of the ending of ``to``, else csv.
        draw: a new folder for pictures with a frame around each face.
        every: predicts every K-th frame of a video.
        all_faces: predicts all faces of an image, not only the main one.
        batch_size: faces in memory.
        crop: how faces are cropped: ``trained``, ``none`` or ``detect``.

    Returns:
        A row for each face, with the columns of the command's table, or, for
        ``jsonl``, a column for each key of its objects.

    Raises:
        InputError: there is no such model, or a path or an option is wrong.
    """
    import pandas as pd  # noqa: PLC0415 - slow

    from models.predict import FORMATS, JSON_LINES, format_of, predict_files  # noqa: PLC0415

    if format is not None:
        check_choice("format", format, FORMATS)
    check_choice("crop", crop, CROPS_IN_USE)
    chosen = format_of(path_or_none(to), format)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"predictions.{chosen}" if to is None else Path(to)
        predict_files(
            model=Path(model),
            paths=[Path(path) for path in paths],
            to=file,
            every=every,
            all_faces=all_faces,
            batch_size=batch_size,
            crop=crop,
            format=chosen,
            draw=path_or_none(draw),
        )
        if chosen == JSON_LINES:
            return pd.read_json(file, lines=True)
        return pd.read_csv(file)


def explain(
    model: AnyPath,
    *paths: AnyPath,
    to: AnyPath | None = None,
    method: str = GRAD_CAM,
    every: int = 1,
    dose_response: Sequence[str] | None = None,
    crop: str = TRAINED,
) -> Path:
    """Shows where a model looks, as ``python -m models.explain`` does.

    Args:
        model: as for ``predict``; maps of faces need ``.keras``.
        paths: images, videos, and folders of them.
        to: a new folder; by default ``explanation`` beside the model.
        method: ``grad-cam`` or ``integrated-gradients``.
        every: explains every K-th frame of a video.
        dose_response: action units to vary on invented faces; ``()`` for those of the
            model.
        crop: as for ``predict``.

    Returns:
        The folder of the pictures.

    Raises:
        InputError: there is no such model, or a path or an option is wrong.
        RunError: no face could be explained.
    """
    from models.explain import FOLDER, explain_files  # noqa: PLC0415
    from models.inference.sidecar import model_file  # noqa: PLC0415

    check_choice("method", method, METHODS)
    check_choice("crop", crop, CROPS_IN_USE)
    file = model_file(Path(model))
    folder = path_or_none(to) or file.parent / FOLDER
    code = explain_files(
        model=file,
        paths=[Path(path) for path in paths],
        to=folder,
        method=method,
        every=every,
        dose_response=None if dose_response is None else list(dose_response),
        crop=crop,
    )
    if code:
        raise RunError(f"{folder}: no face could be explained; give other images")
    return folder


def live(  # noqa: PLR0913 - by name only, as the options of the command
    model: AnyPath,
    *,
    source: AnyPath | None = None,
    port: int = 0,
    smooth: float = SMOOTH,
    exact: bool = False,
    record: AnyPath | None = None,
    crop: str = TRAINED,
) -> None:
    """Serves the live view until it is interrupted, as ``models.live`` does.

    Args:
        model: as for ``predict``.
        source: a video; by default the camera of the browser.
        port: of the page; 0: a free one.
        smooth: weight of the previous frame, from 0 to 0.99.
        exact: detects the face in every frame.
        record: a new table for the predictions.
        crop: as for ``predict``.

    Raises:
        InputError: there is no such model, or an option is wrong.
    """
    from models.live.__main__ import serve_live  # noqa: PLC0415

    check_choice("crop", crop, CROPS_IN_USE)
    serve_live(
        model=Path(model),
        source=path_or_none(source),
        port=port,
        smooth=smooth,
        exact=exact,
        record=path_or_none(record),
        crop=crop,
    )


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Refuses a value that is none of the choices."""
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, found {value!r}")
