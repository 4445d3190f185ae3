"""What studies try first: complete configurations that train on drawn data."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from data_pipeline.decode_rows import decode_all
from data_pipeline.drawn import write_drawn
from models.assemble import ExpressionModel
from models.config import model_config
from models.training import Arrays, Part, WarmTrainer
from search.prepare import read_labels
from search.study import STUDIES, read_study

LAYOUTS = {"ckplus": "coursework", "ferplus": "ferplus", "affectnet": "affectnet"}
SMALL = ("data.image_size=32", "data.crop=none", "split.folds=1")
KNOWN = {
    name: [known.name for known in read_study(name).known]
    for name in sorted(path.stem for path in STUDIES.glob("*.toml"))
}


def test_studies_try_what_was_done_before_them():
    """Each study of real data begins with at least one published configuration."""
    assert {name for name, known in KNOWN.items() if known} == {
        *LAYOUTS,
        "ckplus_imagenet",
    }


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Reads the drawn data of each study, once."""
    read = {}
    for name, layout in LAYOUTS.items():
        root = tmp_path_factory.mktemp(name) / "drawn"
        write_drawn(root, layout=layout, subjects=8, seed=3)
        study = read_study(name, settings=SMALL)
        labelled = read_labels(study, root, drawn=True)
        pixels = decode_all(labelled.split.development, size=32)
        read[name] = (study, labelled, Arrays(images=pixels, targets=labelled.targets))
    return read


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "known"), [(name, k) for name in LAYOUTS for k in KNOWN[name]]
)
def test_trains(prepared, name, known, monkeypatch):
    """A known configuration trains for two epochs, with its whole network.

    A few rows and eager steps: tracing these networks costs more than running them.
    """
    compile_model = ExpressionModel.compile

    def eagerly(self, *words, **options):
        return compile_model(self, *words, **options | {"run_eagerly": True})

    monkeypatch.setattr(ExpressionModel, "compile", eagerly)
    study, labelled, arrays = prepared[name]
    (params,) = (one.params for one in study.known if one.name == known)
    config = model_config(study.space.config(params), labelled.frame)
    part = Part(train=np.arange(6), validation=np.arange(6, 9))
    scores = list(WarmTrainer().fit(replace(config, epochs=2), arrays, part, seed=1))
    keras.backend.clear_session()
    assert len(scores) == 2
    assert all(np.isfinite(score.loss) for score in scores)
    assert all(score.predictions.finite() for score in scores)
