"""``--crop`` of the commands that use a model; light, for ``--help``."""

import argparse

TRAINED, NONE, DETECT = "trained", "none", "detect"
CROPS_IN_USE = (TRAINED, NONE, DETECT)
"""How a picture is cut: as in training, at its centre, or at the face in any case."""


def add_crop(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    parser.add_argument(
        "--crop",
        choices=CROPS_IN_USE,
        default=TRAINED,
        help="cut pictures as in training, take their centre, or look for the face "
        "whatever the model was trained on (default: trained)",
    )
