"""Laws of dose and response: one unit changes, and what reads it follows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.images.crop import make_cropper
from data_pipeline.media.face_crops import FaceCropper
from data_pipeline.system.errors import InputError
from models.explanation.dose.charts import changes_chart, curves_chart
from models.explanation.dose.faces import LEVELS, dosed_crops, people, varied_units
from models.explanation.dose.response import MOVES, DoseResponse, is_expected
from models.explanation.outputs import EMOTION, INTENSITIES, RATINGS, UNITS, Output
from models.explanation.sheet import png, sheet
from models.explanation.synthetic import (
    describe_responses,
    dose_responses,
    explain_on_synthetic,
)
from models.inference.sidecar import read_sidecar
from models.metrics.predictions import Predictions
from tests.factories.exported_model import SIZE, exported

COUNT = 3
PNG = b"\x89PNG\r\n\x1a\n"


def face_cropper(kind="landmarks"):
    """A cropper of faces as large as the tiny model's."""
    return FaceCropper(make_cropper(kind).describe(), size=SIZE, channels=1)


def part_of(crops, rows):
    """The mean brightness of some rows of pixels, by person and level."""
    return crops[:, :, rows].astype(float).mean(axis=(2, 3, 4))


@pytest.mark.parametrize(("unit", "still"), [("AU1", slice(20, 32)), ("AU12", (0, 8))])
def test_nothing_but_the_unit_changes(unit, still):
    """Where a unit moves nothing, the pixels are the same at every level."""
    crops = dosed_crops(unit, people(COUNT), face_cropper())
    assert crops.shape == (COUNT, len(LEVELS), SIZE, SIZE, 1)
    rows = still if isinstance(still, slice) else slice(*still)
    different = np.ptp(crops[:, :, rows].astype(int), axis=1)
    assert np.mean(different > 2) < 0.02
    assert np.ptp(crops.astype(int), axis=1).max() > 20


def test_people_differ():
    """No two of them look the same at rest."""
    resting = dosed_crops("AU12", people(COUNT), face_cropper("none"))[:, 0]
    flat = resting.reshape(COUNT, -1)
    assert len(np.unique(flat, axis=0)) == COUNT


def filters():
    """For each unit of the tiny model, what it changes in a face, as one direction."""
    found = []
    for unit in ("AU1", "AU12"):
        crops = dosed_crops(unit, people(COUNT), face_cropper()).astype(float)
        change = (crops[:, -1] - crops[:, 0]).mean(axis=0).ravel()
        found.append(change / (change @ change))
    return np.stack(found, axis=1)


@pytest.fixture(scope="module")
def smile(tmp_path_factory):
    """The response to AU12 of a model that reads two units, by a filter each."""
    folder = tmp_path_factory.mktemp("model")
    sidecar = read_sidecar(exported(folder, crop="landmarks"))
    looked_for = filters()

    def predict(pixels):
        calm = np.full((len(pixels), 3), 1 / 3)
        seen = pixels.reshape(len(pixels), -1).astype(float) @ looked_for
        return Predictions(emotion=calm, action_units=seen)

    (response,) = dose_responses(predict, sidecar, units=["AU12"], count=COUNT)
    return response


def test_the_output_that_reads_a_unit_rises_and_no_other(smile):
    """Its mean rises from level to level; the others stay."""
    (own,) = smile.own()
    assert (np.diff(smile.mean[:, own]) > 0).all()
    assert smile.change[own] == pytest.approx(1.0)
    assert (np.abs(np.delete(smile.change, own)) < MOVES).all()
    assert smile.unexpected() == ()


@given(st.floats(-1, 1), st.sampled_from([EMOTION, UNITS, INTENSITIES, RATINGS]))
def test_what_moves_and_should_not(change, head):
    """A change counts by the output's range; an emotion may fall, a rating may move."""
    output = Output(head=head, label="AU4", column="")
    low, high = output.range
    middle, size = (low + high) / 2, (high - low) * change / 2
    values = np.array([[[middle], [middle + size]]])
    response = DoseResponse(
        unit="AU12", levels=(0, 5), outputs=(output,), values=values
    )
    moved = change / 2 if head == EMOTION else abs(change / 2)
    wanted = head != RATINGS and moved >= MOVES
    if abs(moved - MOVES) > 1e-9:
        assert bool(response.unexpected()) == wanted


def test_expectations_follow_facs():
    """A unit's own outputs, its emotions and what it drags along may follow it."""
    for unit, head, label, wanted in (
        ("AU12", UNITS, "AU12", True),
        ("AU12", INTENSITIES, "AU12", True),
        ("AU12", UNITS, "AU6", False),
        ("AU27", UNITS, "AU25", True),
        ("AU12", EMOTION, "happiness", True),
        ("AU12", EMOTION, "positive", True),
        ("AU12", EMOTION, "anger", False),
        ("AU9", EMOTION, "negative", True),
        ("AU4", RATINGS, "valence", True),
    ):
        output = Output(head=head, label=label, column="")
        assert is_expected(unit, output) == wanted


def test_units_that_cannot_be_shown_are_refused(tmp_path):
    """One message names those that can; by default the model's own are varied."""
    card = read_sidecar(exported(tmp_path))
    assert varied_units(card) == ("AU1", "AU12")
    assert varied_units(card, ["AU4", "AU4"]) == ("AU4",)
    with pytest.raises(InputError, match=r"AU99.*AU1, AU2.*AU27"):
        varied_units(card, ["AU99"])


def test_charts_are_drawn_for_any_number_of_units(smile):
    """One, and more than a row of panels; the same numbers give the same bytes."""
    for count in (1, 4):
        for draw in (changes_chart, curves_chart):
            first, second = (draw([smile] * count) for _ in range(2))
            assert first.startswith(PNG)
            assert first == second


def test_a_report_gets_charts_and_numbers(tmp_path):
    """One call varies each unit of a model, and maps three expressions."""
    path = exported(tmp_path)
    found = explain_on_synthetic(path, read_sidecar(path), cpus=1, count=2)
    assert [response.unit for response in found.responses] == ["AU1", "AU12"]
    assert set(found.faces) == {"happiness", "surprise", "sadness"}
    for name, face in found.faces.items():
        assert png(sheet(face, name)).startswith(PNG)
    lines = describe_responses(found.responses)
    assert [line.split(":")[0] for line in lines] == ["AU1", "AU12"]
