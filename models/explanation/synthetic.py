"""Explains a model on invented people: what it responds to, and where it looks.

No data are needed, and none of the people occur in the synthetic data set.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.synthetic.population.expressions import Shown
from models.engines.keras_engine import load_exported
from models.explanation.dose.faces import (
    LEVELS,
    PEOPLE,
    cropper_of,
    dosed_crops,
    people,
    shown_crop,
    varied_units,
)
from models.explanation.dose.response import DoseResponse
from models.explanation.explanation import Explanation
from models.explanation.outputs import outputs_of
from models.inference.predictor import Predictor
from models.inference.sidecar import Sidecar
from models.metrics.predictions import Predictions

Predict = Callable[[np.ndarray], Predictions]
Progress = Callable[[str, float, int | None], None]

EXPRESSIONS: Mapping[str, Shown] = {
    "happiness": {6: 4, 12: 4, 25: 4},
    "surprise": {1: 4, 2: 4, 5: 4, 25: 4, 27: 4},
    "sadness": {1: 4, 4: 3, 15: 4, 17: 4},
}
"""What the faces show that are mapped."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyntheticExplanation:
    """What a model does with invented people.

    Attributes:
        responses: one for each action unit that was varied.
        faces: what the face shows, and the model's maps for it.
    """

    responses: tuple[DoseResponse, ...]
    faces: Mapping[str, Explanation]


def explain_on_synthetic(
    path: Path, sidecar: Sidecar, *, cpus: int, count: int = PEOPLE
) -> SyntheticExplanation:
    """Varies every action unit of a model, and maps three expressions.

    Args:
        path: the ``.keras`` file.
        sidecar: its sidecar.
        cpus: threads it may use, where this process has not begun to compute.
        count: people.

    Returns:
        The responses and the maps.

    Raises:
        ModelError: the file is refused, or the installed Keras cannot load it.
    """
    predictor = Predictor(path, cpus=cpus)
    predictor.check(sidecar)
    # After Keras's environment is set.
    from models.explanation.explainer import Explainer  # noqa: PLC0415

    cropper = cropper_of(sidecar)
    responses = tuple(dose_responses(predictor.predict, sidecar, count=count))
    explainer = Explainer(load_exported(path, cpus=cpus), outputs_of(sidecar))
    subject = people(count)[-1]
    return SyntheticExplanation(
        responses=responses,
        faces={
            name: explainer.explain(shown_crop(subject, shown, cropper))
            for name, shown in EXPRESSIONS.items()
        },
    )


def dose_responses(
    predict: Predict,
    sidecar: Sidecar,
    *,
    units: Sequence[str] = (),
    count: int = PEOPLE,
    progress: Progress | None = None,
) -> Iterator[DoseResponse]:
    """Measures how a model responds to each unit.

    Raises:
        InputError: synthetic faces cannot show a unit.
    """
    outputs, ids, cropper = outputs_of(sidecar), people(count), cropper_of(sidecar)
    varied = varied_units(sidecar, units)
    for done, unit in enumerate(varied):
        if progress is not None:
            progress("varying action units", done, len(varied))
        crops = dosed_crops(unit, ids, cropper)
        heads = predict(crops.reshape(-1, *crops.shape[2:])).heads()
        values = np.concatenate([head for head in heads if head is not None], axis=1)
        yield DoseResponse(
            unit=unit,
            levels=LEVELS,
            outputs=outputs,
            values=values.reshape(len(ids), len(LEVELS), -1),
        )


def describe_responses(responses: Sequence[DoseResponse]) -> list[str]:
    """Says of each unit how far its own outputs moved, and which others did."""
    lines = []
    for response in responses:
        own = [f"{response.change[place]:+.2f}" for place in response.own()]
        moved = [
            f"{response.outputs[place].column} {response.change[place]:+.2f}"
            for place in response.unexpected()
        ]
        lines.append(
            f"{response.unit}: own output {', '.join(own) or 'none'}; "
            f"moves and should not: {', '.join(moved) or 'none'}"
        )
    return lines
