"""Wrong labels are refused early, with the study file where it matters."""

import json
import shutil

import pytest

from data_pipeline import check
from data_pipeline.labels.labels import FER2013_EMOTIONS
from data_pipeline.system.errors import InputError
from search import run
from search.pipeline.opening import open_run
from search.pipeline.run_study import RunRequest
from tests.factories.data.clean_tree import image_of, write_clean
from tests.factories.runs import STUDY, run_main, write_study
from tests.strategies.tables import write_ck48, write_image
from tests.test_architecture import python

ENGINES = {
    *("keras", "tensorflow", "ray", "torch", "jax", "sklearn", "scipy", "imblearn"),
    *("matplotlib", "optuna", "sqlalchemy", "cmaes", "mtcnn", "av"),
    "data_pipeline.synthetic.render_all",
}
"""What takes seconds to load, and no label needs."""


@pytest.mark.parametrize(
    "module",
    [
        "search.pipeline.opening",
        "data_pipeline.checks.dataset_check",
        "data_pipeline.exploration.material",
    ],
)
def test_no_engine_is_imported(module):
    """Modules that read and check labels import no engine."""
    done = python(f"import sys, {module}; print(*{ENGINES} & set(sys.modules))")
    assert (done.stdout.strip(), done.stderr) == ("", "")


def bad_label(root):
    """Writes an invalid label."""
    path = root / "data_labels.csv"
    path.write_text(path.read_text().replace("1,positive", "7,positive", 1))


def no_subject(root):
    """Leaves a row without a subject, by which no split can be made."""
    path = root / "data_labels.csv"
    text = path.read_text().replace(f"S003,1,{image_of('S003')}", ",1,images/face.png")
    path.write_text(text)


REFUSALS = {
    "a label": (bad_label, (), "an action unit is 0, 1 or empty"),
    "a label, qmc": (bad_label, ("search.sampler=qmc",), "an action unit is 0, 1"),
    "a label, cmaes": (bad_label, ("search.sampler=cmaes",), "an action unit is 0, 1"),
    "a label, detect": (bad_label, ("data.crop=detect",), "an action unit is 0, 1"),
    "no subject": (no_subject, (), "needs a subject in every row"),
    "a share": (None, ("split.hold_out=0.001",), "[split] hold_out"),
    "folds": (None, ("split.folds=40",), "[split] folds"),
    "weights": (None, ("backbone.weights=gone.keras",), "backbone.weights"),
    "a start": (None, ("backbone.weights=study:gone",), "backbone.weights"),
    "a warm start": (None, ("search.warm_start=gone",), "[search] warm_start"),
    "landmarks": (None, ("data.crop=landmarks",), "[data] crop"),
}
"""What is wrong -> how the tree is harmed, settings, and the message."""

RUN = """
import io, json, sys
from contextlib import redirect_stderr
from data_pipeline.system.errors import InputError
from data_pipeline.labels.labels import FER2013_EMOTIONS
from search import run
for words in json.loads(sys.stdin.read()):
    with redirect_stderr(io.StringIO()) as errors:
        code = run.main(words)
    print(json.dumps([code, errors.getvalue(), sorted(ENGINES & set(sys.modules))]))
"""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """Runs each refusal in one process; returns its output and the loaded engines."""
    place = tmp_path_factory.mktemp("refused")
    commands = []
    for number, (harm, settings, _) in enumerate(REFUSALS.values()):
        root = write_clean(place / str(number))
        if harm is not None:
            harm(root)
        study, out = write_study(place), place / "runs"
        words = ["--study", str(study), "--data", str(root), "--out", str(out)]
        commands.append([*words, *(w for s in settings for w in ("--set", s))])
    code = RUN.replace("ENGINES", repr(ENGINES)).replace(
        "sys.stdin.read()", repr(json.dumps(commands))
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line[0] == "["]
    return dict(zip(REFUSALS, found, strict=True)), place / "tiny.toml"


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(refusals, name):
    """A refusal names its key and the study file, and no engine was loaded for it."""
    answers, study = refusals
    code, message, loaded = answers[name]
    assert (code, loaded) == (2, [])
    assert REFUSALS[name][2] in message
    assert message.count("error: ") == message.count("\n") == 1
    if REFUSALS[name][0] is not bad_label:
        assert message.startswith(f"error: {study}")


def test_check_names_the_study(tmp_path):
    """The check names the study file where the data cannot be split so."""
    root = write_clean(tmp_path / "tree")
    study = write_study(tmp_path, text=STUDY.replace("folds = 2", "folds = 40"))
    answer = run_main(check.main, "--study", str(study), "--data", str(root))
    assert answer.code == 2
    assert answer.err.startswith(f"error: {study}: [split] folds")


CK48 = (
    STUDY.replace('["emotion", "action_units"]', '["emotion"]\nemotions = "basic"')
    .replace('"action_units.mean_auc" = 0.5\n', "")
    .replace("folds = 2", "folds = 2\nhold_out = 0.3")
)


@pytest.fixture
def ck48(tmp_path):
    """Gives CK+48 with two sequences of a class that is misspelt, and one in JPEG."""
    root = write_ck48(tmp_path / "tree")
    folder = root / "CK+48"
    for number in range(20, 34):
        for place, emotion in enumerate(sorted(folder.iterdir())):
            if emotion.is_dir():
                name = f"S{number:03d}_{place:03d}_00000009"
                write_image(emotion / f"{name}.png", 100 * number + place)
    (folder / "surprise").rename(folder / "suprise")
    (folder / "sadness").rename(folder / "Sad")
    write_image(folder / "fear/S040_001_00000009.jpg", 7)
    return root


def test_check_reports(tmp_path, ck48):
    """The check counts and names what is left out and what is respelled."""
    study = write_study(tmp_path, text=CK48)
    words = ("--study", str(study), "--data", str(ck48), "--all")
    answer = run_main(check.main, *words)
    assert answer.code == 1
    assert "nothing is wrong" not in answer.out
    for part in (
        "CK+48/suprise/: not the name of an emotion; did you mean surprise?; it holds",
        "the class surprise occurs nowhere in the data",
        "Sad is read as sadness",
        "1 .jpg",
    ):
        assert part in answer.out
    shutil.move(ck48 / "CK+48/suprise", ck48 / "CK+48/surprise")
    answer = run_main(check.main, *words)
    assert (answer.code, answer.err) == (0, "")
    assert "nothing is wrong" in answer.out


def request(words):
    """Reads the options of a command."""
    return RunRequest(**vars(run.build_parser().parse_args(words)))


def test_start_reports(tmp_path, ck48, capsys):
    """The start of a run reports the same and has written nothing yet."""
    study, out = write_study(tmp_path, text=CK48), tmp_path / "runs"
    words = ("--study", str(study), "--data", str(ck48), "--out", str(out))
    with open_run(request(words)) as (opened, _):
        assert opened.study.name == "tiny"
    message = capsys.readouterr().out
    for part in (
        "left out: 1 folder that is not read",
        "CK+48/suprise/: not the name of an emotion; did you mean surprise?",
        "the class surprise occurs nowhere in the data",
        "Sad is read as sadness",
        "python -m data_pipeline.check --study tiny --all",
    ):
        assert part in message
    assert not out.exists()


PARTED = (
    CK48.replace('"ckplus"', '"fer2013"')
    .replace('emotions = "basic"', 'emotions = "fer2013"')
    .replace("folds = 2", 'by = "partition"\nfolds = 2')
)


def test_a_part_that_is_misspelt(tmp_path):
    """A refusal names what was not recognized, which may be what is missing."""
    root = tmp_path / "tree"
    for place, emotion in enumerate(FER2013_EMOTIONS):
        for part in ("train", "tset"):
            write_image(root / part / str(emotion) / "im0.png", place)
    study = str(write_study(tmp_path, text=PARTED))
    words = ("--study", study, "--data", str(root))
    answer = run_main(check.main, *words)
    assert answer.code == 2
    assert 'by = "partition" needs images of the part test' in answer.err
    assert (
        "Not recognized: tset/: no folder of this layout; it holds 7 file" in answer.err
    )
    asked = request([*words, "--out", str(tmp_path / "runs")])
    with pytest.raises(InputError, match="Not recognized: tset/"), open_run(asked):
        pass
