"""Initial weights of a study's backbones: which files, and what trained them."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from shlex import quote
from typing import Any

from data_pipeline.files.folder_names import check_folder_name, run_name
from data_pipeline.files.safe_open import sha256
from data_pipeline.system.errors import StudyError, suggest
from models.config.backbone_catalogue import BACKBONES
from models.config.backbone_sizes import is_size
from models.config.config import DataSpec, GraphConfig, complete, model_config
from models.config.hyperparameters import HYPERPARAMETERS, OWN_LOSSES, STANDARD, Value
from models.pretrained.shelf import SHELF, ShelfRow, find_row
from models.pretrained.sources import IMAGENET, NONE, LoadedWeights, check_graph
from search.inputs.provenance import (
    check_digest,
    has_provenance,
    has_seen,
    trained_on,
    training_data,
    training_data_of,
)
from search.run_folder import studies_in
from search.study.space import Choices, Domain, SearchSpace

STUDY = "study:"
"""Prefix of a ``backbone.weights`` that names an earlier study."""

KEYS = frozenset({"backbone.name", "backbone.weights", "backbone.normalization"})
LOSS_KEYS = frozenset(f"loss.{head}" for head in OWN_LOSSES)
INPUT_KEYS = frozenset({"backbone.image_size"})


def backbone_choices(
    space: SearchSpace, keys: frozenset[str] = KEYS
) -> Iterator[dict[str, Value]]:
    """Yields each combination of ``keys`` that a space can reach, once.

    Of a range only its two ends are taken. Conditions between the keys hold.
    """
    kept = [parameter for parameter in space.parameters if parameter.key in keys]
    between = tuple(
        replace(
            p, domain=_ends(p.domain), when=tuple(c for c in p.when if c[0] in keys)
        )
        for p in kept
    )
    for point in SearchSpace(parameters=between, fixed=space.fixed).parameter_sets():
        values = complete({**dict(space.fixed), **point})
        yield {key: values[key] for key in keys if key in values}


def _ends(domain: Domain) -> Choices:
    """Takes all choices, or the ends of a range."""
    if isinstance(domain, Choices):
        return domain
    # 0 stands for the default size: the smallest real size comes after it.
    second = domain.low + (domain.step or 1)
    least = (domain.low, second) if domain.low == 0 < second <= domain.high else ()
    return Choices(values=tuple(dict.fromkeys((*least, domain.low, domain.high))))


def graphs_to_check(space: SearchSpace, data_spec: DataSpec) -> list[GraphConfig]:
    """Lists the distinct graphs of a space that may not be built as the study says.

    Their backbone is pretrained, or it or a loss is the user's own.
    """
    found: dict[GraphConfig, None] = {}
    own = own_backbones(space) or own_losses(space)
    if _weights(space) == {NONE} and not own:
        return []
    keys = KEYS | LOSS_KEYS | _size_keys(space) | INPUT_KEYS
    for values in backbone_choices(space, keys):
        registered = values["backbone.name"] in BACKBONES
        standard = {values[key] for key in LOSS_KEYS} == {STANDARD}
        if values["backbone.weights"] != NONE or not (registered and standard):
            found[model_config(values, data_spec).graph] = None
    return list(found)


def own_losses(space: SearchSpace) -> list[tuple[str, str]]:
    """Lists head and name of each own loss in a space."""
    return [
        (head, str(name))
        for head in OWN_LOSSES
        for name in space.ends(f"loss.{head}", STANDARD)
        if name != STANDARD
    ]


def own_backbones(space: SearchSpace) -> list[str]:
    """Lists the backbones of a space that are the user's own."""
    default = HYPERPARAMETERS["backbone.name"].default
    names = map(str, space.ends("backbone.name", default))
    return [name for name in names if name not in BACKBONES]


def _size_keys(space: SearchSpace) -> frozenset[str]:
    """Lists the keys of a space that set a backbone's sizes, and all registered."""
    searched = {parameter.key for parameter in space.parameters}
    keys = {*HYPERPARAMETERS, *searched, *dict(space.fixed)}
    return frozenset(filter(is_size, keys))


def study_models(
    space: SearchSpace, runs: Path, study: str, *, synthetic: bool
) -> tuple[tuple[str, str], ...]:
    """Finds the model file of each earlier study that ``backbone.weights`` names.

    ``runs`` is the folder of all runs. A study on synthetic faces takes models of
    synthetic faces only, and one on real faces real ones.

    Raises:
        StudyError: such a run has no model; the message has the command to train it.
    """
    named = sorted(w for w in _weights(space) if w.startswith(STUDY))
    return tuple(
        (w, str(_model_of(w, runs, study, synthetic=synthetic))) for w in named
    )


def check_buildable(space: SearchSpace, data_spec: DataSpec) -> None:
    """Refuses a space with a backbone or weights that these images do not fit."""
    for values in backbone_choices(space, KEYS | INPUT_KEYS):
        check_graph(model_config(values, data_spec).graph)


def check_not_trained_on(
    space: SearchSpace,
    data_spec: DataSpec,
    *,
    dataset: str,
    synthetic: bool,
    tested: Mapping[str, str] | None = None,
) -> None:
    """Refuses initial weights that were trained on the images of this study.

    With another split the model was trained on subjects that are held out here; with
    the same one, on images that validate trials here, whose values would be too high.

    ``tested`` maps the digest of each model that was tested on these people to its
    run: each was trained on others of the data set.

    Raises:
        StudyError: the weights, or what they were initialized with, were trained on
            the same images; or their description belongs to another model.
    """
    for name, row in _shelf_rows(space):
        if has_seen(training_data_of(row), dataset, synthetic=synthetic):
            raise _seen(name, f" ({row.package} {row.version})", dataset)
    for name, path in _files(space, data_spec):
        check_digest(name, path)
        run = tested.get(sha256(path)) if tested else None
        if run or trained_on(path, dataset, synthetic=synthetic):
            raise _seen(name, f" (the model of run {run})" if run else "", dataset)


def _seen(name: str, whose: str, dataset: str) -> StudyError:
    return StudyError(
        f"backbone.weights {name}: this model{whose} was trained on the "
        f"images of {dataset}. Some of them validate trials here and others "
        "are held out, so every value would be too high; start from a model "
        "of another data set"
    )


def weight_digests(space: SearchSpace, data_spec: DataSpec) -> dict[str, str]:
    """Digests the weight files, so that a changed file of the same name is noticed."""
    digests = {name: sha256(path) for name, path in _files(space, data_spec)}
    digests |= {name: row.sha256 for name, row in _shelf_rows(space)}
    return {f"backbone.weights {name}": digest for name, digest in digests.items()}


def provenance_warnings(space: SearchSpace, data_spec: DataSpec) -> list[str]:
    """Returns a line for each weight file whose training data are unknown."""
    named = [
        f"backbone.weights {name}: these weights were trained on "
        f"{row.training_data}, of which no list is published. If they include people "
        "who are held out here, the result is too high. The report repeats this "
        "warning"
        for name, row in _shelf_rows(space)
        if row.unnamed
    ]
    return named + [
        f"backbone.weights {name}: the training data of this file are unknown. If "
        "they include people who are held out here, the result is too high. The "
        "report repeats this warning"
        for name, path in _files(space, data_spec)
        if not has_provenance(path)
    ]


def sidecar_entry(
    weights: str, data_spec: DataSpec, loaded: LoadedWeights | None
) -> dict[str, Any]:
    """Describes the initial weights of a model for its sidecar.

    ``loaded`` is ``None`` where the backbone was initialized at random: no entry.
    """
    if loaded is None:
        return {}
    sidecar: dict[str, Any] = {"weights": weights, **asdict(loaded)}
    if weights.startswith(SHELF):
        row = find_row(weights)
        sidecar |= {"sha256": row.sha256, "trained_on": training_data_of(row)}
        sidecar |= {"unknown": True} if row.unnamed else {}
    elif weights != IMAGENET:
        path = Path(dict(data_spec.models).get(weights, weights))
        sidecar |= {"sha256": sha256(path), "trained_on": training_data(path)}
        sidecar |= {} if has_provenance(path) else {"unknown": True}
    return {"start": sidecar}


def report_entry(sidecar: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a report's entry on the initial weights, from a model's sidecar."""
    start = sidecar.get("start")
    if start is None:
        return {}
    counts = {key: len(start[key]) for key in ("loaded", "skipped")}
    unknown = {"unknown": True} if start.get("unknown") else {}
    return {"start": {"weights": start["weights"], **counts, **unknown}}


def _model_of(weights: str, runs: Path, study: str, *, synthetic: bool) -> Path:
    name = weights.removeprefix(STUDY)
    if not name:
        raise StudyError(
            f'backbone.weights "{weights}": names no study; write study:NAME, where '
            "NAME is the study whose model is wanted"
        )
    check_folder_name(name, f"backbone.weights {weights[:300]!r}")
    if name == study:
        raise StudyError(
            f'backbone.weights "{weights}": a study cannot start from its own model; '
            "name another study, or copy this one's file under another name"
        )
    having = studies_in(runs, "model.json", synthetic=synthetic)
    path = runs / run_name(name, synthetic=synthetic) / "model.keras"
    if name in having and not path.is_file():
        raise StudyError(
            f'backbone.weights "{weights}": {path} is missing, but its description '
            "is there; restore it, or use other weights"
        )
    if name not in having:
        others = suggest(name, having) if having else "no other study has one"
        data = "synthetic" if synthetic else "DIR"
        train = f"--study {quote(name)} --data {data} --out {quote(str(runs))}"
        raise StudyError(
            f'backbone.weights "{weights}": there is no model of a study {name} '
            f"{'on synthetic faces ' if synthetic else ''}in {runs}; {others}; or "
            f"train it first: python -m search.run {train}"
        )
    return path


def _weights(space: SearchSpace) -> set[str]:
    return {str(values["backbone.weights"]) for values in backbone_choices(space)}


def _files(space: SearchSpace, data_spec: DataSpec) -> list[tuple[str, Path]]:
    """Lists the weight files of a space, each with the study's name for it."""
    models = dict(data_spec.models)
    named = sorted(_weights(space) - {NONE, IMAGENET})
    return [
        (name, Path(models.get(name, name)))
        for name in named
        if not name.startswith(SHELF)
    ]


def _shelf_rows(space: SearchSpace) -> list[tuple[str, ShelfRow]]:
    """Lists the weights of the shelf in a space, each with the study's name for it."""
    named = sorted(name for name in _weights(space) if name.startswith(SHELF))
    return [(name, find_row(name)) for name in named]
