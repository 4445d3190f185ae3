"""FER2013's own labels: small square faces in folders of seven emotions."""

from collections.abc import Iterable

from data_pipeline.labels.labels import FER2013_EMOTIONS, FERPLUS_PARTITIONS
from data_pipeline.synthetic.layouts.ferplus import SIDE, shots
from data_pipeline.synthetic.layouts.picture import Picture
from data_pipeline.synthetic.population.plan import Sequence

_USAGES = {part: usage for usage, part in FERPLUS_PARTITIONS.items()}


def pictures(sequences: Iterable[Sequence]) -> list[Picture]:
    """Lists the pictures; contempt is no emotion of FER2013."""
    return [
        Picture(
            path=(
                f"{'train' if shot.part == 'train' else 'test'}/{shot.emotion}/"
                f"{_USAGES[shot.part]}_{number}.png"
            ),
            sequence=shot.sequence,
            frame=shot.frame,
            side=SIDE,
        )
        for number, shot in enumerate(shots(sequences))
        if shot.emotion in FER2013_EMOTIONS
    ]


def labels(_sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes nothing: the folders are the labels."""
    return {}
