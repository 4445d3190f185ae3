"""The page of a data set: self-contained, accessible, deterministic."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.dataset.sample_table import votes_column
from data_pipeline.demographics.table import Demographics
from data_pipeline.exploration.charts import LABEL_GAP, label_heights
from data_pipeline.exploration.output import (
    CHARTS,
    GENERATOR,
    PAGE,
    check_free,
    write_folder,
)
from data_pipeline.exploration.page import render
from data_pipeline.exploration.sections import (
    SECTIONS,
    action_units,
    folds,
    images,
    valence_arousal,
    votes,
)
from data_pipeline.labels.labels import FERPLUS_VOTES
from data_pipeline.pages.section import NoDataError
from data_pipeline.split.split import Fold
from data_pipeline.system.errors import InputError
from tests.factories.data.exploration_material import Page, material, rows
from tests.factories.runs import contents
from tests.strategies.tables import LAW, sample, table_of

NAME = 'a<b>$x$</b>"&'
SILENT = lambda *_: None  # noqa: E731 - progress is not tested here
WHO = Demographics(
    people={
        f"S{n:03d}": {"sex": "fm"[n % 2], "age": None, "ethnicity": NAME}
        for n in range(11)
    }
)
"""The name of the ethnicity is both markup and mathematics."""


@pytest.fixture(scope="module")
def rendered():
    """Renders one page with nearly every section, twice."""
    whole = material(study=NAME, demographics=WHO, strangers=2)
    return render(whole, SILENT), render(whole, SILENT)


def test_page_is_self_contained(rendered):
    """Images are embedded, links stay in the page, and it has no script."""
    page = Page(rendered[0][0])
    assert all(p["src"].startswith("data:image/png;base64,") for p in page.images)
    assert all(link.startswith("#") for link in page.links)
    assert {link.removeprefix("#") for link in page.links} <= set(page.names)
    assert len(set(page.names)) == len(page.names)
    assert page.open == []
    assert "http" not in rendered[0][0]
    assert "url(" not in rendered[0][0]


def test_each_image_has_alternative_text(rendered):
    """Each chart is in the page once, with an alternative text."""
    text, charts = rendered[0]
    page = Page(text)
    assert len(page.images) == len(charts)
    assert all(len(image["alt"]) > 20 for image in page.images)
    assert all(png.startswith(b"\x89PNG") for png in charts.values())


def test_names_are_text(rendered):
    """A name is printed as it is, not as markup or mathematics."""
    page = Page(rendered[0][0])
    assert f"The data of {NAME}" in page.text
    assert NAME in " ".join(image["alt"] for image in page.images)


def test_same_bytes(rendered):
    """The same material gives the same page and images, to the byte."""
    assert rendered[0] == rendered[1]


def test_contents(rendered):
    """The page names its data, the size of the hold-out, and absent sections."""
    page = Page(rendered[0][0])
    for words in (
        "development images24",
        "7 images of 3 subjects: not opened",
        "all images of a subject are in one part",
        "Votes: the data have no votes",
        "Valence and arousal: the data have no valence",
        "Faces: none is shown without --show-faces",
        "The table has 11 of the 12 subjects shown here; 1 have no row",
    ):
        assert words in page.text
    assert "SYNTHETIC" not in page.text


def test_synthetic_is_marked():
    """A page on synthetic faces begins with a notice."""
    bare = table_of([sample(f"S{n:03d}", 1, high_level=None) for n in range(3)])
    text, _ = render(material(bare, synthetic=True), SILENT)
    assert "SYNTHETIC faces" in Page(text).text[:400]


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_without_labels(name):
    """Without any label, a section gives a reason."""
    unlabelled = table_of(
        [sample(None, n, high_level=None, units=(None,) * 3) for n in range(4)]
    )
    facts = replace(material().images, facts=(), unreadable=(("a.png", "is empty"),))
    _, section = SECTIONS[name]
    with pytest.raises(NoDataError, match=" "):
        section(material(unlabelled, images=facts))


def test_valence_and_arousal():
    """The plane's table has the mean of each emotion, over rows with both ratings."""
    table = table_of(rows())
    frame = table.frame.assign(
        valence=pd.array(np.where(table.frame["emotion"] == "happiness", 0.5, -0.5)),
        arousal=pd.array([None, *[0.25] * (len(table) - 1)], dtype="Float64"),
    )
    rated = replace(table, frame=frame, dimensions=("valence", "arousal"))
    found = valence_arousal.section(material(rated))
    means = found.tables[0].frame
    assert means.loc["happiness"].tolist()[1:] == ["0.50", "0.00", "0.25", "0.00"]
    assert means.loc["all", "images"] == 23


@LAW
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8), st.booleans())
def test_labels_do_not_overlap(arousals, left):
    """Labels of the plane keep their order, distance and mean height."""
    valence = -0.5 if left else 0.5
    centres = np.array([(valence, arousal) for arousal in arousals])
    order = np.argsort(centres[:, 1], kind="stable")
    spread = label_heights(centres)
    assert (np.diff(spread[order]) >= LABEL_GAP - 1e-9).all()
    assert np.mean(spread) == pytest.approx(np.mean(arousals), abs=1e-9)
    if (np.diff(centres[order, 1]) >= LABEL_GAP).all():
        np.testing.assert_allclose(spread, centres[:, 1], atol=1e-9)


def test_votes():
    """Full agreement is counted, and the mean votes of a class are its own."""
    table = table_of(rows())
    counts = {votes_column(name): 0 for name in FERPLUS_VOTES}
    frame = table.frame.assign(**counts)
    angry = frame["emotion"] == "anger"
    frame[votes_column("anger")] = np.where(angry, 10, 4)
    frame[votes_column("NF")] = np.where(angry, 0, 6)
    voted = replace(table, frame=frame, votes=FERPLUS_VOTES)
    found = votes.section(material(voted))
    assert "agree on 33.3 %" in found.paragraphs[0]
    assert "NF (no face) has a vote or more on 16 images, and most votes on 16." in (
        found.paragraphs
    )
    row = found.tables[0].frame.loc["anger"].tolist()
    assert row == [8, *["0.00"] * 4, "10.00", *["0.00"] * 5]


def test_fold_without_a_label():
    """A fold without any image of a class is named, at the top too."""
    order = np.arange(24)
    surprise = order % 6 >= 4  # see rows()
    parts = (Fold(train=order[surprise], validation=order[~surprise]),)
    found = folds.section(material(folds=parts))
    assert "the validation part has no image of surprise" in found.highlights[1]
    assert "the training part has no image of anger" in found.highlights[1]


def test_unreadable_images_are_named():
    """An image that cannot be read is named with the reason; the others are counted."""
    facts = replace(material().images, unreadable=(("a.png", "is <empty>"),))
    found = images.section(material(images=facts))
    assert "1 file cannot be read: a.png is <empty>" in found.paragraphs[-1]


def test_folder(tmp_path):
    """A page replaces an earlier page as a whole, and no other files."""
    head = f'<meta name="generator" content="{GENERATOR}">'
    page = f'{head}<meta name="charts" content="old older">'
    out = tmp_path / "runs" / "explore"
    write_folder(out, page, {"old": b"1", "older": b"2"})
    write_folder(out, f'{head}<meta name="charts" content="new">', {"new": b"3"})
    assert set(contents(out)) == {PAGE, f"{CHARTS}/new.png"}
    (out / CHARTS / "mine.png").write_bytes(b"4")
    before = contents(tmp_path)
    with pytest.raises(InputError, match=r"mine\.png"):
        write_folder(out, page, {})
    assert contents(tmp_path) == before
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(out)
    for name in ("file", "link", "."):
        with pytest.raises(InputError, match="name another folder"):
            check_free(tmp_path / name)


def test_intensities():
    """All known intensities are counted, traces below presence among them."""
    levels = [(False, 0), (False, 1), (True, 5), (True, None), (None, None)]
    coded = [
        replace(
            sample("S005", n, units=(present, False, False)),
            intensities={"AU17": level, "AU1": 0},
        )
        for n, (present, level) in enumerate(levels)
    ]
    found = action_units.intensities(material(table_of(coded)))
    frame = found.tables[0].frame
    assert len(frame) == 1, "AU1 was never shown"
    counts = [1, 0, 0, 0, 1, 1, 1, 1]  # A to E, not graded, absent, not coded
    assert frame.iloc[0].tolist() == [*counts, "2.00", "2.16"]
    assert "Of 3 units shown, 66.7 % have a grade" in found.paragraphs[0]
