"""What is said of a start: the layers that a backbone takes, and those it does not."""

from types import SimpleNamespace

import pytest

from models.config.config import DataSpec
from models.pretrained.sources import LoadedWeights
from search.pipeline import weight_check
from search.pipeline.weight_check import start_line, told_starts
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
def test_layers_are_told_by_name(names, source):
    """Where some do not fit, those taken and those at random are both named."""
    graph = graph_config(backbone__weights="/fer.keras")

    assert start_line(names, graph, PART) == (
        f"start: {SMALL} takes 2 of 4 layers of {source}: stem, stage1; "
        "at random: stage2, stage3"
    )
    assert start_line(names, graph, WHOLE) == (
        f"start: {SMALL} takes all 4 layers of {source}"
    )


def test_starts_are_told_again_and_tried_once(tmp_path, monkeypatch):
    """A run tells the same of its start each time, and tries it the first time."""
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

    def found(graphs, progress):
        progress("trying initial weights", 0, len(graphs))
        tried.extend(graphs)
        return [PART]

    monkeypatch.setattr(weight_check, "_tried", found)
    words = (study, SimpleNamespace(data_spec=data_spec), folder, lambda *_: None)
    line, unknown = told_starts(*words)
    again = told_starts(*words)

    assert "stem, stage1; at random: stage2, stage3" in line
    assert "nothing in or beside this file says" in unknown
    assert again == [line, unknown]
    assert [one.weights for one in tried] == [str(path)]
