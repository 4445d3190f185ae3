"""Where initial weights come from, checked before Keras is loaded."""

import os
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.system.errors import StudyError, WeightsError
from models.config.backbone_catalogue import BACKBONES, WeightsFile
from models.config.backbone_sizes import backbone_entry
from models.config.config import GraphConfig
from models.config.hyperparameters import DEVELOPMENT, OWN
from models.pretrained.shelf import SHELF, check_fits

NONE = "none"
IMAGENET = "imagenet"
SUFFIXES = (".keras", ".weights.h5", ".h5")
"""Files that a backbone can start from; the last is that of Keras 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedWeights:
    """Names of a backbone's layers that initial weights were loaded into.

    ``skipped`` are its layers that the weights lack, or have in another shape.
    """

    loaded: tuple[str, ...]
    skipped: tuple[str, ...]


def check_graph(graph: GraphConfig) -> None:
    """Refuses a graph that cannot be built, without building it.

    Args:
        graph: of a study.

    Raises:
        StudyError: the images are too small for the backbone.
        WeightsError: the backbone has no such initial weights, or they expect
            pixels of another scale.
    """
    smallest = backbone_entry(graph.backbone).smallest
    key = "backbone.image_size" if graph.resize_to else "data.image_size"
    if graph.input_size < smallest:
        raise StudyError(
            f"backbone.name {graph.backbone} needs images of at least {smallest} "
            f"pixels a side, found {key} = {graph.input_size}; raise {key} or leave "
            "the backbone out"
        )
    check_weights(graph.backbone, graph.weights)
    if not graph.standardized:
        return
    if graph.weights.endswith(".h5"):
        raise WeightsError(
            f'backbone.normalization = "{DEVELOPMENT}" cannot go with '
            f"backbone.weights = {graph.weights}: such a file does not state that "
            "its weights expect pixels of that scale, as a .keras file does; export "
            f'one, or set backbone.normalization = "{OWN}"'
        )
    if graph.weights == IMAGENET or graph.weights.startswith(SHELF):
        raise WeightsError(
            f'backbone.normalization = "{DEVELOPMENT}" cannot go with '
            f'backbone.weights = "{graph.weights}": those weights expect pixels as '
            f"{graph.backbone} scales them; set one of the two otherwise, or give "
            f'backbone.normalization a when = {{ "backbone.weights" = ["{NONE}"] }}'
        )


def check_weights(backbone: str, weights: str) -> None:
    """Refuses initial weights that cannot exist, without network and without Keras.

    ``weights`` is ``"none"``, ``"imagenet"``, ``"shelf:NAME"`` or a file.

    Raises:
        WeightsError: no such weights are published, or there is no such file.
    """
    if weights == NONE:
        return
    if weights == IMAGENET:
        if backbone_entry(backbone).imagenet is None:
            raise WeightsError(_no_imagenet(backbone))
        return
    if weights.startswith(SHELF):
        check_fits(backbone, weights)
        return
    path = Path(weights)
    if not path.is_file() or not path.name.endswith(SUFFIXES):
        raise WeightsError(
            f'backbone.weights is "none", "imagenet", "shelf:NAME", "study:NAME" or '
            f"a model's file ({' or '.join(SUFFIXES)}, in small letters), found "
            f"{weights!r}, "
            f"which is {'another kind of file' if path.is_file() else 'no file'}; "
            f'give the path of one, or set backbone.weights = "none"'
        )


def weights_folder() -> Path:
    """Returns the folder where Keras looks for weight files before downloading."""
    home = os.environ.get("KERAS_HOME", str(Path.home() / ".keras"))
    return Path(home) / "models"


def not_downloaded(backbone: str, file: WeightsFile, reason: object) -> WeightsError:
    """Makes the error for ImageNet weights that could not be downloaded."""
    return WeightsError(
        f'backbone.weights = "imagenet" for {backbone} needs the file {file.name}'
        f"{f' (digest {file.digest})' if file.digest else ''}, which is not in "
        f"{weights_folder()} and could not be downloaded from {file.url} ({reason}); "
        f'put the file into that folder, or set backbone.weights = "none"'
    )


def _no_imagenet(backbone: str) -> str:
    having = [name for name, facts in BACKBONES.items() if facts.imagenet]
    return (
        f'backbone.weights = "imagenet" is for {", ".join(having)}; Keras publishes '
        f'none of {backbone}: set backbone.weights = "none", or leave {backbone} out '
        f"of backbone.name"
    )
