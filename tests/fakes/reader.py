"""A reader of flat folders with images such as S01_happiness.png, from outside."""

from data_pipeline.dataset.sample_table import Sample, sample_table
from data_pipeline.readers.reader import DEFAULTS

LAYOUT = "images such as S01_happiness.png"
OBTAIN = "Take photographs."


def detect(root):
    """Detects a folder with such images."""
    return any(root.glob("S*_*.png"))


def read(root, options=DEFAULTS):
    """Reads subject and emotion from the names."""
    options.check_no_frames(root)
    samples = [_sample(path) for path in sorted(root.glob("S*_*.png"))]
    return sample_table(samples, root=root, action_units=(), source="flat", channels=1)


def _sample(path):
    subject, _, emotion = path.stem.partition("_")
    return Sample(
        image=path.name,
        subject=subject,
        sequence=None,
        emotion=emotion,
        high_level_emotion=None,
        action_units={},
        place=path.name,
    )
