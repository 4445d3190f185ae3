"""Laws of explanations: a map shows where a network looks, and sums add up."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.backend import differentiated
from models.explanation import integrated_gradients
from models.explanation import sheet as drawing
from models.explanation.explainer import Explainer
from models.explanation.explanation import CELLS, COLUMNS, Explanation
from models.explanation.grad_cam.maps import enlarged
from models.explanation.grad_cam.network import cut_network
from models.explanation.heat import heated
from models.explanation.integrated_gradients import TOLERANCE
from models.explanation.methods import GRAD_CAM, INTEGRATED_GRADIENTS
from models.explanation.outputs import Output
from models.inference.ensemble import average_of

SIDE, STRIPES = 32, 4
PATTERNS = {
    "AU1": np.tile([[1.0], [-1.0]], (STRIPES // 2, STRIPES)),
    "AU12": np.tile([[1.0, -1.0]], (STRIPES, STRIPES // 2)),
}
"""Unit -> the pattern that its output looks for: lying and standing stripes."""

OUTPUTS = tuple(Output(head="action_units", label=u, column=u) for u in PATTERNS)
places = st.tuples(*[st.integers(0, SIDE - STRIPES)] * 2)


def looking(sharp=8.0):
    """Builds a network whose outputs say how much of its pattern is in the picture."""
    pixels = keras.Input((SIDE, SIDE, 1), name="pixels")
    kernel = np.stack(list(PATTERNS.values()), axis=-1)[:, :, None] / STRIPES**2
    found = keras.layers.Conv2D(
        2, STRIPES, padding="same", activation="relu", use_bias=False, name="found"
    )
    most = keras.layers.GlobalMaxPooling2D()(
        found(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels))
    )
    found.set_weights([kernel])
    head = keras.layers.Dense(2, activation="sigmoid", name="action_units")
    outputs = {"action_units": head(most)}
    head.set_weights([sharp * np.eye(2), np.full(2, -sharp / 2)])
    return keras.Model(pixels, outputs)


def planted(unit, place):
    """Draws a grey picture with one pattern, whose upper left corner is at a place."""
    picture = np.full((SIDE, SIDE, 1), 128, np.uint8)
    row, column = place
    part = np.where(PATTERNS[unit] > 0, 255, 0)
    picture[row : row + STRIPES, column : column + STRIPES, 0] = part
    return picture


def noise(seed=0):
    """Draws a picture without any pattern."""
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 1), np.uint8)


@pytest.fixture(scope="module")
def explainer():
    """An explainer of the network that looks for stripes."""
    return Explainer(looking(), OUTPUTS)


@given(st.sampled_from(list(PATTERNS)), places)
@settings(deadline=None, max_examples=25)
def test_grad_cam_peaks_at_what_the_network_looks_for(explainer, unit, place):
    """The output's map is highest at its pattern, and 0 far away from it."""
    found = explainer.explain(planted(unit, place))
    assert (found.method, found.maps.shape) == (GRAD_CAM, (2, SIDE, SIDE))
    shown = found.maps[list(PATTERNS).index(unit)]
    at = np.unravel_index(shown.argmax(), shown.shape)
    middle = np.add(place, STRIPES / 2)
    assert np.abs(np.subtract(at, middle)).max() <= STRIPES / 2
    rows, columns = np.indices(shown.shape)
    away = np.maximum(abs(rows - middle[0]), abs(columns - middle[1]))
    assert shown[away > 2 * STRIPES].max() < 1e-2 * shown.max()


@pytest.mark.parametrize("seed", range(3))
def test_integrated_gradients_are_complete(seed):
    """The attributions of an output sum to its change along the path."""
    model, face = looking(), noise(seed)
    found = Explainer(model, OUTPUTS, INTEGRATED_GRADIENTS).explain(face)
    flat = np.full_like(face, 0, np.float32) + face.mean()
    ends = [np.asarray(model(each[None])["action_units"])[0] for each in (flat, face)]
    np.testing.assert_allclose(found.values, ends[1], atol=1e-6)
    np.testing.assert_allclose(
        found.maps.sum(axis=(1, 2)), ends[1] - ends[0], atol=0.01
    )
    assert found.gap <= 0.01


def test_the_path_is_taken_in_parts(monkeypatch):
    """How many points are taken at once changes no attribution."""
    model, face = looking(), noise(1)
    whole = Explainer(model, OUTPUTS, INTEGRATED_GRADIENTS).explain(face)
    monkeypatch.setattr(integrated_gradients, "PIXELS", 2 * SIDE**2)
    assert integrated_gradients.points_at_once(SIDE) == 2
    parts = Explainer(model, OUTPUTS, INTEGRATED_GRADIENTS).explain(face)
    np.testing.assert_allclose(parts.maps, whole.maps, atol=1e-5)


def test_a_network_without_maps_gets_integrated_gradients():
    """One whose layers are all dense is explained all the same."""
    pixels = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(pixels)
    head = keras.layers.Dense(2, activation="sigmoid", name="action_units")
    model = keras.Model(pixels, {"action_units": head(flat)})
    explainer = Explainer(model, OUTPUTS, GRAD_CAM)
    assert explainer.method == INTEGRATED_GRADIENTS
    face = np.zeros((8, 8, 1), np.uint8)
    assert explainer.explain(face).maps.shape == (2, 8, 8)


def test_an_ensembles_map_is_the_mean_of_its_networks():
    """Of two copies of one network it is that network's."""
    alone = Explainer(looking(), OUTPUTS).explain(noise())
    both = Explainer(average_of([looking(), looking()]), OUTPUTS).explain(noise())
    np.testing.assert_allclose(both.maps, alone.maps, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(both.values, alone.values, atol=1e-6)


def test_a_table_sums_a_map_up_in_cells():
    """A cell has the mean of the map in it, row by row from the top left."""
    shown = np.zeros((2, SIDE, SIDE), np.float32)
    shown[1, : SIDE // CELLS, -SIDE // CELLS :] = 0.5
    face = Explanation(
        pixels=noise(),
        outputs=OUTPUTS,
        values=np.array([0.25, 0.75]),
        maps=shown,
        method=GRAD_CAM,
    )
    rows = list(face.rows("smile"))
    assert [row["output"] for row in rows] == ["AU1"] * CELLS + ["AU12"] * CELLS
    assert all(set(row) == set(COLUMNS) for row in rows)
    cells = [row for row in rows if row["value"] == "0.750000"]
    assert [row["cell_8"] for row in cells] == ["0.5", *["0"] * (CELLS - 1)]
    assert {row["cell_1"] for row in rows} == {"0"}


def strided():
    """Builds a network of three strided layers of ones: cells look down and right."""
    pixels = maps = keras.Input((64, 64, 1))
    for _ in range(3):
        maps = keras.layers.Conv2D(
            1, 3, 2, padding="same", use_bias=False, kernel_initializer="ones"
        )(maps)
    flat = keras.layers.GlobalAveragePooling2D()(maps)
    head = keras.layers.Dense(1, "sigmoid", name="action_units")
    return keras.Model(pixels, {"action_units": head(flat)})


def test_a_map_is_drawn_where_its_cells_look():
    """What strides and padding move is moved back, to two pixels."""
    cut = cut_network(strided())
    assert max(map(abs, cut.shift)) > 3, "otherwise this test cannot fail"
    for place in (20, 29, 40):
        spot = np.zeros((64, 64, 1), np.float32)
        spot[place - 2 : place + 2, place - 2 : place + 2] = 1.0
        features = np.asarray(cut.front(spot[None], training=False))[0, ..., 0]
        shown = enlarged(features[None], 64, cut.shift)[0].sum(axis=0)
        centre = (shown * (np.arange(64) + 0.5)).sum() / shown.sum()
        assert centre == pytest.approx(place, abs=2)


def test_one_thread_is_enough():
    """Strided layers of single pixels are differentiated where TensorFlow has one.

    The tests have; gradients of such weights, computed one by one, ended the process.
    """
    pixels = keras.Input((64, 64, 1))
    maps = keras.layers.Conv2D(8, 3)(pixels)
    maps = keras.layers.Conv2D(16, 1, 2, padding="same")(maps)
    sums = keras.layers.GlobalAveragePooling2D()(maps)
    model = keras.Model(pixels, sums)
    images = np.random.default_rng(0).normal(size=(2, 64, 64, 1)).astype(np.float32)
    outputs, slopes = differentiated(lambda x: model(x, training=False))(images)
    assert (outputs.shape, slopes.shape) == ((2, 16), (16, 2, 64, 64, 1))


def test_single_pixels_of_a_large_map_are_seen():
    """A signed map is summed up in cells: many weak pixels outweigh one strong one."""
    shown = np.zeros((224, 224), np.float32)
    shown[60:120, 60:120] = 0.1
    shown[10, 10] = 1.0
    face = Image.new("L", (132, 132), 128)
    drawn = np.asarray(heated(face, shown, INTEGRATED_GRADIENTS), np.int64)
    away = np.abs(drawn - 128).sum(axis=2)
    assert away[53, 53] > 100
    assert away[100, 100] == 0


@pytest.mark.parametrize("gap", [0.001, 0.4])
def test_attributions_that_miss_are_named(monkeypatch, gap):
    """A picture says by how much its maps miss what they should sum to."""
    lines = []
    monkeypatch.setattr(drawing, "write_line", lambda *words, **_: lines.append(words))
    maps = np.zeros((2, SIDE, SIDE), np.float32)
    face = Explanation(
        pixels=noise(),
        outputs=OUTPUTS,
        values=np.zeros(2),
        maps=maps,
        method=INTEGRATED_GRADIENTS,
        gap=gap,
    )
    drawing.sheet(face, "x")
    assert lines[-1][2].endswith("by up to 0.40.") == (gap > TOLERANCE)
