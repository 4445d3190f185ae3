"""Images of every format and mode: damaged, truncated, huge, animated."""

from pathlib import Path

from hypothesis import strategies as st

from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.targets.readers import FACES, STUDY
from tests.benchmarks.survival.fuzz.targets.target import Target
from tests.factories.data.own import SUBJECT, write_own_folders
from tests.factories.exported_model import exported
from tests.strategies.byte_damage import damaged_bytes
from tests.strategies.pictures import HUGE, PICTURES

BASE, MODEL = "images", "model/model.keras"
_PLACES = ("train/calm/p00_calm1.png", "train/tense/p01_tense1.png")
_NAMES = ("p20_calm1.png", "p21_calm1.jpg", "p22_calm1.gif", "p23_calm1.tiff")


def prepare(bases: Path) -> None:
    """Draws faces in folders, and a model for them."""
    root = bases / BASE
    write_own_folders(root / FACES)
    more = f'subject = "{SUBJECT}"'
    values = {"dataset": "folders", "targets": '["emotion"]'}
    (root / "a.toml").write_text(STUDY.format(**values, more=more, split=""))
    (root / MODEL).parent.mkdir()
    exported((root / MODEL).parent)


def _commands() -> tuple[tuple[str, tuple[str, ...]], ...]:
    study = ("--study", "a.toml", "--data", FACES, "--out", "runs")
    predict = ("--model", MODEL, "--draw", "drawn", FACES)
    return (
        ("data_pipeline.check", study),
        ("models.predict", predict),
        ("models.predict", ("--model", MODEL, "--every", "2", FACES)),
        ("data_pipeline.draft", ("--data", FACES, "--to", "drafted.toml")),
    )


def sound(_: Path) -> list[Case]:
    """Reads the faces, and one picture of each format."""
    all_formats = {f"{FACES}/train/calm/p00_{n}": one for n, one in enumerate(PICTURES)}
    return [
        Case(command=command, words=words, base=BASE, files=files)
        for command, words in _commands()
        for files in ({}, {f"{place}.png": one for place, one in all_formats.items()})
    ]


def cases(_: Path) -> st.SearchStrategy[Case]:
    """Draws up to six damaged pictures among the sound ones."""
    whole = st.sampled_from(PICTURES)
    content = st.one_of(whole.flatmap(damaged_bytes), whole, st.sampled_from(HUGE))
    folders = ("train/calm", "train/tense", "test/calm")
    named = st.builds("{}/{}".format, st.sampled_from(folders), st.sampled_from(_NAMES))
    places = st.one_of(st.sampled_from(_PLACES), named)
    return st.builds(
        lambda command, files: Case(
            command=command[0],
            words=command[1],
            base=BASE,
            files={f"{FACES}/{place}": one for place, one in files.items()},
        ),
        st.sampled_from(_commands()),
        st.dictionaries(places, content, min_size=1, max_size=6),
    )


IMAGES = Target(prepare=prepare, sound=sound, cases=cases)
