"""Initial weights are tried before the first trial: each start of a space, once.

A file that fits nowhere would otherwise use up the budget, a failed trial after the
other. Models are built in a process of their own, which ends with it: the driver of a
search loads no Keras.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from functools import partial
from typing import Any

from data_pipeline.system.errors import RunError
from data_pipeline.system.workers import process_pool
from models.backend import prepare_process
from models.config.config import GraphConfig
from models.pretrained.sources import LoadedWeights
from search.inputs.initial_weights import donated, start_identity, unknown
from search.inputs.prepare import Labelled
from search.run_files import WEIGHT_CHECK, SavedWeightCheck, read_saved
from search.run_folder import RunFolder, write_json
from search.study.study import Study

MOST = 30
"""Starts that are tried; in a larger space the trials find out about the others."""

Progress = Callable[[str, int, int], None]


def told_starts(
    study: Study, labelled: Labelled, folder: RunFolder, progress: Progress
) -> list[str]:
    """Tries what backbones start from, and says what they take and what they do not.

    What was found is kept in the run's folder, and is not tried again.

    Args:
        study: the study.
        labelled: its data.
        folder: of its run.
        progress: sees it go on.

    Returns:
        A line for each start; none where every backbone starts at random.

    Raises:
        WeightsError: weights cannot be had, or do not fit.
    """
    every = donated(study.space, labelled.data_spec)
    graphs = every[:MOST]
    if not graphs:
        return []
    asked = {
        "graphs": [asdict(graph) for graph in graphs],
        "files": start_identity(study.space, labelled.data_spec),
    }
    kept = read_saved(folder.file(WEIGHT_CHECK), SavedWeightCheck)
    if kept is None or kept.asked != json.loads(json.dumps(asked)):
        found = _tried(graphs, progress)
        names = {path: name for name, path in labelled.data_spec.models}
        lines = map(partial(start_line, names), graphs, found)
        kept = SavedWeightCheck(asked=asked, lines=list(dict.fromkeys(lines)))
        write_json(folder.file(WEIGHT_CHECK), asdict(kept))
    left = len(every) - len(graphs)
    more = [f"start: {left} more are not tried before their trials"] if left else []
    return [*kept.lines, *more, *unknown(study.space, labelled.data_spec)]


def _tried(graphs: Sequence[GraphConfig], progress: Progress) -> list[LoadedWeights]:
    """Builds each start in a process of its own."""
    found: list[LoadedWeights] = []
    with process_pool(1) as pool:
        for graph in graphs:
            progress("trying initial weights", len(found), len(graphs))
            try:
                found.append(pool.submit(take, graph).result())
            except BrokenProcessPool as error:
                raise RunError(
                    f"backbone.weights {graph.weights}: the process that tried "
                    f"them with {graph.backbone} was killed, perhaps for want of "
                    "memory; free some, or leave this backbone out"
                ) from error
    progress("trying initial weights", len(found), len(graphs))
    return found


def take(graph: GraphConfig) -> LoadedWeights:
    """Builds a graph with its initial weights, and says what it took.

    Raises:
        WeightsError: they cannot be had, or do not fit.
        RunError: Keras cannot be imported.
    """
    prepare_process(cpus=1)
    from models.network.model import assemble  # noqa: PLC0415 - Keras, in a process for it
    from models.pretrained.loading import initial_weights, loaded_weights  # noqa: PLC0415

    model = assemble(graph)
    return loaded_weights(model, initial_weights(model, graph))


def start_line(
    names: Mapping[str, Any], graph: GraphConfig, start: LoadedWeights
) -> str:
    """Says which layers of a backbone are taken from elsewhere, and which are not.

    The head is no layer of the backbone: it always starts at random.

    Args:
        names: of files, as the study names them.
        graph: the graph.
        start: what its backbone starts from.
    """
    sizes = (("blocks", graph.blocks), ("filters", graph.filters))
    told = [f"{name} {size}" for name, size in sizes if size is not None]
    backbone = f"{graph.backbone} ({', '.join(told)})" if told else graph.backbone
    weights = names.get(graph.weights, graph.weights)
    count = len(start.loaded)
    if not start.skipped:
        return f"start: {backbone} takes all {count} layers of {weights}"
    return (
        f"start: {backbone} takes {count} of {count + len(start.skipped)} layers of "
        f"{weights}: {', '.join(start.loaded)}; at random: {', '.join(start.skipped)}"
    )
