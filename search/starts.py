"""What the backbones of a study start from: which files, and whom those have seen."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_pipeline.errors import StudyError
from models.config import Frame, complete, model_config
from models.settings import Value
from models.weights import IMAGENET, NONE, check_structure
from search.run_folder import sha256
from search.space import SearchSpace

KEYS = frozenset({"backbone.name", "backbone.weights", "backbone.normalization"})


def starts(space: SearchSpace) -> Iterator[dict[str, Value]]:
    """Walks the starts that a space can reach: backbone, weights, normalization.

    Args:
        space: of a study; conditions between these keys are respected.

    Yields:
        Values of ``KEYS``, each combination once.
    """
    kept = [parameter for parameter in space.parameters if parameter.key in KEYS]
    between = tuple(
        replace(p, when=tuple(c for c in p.when if c[0] in KEYS)) for p in kept
    )
    for point in SearchSpace(parameters=between, fixed=space.fixed).points():
        values = complete({**dict(space.fixed), **point})
        yield {key: values[key] for key in KEYS}


def files(space: SearchSpace) -> list[str]:
    """Lists the weight files of a space."""
    found = {str(start["backbone.weights"]) for start in starts(space)}
    return sorted(found - {NONE, IMAGENET})


def check_space(space: SearchSpace, frame: Frame) -> None:
    """Refuses a space with a backbone or weights that these images cannot feed.

    Raises:
        StudyError: names the first configuration that cannot be built.
        WeightsError: a backbone has no such weights, or there is no such file.
    """
    for start in starts(space):
        check_structure(model_config(start, frame).structure)


def check_seen(space: SearchSpace, *, dataset: str, drawn: bool, hold_out: str) -> None:
    """Refuses a model that may have been trained on this study's hold-out.

    Args:
        space: of the study.
        dataset: its data set.
        drawn: whether its data are drawn.
        hold_out: the key of its hold-out.

    Raises:
        StudyError: a start was trained on the same data set, split otherwise.
    """
    for name in files(space):
        described = _described(Path(name))
        data = described.get("data", {})
        same = (data.get("dataset"), described.get("drawn")) == (dataset, drawn)
        if same and data.get("hold_out") != hold_out:
            raise StudyError(
                f"backbone.weights {name}: this model was trained on {dataset} with "
                "another hold-out, so it has seen subjects that are held out here; "
                "start from one of the same split, or of another data set"
            )


def start_identity(space: SearchSpace) -> dict[str, str]:
    """Digests the weight files, so that another file of the same name is noticed."""
    return {f"backbone.weights {name}": sha256(Path(name)) for name in files(space)}


def _described(path: Path) -> Mapping[str, Any]:
    """Reads the description that lies beside a model of this project."""
    try:
        found = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
