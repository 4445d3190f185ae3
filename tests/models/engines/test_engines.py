"""Engines keep one law: the same numbers for the same pixels, whoever computes them."""

import json
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from data_pipeline.system.errors import InputError, ModelError
from models.conversion.agreement import largest_difference
from models.conversion.formats import FORMATS
from models.conversion.saved_model import CARD
from models.engines import ENGINES, FOLDER, open_engine
from models.explanation.synthetic import dose_responses
from models.inference.predictor import Predictor
from models.inference.sidecar import read_sidecar
from tests.factories.exported_model import SIZE, THRESHOLDS, exported, predicted
from tests.factories.formats.converted import converted
from tests.factories.models import EMOTIONS
from tests.factories.runs import ROOT

NAMES = {".keras": "keras", ".onnx": "onnx", ".tflite": "litert", FOLDER: "savedmodel"}
NUMBERS = (*(f"emotion_{each}" for each in EMOTIONS), "AU1", "AU12", "valence")
OTHERS = [ending for ending in NAMES if ending != ".keras"]


def raw(count):
    """Draws raw pixels."""
    shape = (count, SIZE, SIZE, 3)
    return np.random.default_rng(4).integers(0, 256, shape).astype(np.uint8)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """One model of all heads in the file of each engine, by its ending."""
    folder = tmp_path_factory.mktemp("engines")
    model = exported(
        folder, channels=3, intensities=("AU2",), dimensions=("valence", "arousal")
    )
    return {
        ending: converted(model, name, folder, raw(2))[0]
        for ending, name in NAMES.items()
    }


@pytest.mark.slow
def test_a_model_that_cannot_be_computed(paths, monkeypatch):
    """An error of an engine's own, on pixels of the right shape, is one message."""
    model = Predictor(paths[".keras"], cpus=1)

    def fail(pixels):
        del pixels
        raise OverflowError("a stride is too large\nand more")

    monkeypatch.setattr(model._engine, "predict", fail)  # noqa: SLF001 - no file
    with pytest.raises(ModelError, match=r"keras was loaded, .*: a stride is too l"):
        model.predict(raw(2))


def test_each_engine_is_under_test():
    """The table of engines has no other ending than those tested here."""
    assert set(NAMES) == set(ENGINES)


def metadata(path, ending):
    """Reads the sidecar that is inside a written model."""
    if ending == ".onnx":
        onnx = pytest.importorskip("onnx")
        props = onnx.load(path).metadata_props
        return {each.key: json.loads(each.value) for each in props}
    if ending == FOLDER:
        return json.loads((path / CARD).read_text())
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("model.json"))


def response(path):
    """Varies one action unit on two people."""
    model, sidecar = Predictor(path, cpus=1), read_sidecar(path)
    (found,) = dose_responses(model.predict, sidecar, units=["AU12"], count=2)
    return found


@pytest.mark.slow
class TestEngineLaws:
    """What an engine must do."""

    @pytest.mark.parametrize("ending", OTHERS)
    @pytest.mark.parametrize("count", [0, 1, 33])
    def test_outputs_are_those_of_keras(self, paths, ending, count):
        """Any number of rows gets the numbers that Keras gives them, by head."""
        wanted, found = (
            Predictor(paths[each], cpus=1).predict(raw(count))
            for each in (".keras", ending)
        )
        assert len(found) == len(wanted) == count
        assert largest_difference(wanted, found) < 1e-5

    @pytest.mark.parametrize("ending", NAMES)
    def test_it_names_its_shapes(self, paths, ending):
        """Inputs and outputs have the shapes of the sidecar, beside the batch."""
        engine = open_engine(paths[ending], cpus=1)
        assert [shape[1:] for shape in engine.inputs] == [(SIZE, SIZE, 3)]
        assert {name: shape[1:] for name, shape in engine.outputs.items()} == {
            "emotion": (3,),
            "action_units": (2,),
            "action_unit_intensities": (1,),
            "valence_arousal": (2,),
        }

    @pytest.mark.parametrize("ending", [".keras", ".onnx", ".tflite"])
    def test_its_file_is_checked_against_the_sidecar(self, paths, ending):
        """A predictor of each engine accepts the model's own sidecar."""
        sidecar = read_sidecar(paths[ending])
        Predictor(paths[ending], cpus=1).check(sidecar)

    @pytest.mark.parametrize("ending", OTHERS)
    def test_its_card_is_inside_and_beside(self, paths, ending):
        """Each format has labels and thresholds in the model and beside it."""
        path = paths[ending]
        beside = json.loads(path.with_suffix(".json").read_text())
        assert beside.pop("sha256")
        assert metadata(path, ending) == beside
        assert beside["thresholds"] == THRESHOLDS
        assert beside["emotions"] == list(EMOTIONS)
        assert set(FORMATS[NAMES[ending]].packages) <= set(beside["versions"])
        assert len(list(path.parent.iterdir())) == 2

    @pytest.mark.parametrize("ending", NAMES)
    def test_a_damaged_file_is_refused(self, paths, ending, tmp_path):
        """Half of a file is an error of the model, with a way out."""
        path = tmp_path / paths[ending].name
        if ending == FOLDER:
            shutil.copytree(paths[ending], path)
            (path / "saved_model.pb").write_bytes(b"\x00")
        else:
            whole = paths[ending].read_bytes()
            path.write_bytes(whole[: len(whole) // 3])
        with pytest.raises(ModelError, match=r"copy it again|install the versions"):
            open_engine(path, cpus=1)

    @pytest.mark.parametrize("ending", [".onnx", ".tflite"])
    def test_commands_take_it(self, paths, ending, tmp_path):
        """Tables of faces, and responses to a unit's dose, are those of Keras."""
        picture = tmp_path / "a.png"
        Image.fromarray(raw(1)[0]).save(picture)
        (own,), (found,) = (
            predicted(paths[each], picture)[1] for each in (".keras", ending)
        )
        for name in NUMBERS:
            assert float(found[name]) == pytest.approx(float(own[name]), abs=1e-4)
        wanted, dosed = (response(paths[each]) for each in (".keras", ending))
        np.testing.assert_allclose(dosed.values, wanted.values, atol=1e-4)

    @pytest.mark.parametrize("ending", [".onnx", ".tflite"])
    def test_tensorflow_is_not_loaded(self, paths, ending):
        """Files of other engines are predicted without Keras and TensorFlow."""
        code = (
            "import sys, numpy as np\n"
            "from pathlib import Path\n"
            "from models.inference.predictor import Predictor\n"
            f"model = Predictor(Path({str(paths[ending])!r}), cpus=1)\n"
            f"rows = model.predict(np.zeros((2, {SIZE}, {SIZE}, 3), np.uint8))\n"
            "print(len(rows), *{'keras', 'tensorflow'} & set(sys.modules))"
        )
        done = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert (done.stdout.split(), done.stderr) == (["2"], "")


@pytest.mark.parametrize(
    ("ending", "package", "extra"),
    [(".onnx", "onnxruntime", "onnx"), (".tflite", "ai_edge_litert", "litert")],
)
def test_a_missing_package_is_named(tmp_path, monkeypatch, ending, package, extra):
    """Without the engine's package the message has pip's command."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("models.engines.engine.find_spec", lambda _: None)
    with pytest.raises(InputError, match=package) as error:
        open_engine(tmp_path / f"model{ending}", cpus=1)
    assert f'pip install -e ".[{extra}]"' in str(error.value)


def test_an_unknown_ending_is_refused(tmp_path):
    """The message lists the endings that models have."""
    with pytest.raises(ModelError, match=r"\.keras, \.onnx or \.tflite, found \.h5"):
        open_engine(tmp_path / "model.h5", cpus=1)


def test_no_other_file_is_read_for_weights(tmp_path):
    """An ONNX file whose weights lie in another file is refused."""
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "model.onnx"
    weights = onnx.numpy_helper.from_array(np.ones(4096, np.float32), "w")
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["pixels", "w"], ["emotion"])],
        "graph",
        [value("pixels", onnx.TensorProto.FLOAT, ["batch", 4096])],
        [value("emotion", onnx.TensorProto.FLOAT, ["batch", 4096])],
        [weights],
    )
    opset = [onnx.helper.make_opsetid("", 15)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(model, path)
    assert open_engine(path, cpus=1).outputs == {"emotion": (None, 4096)}
    onnx.save(model, path, save_as_external_data=True, location="weights")
    assert (tmp_path / "weights").exists()
    with pytest.raises(ModelError, match=r"model\.onnx cannot be loaded"):
        open_engine(path, cpus=1)
