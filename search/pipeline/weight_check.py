"""Initial weights are loaded once before the first trial, for each graph of a space.

A file that fits nowhere would otherwise cost the budget, one failed trial after the
other. Models are built in a separate process: the driver loads no Keras.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, replace
from typing import Any

from data_pipeline.own_code.named_code import digest
from data_pipeline.system.errors import RunError
from data_pipeline.system.workers import process_pool
from models.backend import prepare_process
from models.config.backbone_catalogue import OWN_BACKBONE
from models.config.config import GraphConfig
from models.config.hyperparameters import FULL, OWN_LOSSES, STANDARD
from models.conformance import check_loss
from models.pretrained.sources import NONE, LoadedWeights
from search.inputs.initial_weights import (
    graphs_to_check,
    own_backbones,
    own_losses,
    provenance_warnings,
    weight_digests,
)
from search.inputs.run import Run
from search.inputs.study_data import Progress
from search.run_files import WEIGHT_CHECK, SavedWeightCheck, read_saved
from search.run_folder import write_json
from search.study.space import SearchSpace

MOST = 30
"""Graphs that are checked; in a larger space the trials check the others."""


def check_initial_weights(run: Run) -> list[str]:
    """Builds each pretrained or own graph and describes which weights are loaded.

    The result is kept in the run's folder, and the graphs are not built again.
    Returns a line for each pretrained graph.

    Raises:
        WeightsError: weights are not available, or do not fit.
        StudyError: an own backbone cannot be built.
        ConformanceError: an own loss breaks a law of its kind.
    """
    space, data_spec = run.study.space, run.data.data_spec
    every = graphs_to_check(space, data_spec)
    graphs = every[:MOST]
    if not graphs:
        return []
    request = {
        "graphs": [asdict(graph) for graph in graphs],
        "files": weight_digests(space, data_spec),
    } | _own_digests(space)
    kept = read_saved(run.folder.file(WEIGHT_CHECK), SavedWeightCheck)
    if kept is None or kept.request != json.loads(json.dumps(request)):
        loaded = _load_all(graphs, run.progress)
        names = {path: name for name, path in data_spec.models}
        lines = [
            describe_weights(names, graph, layers)
            for graph, layers in zip(graphs, loaded, strict=True)
            if graph.weights != NONE
        ]
        kept = SavedWeightCheck(request=request, lines=list(dict.fromkeys(lines)))
        write_json(run.folder.file(WEIGHT_CHECK), asdict(kept))
    left = len(every) - len(graphs)
    more = [f"initial weights: {left} more are checked by trials"] if left else []
    return [*kept.lines, *more, *provenance_warnings(space, data_spec)]


def _own_digests(space: SearchSpace) -> dict[str, Any]:
    """Returns the digests of own backbones and losses, whose files may change."""
    own = [(OWN_BACKBONE, name) for name in own_backbones(space)]
    own += [(OWN_LOSSES[head], name) for head, name in own_losses(space)]
    return {"code": {name: digest(kind, name) for kind, name in own}} if own else {}


def _load_all(graphs: Sequence[GraphConfig], progress: Progress) -> list[LoadedWeights]:
    """Loads the weights of each graph in a separate process."""
    loaded: list[LoadedWeights] = []
    with process_pool(1) as pool:
        for graph in graphs:
            progress("checking initial weights", len(loaded), len(graphs))
            try:
                loaded.append(pool.submit(load, graph).result())
            except BrokenProcessPool as error:
                raise RunError(
                    f"backbone.weights {graph.weights}: the process that loaded them "
                    f"into {graph.backbone} ended by itself: memory may have run out, "
                    "or a script lacks its `if __name__ == '__main__':`; start again, "
                    "or leave this backbone out"
                ) from error
    progress("checking initial weights", len(loaded), len(graphs))
    return loaded


def load(graph: GraphConfig) -> LoadedWeights:
    """Builds a graph with its initial weights; returns which layers were loaded.

    Own losses are tried too.
    """
    prepare_process(cpus=1, gpus=0)
    from models.network.model import assemble  # noqa: PLC0415 - Keras, in a process for it
    from models.pretrained.loading import initial_weights, loaded_weights  # noqa: PLC0415

    for head in OWN_LOSSES:
        name = getattr(graph, f"{head}_loss")
        if name != STANDARD:
            check_loss(head, name, trained=False)
    model = assemble(replace(graph, stage=FULL))
    return loaded_weights(model, initial_weights(model, graph))


def describe_weights(
    names: Mapping[str, Any], graph: GraphConfig, loaded: LoadedWeights
) -> str:
    """Describes which layers of a backbone are loaded; ``names`` are the study's.

    The head is not counted: it is always initialized at random.
    """
    given = [f"{name} {value}" for name, value in graph.sizes]
    backbone = f"{graph.backbone} ({', '.join(given)})" if given else graph.backbone
    weights = names.get(graph.weights, graph.weights)
    count = len(loaded.loaded)
    if not loaded.skipped:
        return f"initial weights: {backbone} loads all {count} layers of {weights}"
    return (
        f"initial weights: {backbone} loads {count} of {count + len(loaded.skipped)} "
        f"layers of {weights}: {', '.join(loaded.loaded)}; "
        f"at random: {', '.join(loaded.skipped)}"
    )
