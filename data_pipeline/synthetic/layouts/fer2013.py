"""FER2013's own labels: small square faces in folders of seven emotions."""

from collections.abc import Iterable

from data_pipeline.labels.labels import FER2013_EMOTIONS, FERPLUS_PARTITIONS
from data_pipeline.synthetic.layouts.ferplus import SIDE, samples
from data_pipeline.synthetic.layouts.layout import ImageSpec
from data_pipeline.synthetic.population.plan import Sequence

FOLLOWS = "The layout follows FER2013"
_USAGES = {part: usage for usage, part in FERPLUS_PARTITIONS.items()}


def images(sequences: Iterable[Sequence]) -> list[ImageSpec]:
    """Lists the images; contempt is not an emotion of FER2013."""
    return [
        ImageSpec(
            path=(
                f"{'train' if sample.part == 'train' else 'test'}/{sample.emotion}/"
                f"{_USAGES[sample.part]}_{number}.png"
            ),
            sequence=sample.sequence,
            frame=sample.frame,
            side=SIDE,
        )
        for number, sample in enumerate(samples(sequences))
        if sample.emotion in FER2013_EMOTIONS
    ]


def labels(_: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes nothing: the folders are the labels."""
    return {}
