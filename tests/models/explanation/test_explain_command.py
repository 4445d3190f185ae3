"""Laws of ``models.explain``: a picture and a file of numbers for each face."""

import keras
import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.decode import decode
from data_pipeline.labels.labels import DIMENSIONS
from models.explain import main
from tests.factories.data.faces import drawn, drawn_rows
from tests.factories.exported_model import SIZE, exported, rows_of
from tests.factories.models import EMOTIONS, UNITS
from tests.factories.runs import run_main


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model with all kinds of outputs."""
    folder = tmp_path_factory.mktemp("model")
    return exported(folder, dimensions=DIMENSIONS, intensities=("AU12",))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two synthetic faces, and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for number, row in enumerate(drawn_rows(2)):
        drawn(row)[0].save(folder / f"<b>{number}.png")
    (folder / "broken.png").write_bytes(b"broken")
    return folder


def explain(model, *words):
    """Runs the command."""
    return run_main(main, "--model", str(model), *map(str, words))


def test_each_face_has_a_picture_and_numbers(model, pictures, tmp_path):
    """The numbers are the model's own; a map is as large as the face."""
    answer = explain(model, pictures, "--to", tmp_path / "out")
    assert (answer.code, answer.out.split(":")[0]) == (
        0,
        "2 faces explained, 1 unreadable",
    )
    assert "broken.png" in answer.err
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["0001_b_0.npz", "0001_b_0.png", "0002_b_1.npz", "0002_b_1.png"]
    found = np.load(tmp_path / "out" / names[0])
    columns = [*(f"emotion_{name}" for name in EMOTIONS), *UNITS, "AU12_intensity"]
    assert found["outputs"].tolist() == [*columns, *DIMENSIONS]
    assert found["maps"].shape == (len(columns) + 2, SIZE, SIZE)
    pixels = decode(pictures / "<b>0.png", size=SIZE, channels=1)
    np.testing.assert_array_equal(found["pixels"], pixels)
    outputs = keras.saving.load_model(model).predict(pixels[None], verbose=0)
    heads = [np.ravel(outputs[name]) for name in outputs]
    np.testing.assert_allclose(
        np.sort(found["values"]), np.sort(np.concatenate(heads)), atol=1e-5
    )
    with Image.open(tmp_path / "out" / names[1]) as picture:
        assert picture.width > 2 * SIZE


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone.png",), "no such file"),
        (("--method", "guess", "a.png"), "invalid choice"),
        ((), "PATH or --dose-response"),
        (("--dose-response", "AU99"), "AU99"),
        (("--dose-response", "AU12", "a.png"), "paths go before"),
    ],
)
def test_wrong_input_is_refused(model, tmp_path, words, said):
    """Exit code 2 and one message, before any work."""
    answer = explain(model, *words, "--to", tmp_path / "new")
    assert answer.code == 2
    assert said in answer.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("ending", [".onnx", ".tflite"])
def test_maps_need_gradients(tmp_path, ending):
    """Other formats have none: the message names the two ways out."""
    path = tmp_path / f"model{ending}"
    path.write_bytes(b"")
    answer = explain(path, "a.png")
    assert answer.code == 2
    assert "gradients" in answer.err
    assert ".keras file" in answer.err
    assert "--dose-response without a PATH" in answer.err


def test_files_are_not_overwritten(model, pictures, tmp_path):
    """A folder with files is refused."""
    (tmp_path / "mine").write_text("mine")
    answer = explain(model, pictures, "--to", tmp_path)
    assert answer.code == 2
    assert "new or an empty folder" in answer.err


def test_dose_response_writes_charts_and_a_table(model, tmp_path):
    """A line for each output at each intensity, and a word on each unit."""
    answer = explain(model, "--to", tmp_path, "--dose-response", "AU12")
    assert answer.code == 0
    first, last = answer.out.splitlines()
    assert first.startswith("AU12: own output ")
    assert last == f"1 action unit varied: {tmp_path}"
    rows = rows_of((tmp_path / "dose_response.csv").read_text())
    columns = len(EMOTIONS) + len(UNITS) + 1 + len(DIMENSIONS)
    assert len(rows) == 6 * columns
    assert {row["people"] for row in rows} == {"10"}
    assert all(float(r["low"]) <= float(r["mean"]) <= float(r["high"]) for r in rows)
    assert (tmp_path / "dose_response.png").stat().st_size > 1000
    assert (tmp_path / "dose_response_curves.png").stat().st_size > 1000
