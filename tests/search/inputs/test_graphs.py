"""How many graphs a space has, and what they share."""

from pathlib import Path

import pytest

from models.config.config import DataSpec, SharedGraph, model_config
from search.inputs.graphs import describe_graphs, graphs_of, shared_graph
from search.study.study import read_study
from tests.factories.texts.study_file import STUDY, study

STUDIES = Path(__file__).parents[3] / "studies"


def study_of(space):
    """Checks a study with another space."""
    head, _ = STUDY.split("[space]")
    return study(text=f"{head}[space]\n{space}")


def _spec(space, side=96):
    return DataSpec(
        image_size=side,
        channels=1,
        emotions=("a", "b"),
        action_units=("AU1",),
        shared=shared_graph(space),
    )


@pytest.mark.parametrize("name", ["smoke", "ckplus", "ferplus", "affectnet"])
def test_a_graph_for_each_backbone_and_its_sizes(name):
    """In the studies only a backbone and its sizes need a graph."""
    space = read_study(str(STUDIES / f"{name}.toml")).space
    graphs = graphs_of(space, _spec(space, side=224))
    kinds = {(g.backbone, g.sizes, g.resize_to) for g in graphs}

    assert len(graphs) == len(kinds) > 0


def test_every_value_of_a_space_is_allowed():
    """A graph of the space allows the widest layer, none, averages and sharp steps."""
    text = (
        '"head.dense_units" = [0, 64, 256]\n"training.ema" = [0.0, 0.9]\n'
        '"training.sam_rho" = [0.0, 0.1]\n'
        '"backbone.normalization" = ["own", "development"]\n'
    )
    space = study_of(text).space
    every = SharedGraph(
        dense_width=256,
        dense_optional=True,
        weight_averaging=True,
        sharpness_aware=True,
        standardized=True,
    )
    assert shared_graph(space) == every


def test_nothing_is_allowed_that_no_value_needs():
    """A space with one width, no average and no sharp steps keeps its graphs small."""
    space = study_of('"training.learning_rate" = { low = 1e-4, high = 1e-2 }\n').space
    needed = shared_graph(space)

    assert not needed.dense_optional
    assert not needed.weight_averaging
    assert not needed.sharpness_aware
    assert not needed.standardized


def test_any_trial_has_one_of_the_graphs():
    """Each parameter set of a grid is trained in a graph that was counted."""
    text = (
        '"backbone.blocks" = { low = 1, high = 3 }\n'
        '"training.optimizer" = ["adam", "sgd"]\n"head.dense_units" = [0, 8]\n'
    )
    space = study_of(text).space
    spec = _spec(space)
    graphs = graphs_of(space, spec)
    trained = {
        model_config(space.config(params), spec).graph
        for params in space.parameter_sets()
    }

    assert trained == graphs
    assert len(graphs) == 3


def test_graphs_of_a_logarithmic_range():
    """Each integer of a logarithmic range of a size has its own graph."""
    space = study_of('"backbone.filters" = { low = 8, high = 13, log = true }\n').space

    assert len(graphs_of(space, _spec(space))) == 6


def test_pretrained_weights_and_pixel_scales(tmp_path):
    """With pretrained weights each pixel scale is a graph; with random ones it is not.

    Weights expect one scale, so theirs is fixed in the graph.
    """
    file = tmp_path / "model.keras"
    file.touch()
    text = (
        f'"backbone.weights" = ["none", "{file}"]\n'
        '"backbone.normalization" = ["own", "development"]\n'
    )
    space = study_of(text).space
    graphs = graphs_of(space, _spec(space))

    assert sorted((g.weights != "none", g.standardized) for g in graphs) == [
        (False, True),
        (True, False),
        (True, True),
    ]


def test_large_spaces_are_not_enumerated():
    """A space of a million sizes is described at once, by the graphs seen so far."""
    text = (
        '"backbone.filters" = { low = 8, high = 512 }\n'
        '"backbone.blocks" = { low = 1, high = 12 }\n'
        '"backbone.image_size" = { low = 32, high = 96 }\n'
    )
    space = study_of(text).space
    line = describe_graphs(space, _spec(space), at_most=20)

    assert line == "this space has at least 20 graphs to compile"
    few = study_of('"backbone.blocks" = [1, 2]\n').space
    assert describe_graphs(few, _spec(few)) == "this space has 2 graphs to compile"
