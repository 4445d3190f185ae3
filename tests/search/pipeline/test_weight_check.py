"""Initial weights: which layers of a backbone are loaded, and which are not."""

from types import SimpleNamespace

import pytest

from data_pipeline.own_code.laws import ConformanceError
from models.config.config import DataSpec
from models.pretrained.sources import LoadedWeights
from search.inputs.run import Run
from search.pipeline import weight_check
from search.pipeline.weight_check import check_initial_weights, describe_weights, load
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.models import graph_config
from tests.factories.runs import write_study

PART = LoadedWeights(loaded=("stem", "stage1"), skipped=("stage2", "stage3"))
WHOLE = LoadedWeights(loaded=("stem", "stage1", "stage2", "stage3"), skipped=())
SMALL = "residual_cnn (blocks 1, filters 8)"


@pytest.mark.parametrize(
    ("names", "source"),
    [({}, "/fer.keras"), ({"/fer.keras": "study:fer"}, "study:fer")],
)
def test_layers_are_named(names, source):
    """Where some do not fit, those taken and those at random are both named."""
    graph = graph_config(backbone__weights="/fer.keras")

    assert describe_weights(names, graph, PART) == (
        f"initial weights: {SMALL} loads 2 of 4 layers of {source}: stem, stage1; "
        "at random: stage2, stage3"
    )
    assert describe_weights(names, graph, WHOLE) == (
        f"initial weights: {SMALL} loads all 4 layers of {source}"
    )


def constant(target, logits):
    """A loss that learns nothing: the same for all logits."""
    del target, logits
    return 1.0


def test_a_loss_that_breaks_laws_is_refused(tmp_path, monkeypatch):
    """Before any training, with the key, what was broken, and the way out."""
    name = f"{__name__}:constant"
    study = read_study(str(write_study(tmp_path)), settings=[f"loss.emotion={name}"])
    data_spec = DataSpec(
        image_size=32, channels=1, emotions=("a", "b"), action_units=()
    )
    monkeypatch.setattr(
        weight_check, "_load_all", lambda graphs, _: [load(graph) for graph in graphs]
    )
    folder = RunFolder(out=tmp_path, name="run")
    run = Run(study=study, data=SimpleNamespace(data_spec=data_spec), folder=folder)
    with pytest.raises(ConformanceError) as found:
        check_initial_weights(run)
    head, *laws, way = str(found.value).splitlines()
    assert head == f'"loss.emotion": {name} breaks laws of losses:'
    assert tuple(law.strip() for law in laws) == found.value.broken
    assert way == f"Correct {name}, or name another (see Own code in studies/README.md)"


def test_weights_are_loaded_once_and_reported_each_time(tmp_path, monkeypatch):
    """A run loads its initial weights once, and reports them at each start."""
    path = tmp_path / "fer.keras"
    path.write_text("weights")
    study = read_study(
        str(write_study(tmp_path)), settings=[f"backbone.weights={path}"]
    )
    data_spec = DataSpec(
        image_size=32, channels=1, emotions=("a", "b"), action_units=()
    )
    folder = RunFolder(out=tmp_path, name="run")
    folder.make()
    tried = []

    def found(structures, progress):
        progress("checking initial weights", 0, len(structures))
        tried.extend(structures)
        return [PART]

    monkeypatch.setattr(weight_check, "_load_all", found)
    run = Run(study=study, data=SimpleNamespace(data_spec=data_spec), folder=folder)
    line, unknown = check_initial_weights(run)
    again = check_initial_weights(run)

    assert "stem, stage1; at random: stage2, stage3" in line
    assert "the training data of this file are unknown" in unknown
    assert again == [line, unknown]
    assert [one.weights for one in tried] == [str(path)]
