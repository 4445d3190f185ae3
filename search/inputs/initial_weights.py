"""What the backbones of a study start from: which files, and whom those have seen."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from data_pipeline.files.folder_names import check_folder_name, run_name
from data_pipeline.system.errors import StudyError, suggest
from models.config.config import DataSpec, GraphConfig, complete, model_config
from models.config.hyperparameters import Value
from models.pretrained.sources import IMAGENET, NONE, LoadedWeights, check_graph
from search.inputs.provenance import check_digest, has_seen, is_known, seen_by
from search.run_folder import sha256, studies_in
from search.study.space import Choices, Domain, SearchSpace

STUDY = "study:"
"""Begins a ``backbone.weights`` that names an earlier study."""

KEYS = frozenset({"backbone.name", "backbone.weights", "backbone.normalization"})
SIZES = frozenset({"backbone.blocks", "backbone.filters"})
SEEN = frozenset({"backbone.image_size"})


def starts(
    space: SearchSpace, keys: frozenset[str] = KEYS
) -> Iterator[dict[str, Value]]:
    """Walks the starts that a space can reach: backbone, weights, normalization.

    Args:
        space: of a study; conditions between these keys are respected.
        keys: other ones to walk.

    Yields:
        Values of the keys, each combination once; of a range its two ends.
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
        yield {key: values[key] for key in keys}


def _ends(domain: Domain) -> Choices:
    """Takes all choices, or the ends of a range."""
    if isinstance(domain, Choices):
        return domain
    # 0 means no size of its own: the smallest that is one comes after it.
    second = domain.low + (domain.step or 1)
    least = (domain.low, second) if domain.low == 0 < second <= domain.high else ()
    return Choices(values=tuple(dict.fromkeys((*least, domain.low, domain.high))))


def donated(space: SearchSpace, data_spec: DataSpec) -> list[GraphConfig]:
    """Lists the graphs of a space whose backbone does not start at random.

    Args:
        space: of the study.
        data_spec: what the data decide.

    Returns:
        GraphConfigs that differ in backbone, size, weights or normalization.
    """
    found: dict[GraphConfig, None] = {}
    if _weights(space) == {NONE}:
        return []
    for values in starts(space, KEYS | SIZES | SEEN):
        if values["backbone.weights"] != NONE:
            found[model_config(values, data_spec).graph] = None
    return list(found)


def models_of(
    space: SearchSpace, runs: Path, study: str, *, synthetic: bool
) -> tuple[tuple[str, str], ...]:
    """Finds the models of the earlier studies that a space starts from.

    Args:
        space: of the study.
        runs: the folder of all runs.
        study: its name.
        synthetic: whether its data are synthetic; its start must then be, too.

    Returns:
        Each such value of ``backbone.weights`` and the file of its model.

    Raises:
        StudyError: such a run has no model; names the command that makes one.
    """
    named = sorted(w for w in _weights(space) if w.startswith(STUDY))
    return tuple(
        (w, str(_model_of(w, runs, study, synthetic=synthetic))) for w in named
    )


def check_space(space: SearchSpace, data_spec: DataSpec) -> None:
    """Refuses a space with a backbone or weights that these images cannot feed.

    Raises:
        StudyError: names the first configuration that cannot be built.
        WeightsError: a backbone has no such weights, or there is no such file.
    """
    for start in starts(space, KEYS | SEEN):
        check_graph(model_config(start, data_spec).graph)


def check_seen(
    space: SearchSpace,
    data_spec: DataSpec,
    *,
    dataset: str,
    synthetic: bool,
    tested: Mapping[str, str] | None = None,
) -> None:
    """Refuses a model that has learned from the data of this study.

    Of another split it has seen subjects that are held out here; of the same one it
    has seen images that validate trials, whose values would be of faces it knows.

    Args:
        space: of the study.
        data_spec: knows the models of earlier studies.
        dataset: the study's data set.
        synthetic: whether its data are synthetic.
        tested: digests of the models that were tested on these people, and by which
            run; each has learned from others of the data set.

    Raises:
        StudyError: a start, or what that started from, was trained on the same
            images; or its description is another model's.
    """
    for name, path in _files(space, data_spec):
        check_digest(name, path)
        run = tested.get(sha256(path)) if tested else None
        if run or has_seen(path, dataset, synthetic=synthetic):
            whose = f" (it is that of run {run})" if run else ""
            raise StudyError(
                f"backbone.weights {name}: this model{whose} has learned from the "
                f"images of {dataset}, of which some validate trials here and others "
                "are held out: every value would be of faces that it knows; start from "
                "a model of another data set"
            )


def start_identity(space: SearchSpace, data_spec: DataSpec) -> dict[str, str]:
    """Digests the weight files, so that another file of the same name is noticed."""
    return {
        f"backbone.weights {name}": sha256(path)
        for name, path in _files(space, data_spec)
    }


def unknown(space: SearchSpace, data_spec: DataSpec) -> list[str]:
    """Says of which starts nobody knows what they were trained on.

    Args:
        space: of the study.
        data_spec: knows the models of earlier studies.

    Returns:
        A line for each file without a description of this project.
    """
    return [
        f"backbone.weights {name}: nothing in or beside this file says what it was "
        "trained on; if it has seen people that are held out here, the result is not "
        "what it says. Its report tells that"
        for name, path in _files(space, data_spec)
        if not is_known(path)
    ]


def start_card(
    weights: str, data_spec: DataSpec, start: LoadedWeights | None
) -> dict[str, Any]:
    """Describes what a model started from, for the card beside it.

    Args:
        weights: ``backbone.weights`` of its configuration.
        data_spec: knows the models of earlier studies.
        start: what was taken; ``None`` where the backbone was initialized at random.

    Returns:
        ``start`` with the layers, the file's digest and the data that it has seen, or
        nothing.
    """
    if start is None:
        return {}
    card: dict[str, Any] = {"weights": weights, **asdict(start)}
    if weights != IMAGENET:
        path = Path(dict(data_spec.models).get(weights, weights))
        card |= {"sha256": sha256(path), "seen": seen_by(path)}
        card |= {} if is_known(path) else {"unknown": True}
    return {"start": card}


def started(described: Mapping[str, Any]) -> dict[str, Any]:
    """Takes from a model's card what a report says of its start, if it had one."""
    start = described.get("start")
    if start is None:
        return {}
    counts = {key: len(start[key]) for key in ("loaded", "skipped")}
    told = {"unknown": True} if start.get("unknown") else {}
    return {"start": {"weights": start["weights"], **counts, **told}}


def _model_of(weights: str, runs: Path, study: str, *, synthetic: bool) -> Path:
    name = weights.removeprefix(STUDY)
    if not name:
        raise StudyError(
            f'backbone.weights "{weights}": names no study; say study:NAME, where NAME '
            "is the study whose model is wanted"
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
            f'backbone.weights "{weights}": {path} is gone, though its description is '
            "there; put it back, or start from something else"
        )
    if name not in having:
        known = suggest(name, having) if having else "no other study has one"
        data = "synthetic" if synthetic else "DIR"
        train = f"python -m search.run --study {name} --data {data} --out {runs}"
        raise StudyError(
            f'backbone.weights "{weights}": there is no model of a study {name} '
            f"{'on synthetic faces ' if synthetic else ''}in {runs}; {known}; or train "
            f"it first: {train}"
        )
    return path


def _weights(space: SearchSpace) -> set[str]:
    return {str(start["backbone.weights"]) for start in starts(space)}


def _files(space: SearchSpace, data_spec: DataSpec) -> list[tuple[str, Path]]:
    """Lists the weight files of a space by the names that it has for them."""
    models = dict(data_spec.models)
    named = sorted(_weights(space) - {NONE, IMAGENET})
    return [(name, Path(models.get(name, name))) for name in named]
