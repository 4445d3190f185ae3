"""The outputs of a model, one by one: their names, ranges and texts."""

from dataclasses import dataclass

from data_pipeline.labels.labels import FACS_NAMES
from models.inference.csv_table import intensity_column
from models.inference.sidecar import Sidecar

EMOTION, UNITS, INTENSITIES, RATINGS = (
    "emotion",
    "action_units",
    "action_unit_intensities",
    "valence_arousal",
)
"""The heads, in the order of ``metrics.predictions.HEADS``."""

_RANGES = {
    EMOTION: (0.0, 1.0),
    UNITS: (0.0, 1.0),
    INTENSITIES: (0.0, 5.0),
    RATINGS: (-1.0, 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One number that a model gives for a face.

    Attributes:
        head: the head that it belongs to.
        label: its emotion, action unit or dimension.
        column: its name in the table of ``models.predict``.
    """

    head: str
    label: str
    column: str

    @property
    def range(self) -> tuple[float, float]:
        """Returns its lowest and its highest value."""
        return _RANGES[self.head]

    @property
    def title(self) -> str:
        """Returns its name for a person; two lines for an action unit."""
        unit = self.label + " intensity" * (self.head == INTENSITIES)
        called = FACS_NAMES.get(self.label, "")
        return f"{unit}\n{called}" if called else unit

    def text(self, value: float) -> str:
        """Formats a value.

        Example:
            >>> Output(head=EMOTION, label="fear", column="emotion_fear").text(0.731)
            '73 %'
            >>> Output(head=RATINGS, label="valence", column="valence").text(-0.2)
            '-0.20'
        """
        if self.head == INTENSITIES:
            return f"{value:.1f} of 5"
        return f"{value:+.2f}" if self.head == RATINGS else f"{100 * value:.0f} %"


def outputs_of(sidecar: Sidecar) -> tuple[Output, ...]:
    """Lists a model's outputs, in the order of its heads and labels."""
    return tuple(
        Output(head=head, label=label, column=_column(head, label))
        for head, labels in sidecar.heads().items()
        for label in labels
    )


def _column(head: str, label: str) -> str:
    if head == EMOTION:
        return f"emotion_{label}"
    return intensity_column(label) if head == INTENSITIES else label
