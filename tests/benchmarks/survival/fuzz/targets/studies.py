"""Study files and ``--set``: the real studies with other values, and made ones."""

from pathlib import Path

from hypothesis import strategies as st

from data_pipeline.files.study_files import STUDIES
from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.targets.target import Target
from tests.factories.data.own import SUBJECT, write_own_folders
from tests.factories.texts.study_file import STUDY
from tests.strategies.byte_damage import WORDS, shell_word
from tests.strategies.document_damage import damaged_toml
from tests.strategies.study_values import KEYS, VALUES

NAMES = sorted(path.stem for path in STUDIES.glob("*.toml"))
FACES = f"""
[data]
dataset = "folders"
targets = ["emotion"]
image_size = 32
subject = "{SUBJECT}"
[split]
folds = 2
[objective]
"emotion.macro_f1" = 1
[search]
trials = 2
[space]
"head.dropout" = {{ low = 0.0, high = 0.6, step = 0.1 }}
"""
NOWHERE = ("--data", "nowhere", "--out", "runs")
"""Data that are not there: a study that is right is refused for them alone."""

_COMMANDS = (
    ("search.run", ("--executor", "serial", *NOWHERE, "--study")),
    ("search.train", (*NOWHERE, "--config")),
    ("data_pipeline.check", (*NOWHERE, "--study")),
    ("data_pipeline.check", ("--data", "faces", "--study")),
    ("data_pipeline.explore", ("--data", "nowhere", "--study")),
)


def prepare(bases: Path) -> None:
    """Draws the faces of one study."""
    write_own_folders(bases / "studies" / "faces")


def sound(_: Path) -> list[Case]:
    """Checks the faces by a study."""
    return [
        Case(
            command="data_pipeline.check",
            words=("--data", "faces", "--study", "a.toml"),
            base="studies",
            files={"a.toml": FACES.encode()},
        )
    ]


def _case(content: bytes, command: tuple[str, tuple[str, ...]]) -> Case:
    name, words = command
    files = {"a.toml": content}
    return Case(command=name, words=(*words, "a.toml"), base="studies", files=files)


def cases(_: Path) -> st.SearchStrategy[Case]:
    """Draws a study file with other values or bytes, or of nothing but odd ones."""
    real = [(STUDIES / f"{name}.toml").read_bytes() for name in NAMES]
    whole = [*real, STUDY.encode(), FACES.encode(), FACES.encode()]
    contents = st.one_of(st.sampled_from(whole).flatmap(damaged_toml), _made())
    return st.builds(_case, contents, st.sampled_from(_COMMANDS))


def _made() -> st.SearchStrategy[bytes]:
    """Draws lines of odd keys and values below the section that they belong to."""
    return st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=5).map(
        lambda pairs: "\n".join([FACES, *(_line(*pair) for pair in pairs)]).encode(
            "utf-8", "replace"
        )
    )


def _line(key: str, value: str) -> str:
    section, _, last = key.partition(".")
    if section in ("search", "split", "data", "final", "resources", "constraints"):
        return f"[{section}]\n{last} = {value}"
    return f'[fixed]\n"{key}" = {value}'


def unchanged(_: Path) -> list[Case]:
    """Runs the real studies, whose data are not there."""
    words = ("--executor", "serial", *NOWHERE, "--study")
    return [Case(command="search.run", words=(*words, name)) for name in NAMES]


def settings(_: Path) -> st.SearchStrategy[Case]:
    """Draws one to four ``--set`` texts for a real study."""
    texts = st.one_of(
        st.tuples(st.sampled_from(KEYS), VALUES).map("=".join),
        st.tuples(st.sampled_from(KEYS), st.sampled_from(WORDS)).map("=".join),
        st.sampled_from(WORDS),
        st.text(max_size=30),
    ).map(shell_word)
    return st.builds(
        lambda name, texts: Case(
            command="search.run",
            words=(
                *("--study", name, "--executor", "serial", *NOWHERE),
                *(f"--set={text}" for text in texts),
            ),
        ),
        st.sampled_from(NAMES),
        st.lists(texts, min_size=1, max_size=4),
    )


STUDY_FILES = Target(prepare=prepare, sound=sound, cases=cases)
SETTINGS = Target(prepare=lambda _: None, sound=unchanged, cases=settings)
