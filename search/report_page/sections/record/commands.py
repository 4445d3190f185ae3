"""What to do next: the exact commands."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.pages.section import Code, Section
from data_pipeline.system.errors import StudyError
from search.final.exported_config import BEST
from search.final.sidecar import MODEL
from search.report_page.material import Material
from search.run_files import NESTED_STUDY, RESULTS, STUDY
from search.storage.url import HIDDEN, masked
from search.study.study import Study, read_study

DATA = "--data DIR"


def section(material: Material) -> Section:
    """Lists commands with the run's own names."""
    commands = dict(_commands(material))
    texts = "\n".join(commands.values())
    return Section(
        paragraphs=tuple(_notes(material, texts)),
        codes=tuple(
            Code(caption=f"{caption}:", text=text) for caption, text in commands.items()
        ),
    )


def _notes(material: Material, commands: str) -> Iterator[str]:
    """Says what the commands leave open."""
    if material.folder.file(RESULTS).is_file():
        yield f"{RESULTS} has the results as a section of a paper."
    if DATA in commands:
        yield "DIR stands for the data folder, whose path is not on this page."
    if HIDDEN in commands:
        yield f"Write the password in place of {HIDDEN}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Parts of the commands, each quoted for a shell.

    ``run`` names the run and its storage to a command that reads both, ``files`` to one
    that reads the folder alone.
    """

    out: str
    storage: str
    data: str
    files: str

    @property
    def run(self) -> str:
        """Names the run and its storage."""
        return self.files + self.storage


def names_of(material: Material) -> Names:
    """Names a run as the commands of its report do."""
    out = f"--out {_quoted(material.folder.out)}"
    # A nested run without one has a storage in each part's folder.
    stored = material.storage not in ("", masked(material.folder.storage))
    return Names(
        out=out,
        storage=f" --storage {_quoted(material.storage)}" if stored else "",
        data="--data synthetic" if material.synthetic else DATA,
        files=f"--study {_quoted(material.folder.name)} {out}",
    )


def _commands(material: Material) -> Iterator[tuple[str, str]]:
    names = names_of(material)
    yield "Continue the run", _continue(material, names)
    if material.nested:
        part = _quoted(f"{material.folder.name}/outer-1")
        words = f"--study {part} {names.out}{names.storage}"
        yield "Report of a part", _command(f"search.report {words}")
        return
    others = (
        ("Look at every trial in the browser", f"search.dashboard {names.run}"),
        *_checks(material, names),
        *_exports(material, names),
    )
    for caption, words in others:
        yield caption, _command(words)


def _continue(material: Material, names: Names) -> str:
    """Names the study; or copies the run's own, where no file has it as it ran."""
    study, more = material.study, f"{names.data} {names.out}{names.storage}"
    if _is_unchanged(study):
        return _command(f"search.run --study {_quoted(study.name)} {more}")
    kept = material.folder.file(NESTED_STUDY if material.nested else STUDY)
    named = kept.parent / f"{study.name}.toml"
    run = _command(f"search.run --study {_quoted(named)} {more}")
    return run if named == kept else f"cp {_quoted(kept)} {_quoted(named)}\n{run}"


def _is_unchanged(study: Study) -> bool:
    """Whether the file of this name in ``studies/`` is the study as it ran."""
    try:
        return read_study(study.name).raw == study.raw
    except StudyError:
        return False


def _quoted(name: str | Path) -> str:
    return shlex.quote(str(name))


def _command(words: str) -> str:
    return f"python -m {words}"


def _checks(material: Material, names: Names) -> Iterator[tuple[str, str]]:
    """Yields what compares the run with others, and with itself."""
    if material.test is not None:
        run = _quoted(material.folder.name)
        words = f"search.compare {run} OTHER {names.out}{names.storage}"
        yield (
            "Compare with another study, on the same people",
            f"{words} --to comparison.html",
        )
        again = f"search.rescore {names.files}"
        yield "Compute the scores again from the predictions alone", again
    if material.chosen is not None:
        trial = f"--trial {material.chosen.number} {names.data}"
        yield (
            "Train the chosen trial again and compare each of its epochs",
            f"search.replay {names.run} {trial}",
        )


def explaining(names: Names) -> str:
    """Writes the command, without ``python -m``, that explains the model."""
    return f"search.report {names.run} --explain"


def _exports(material: Material, names: Names) -> Iterator[tuple[str, str]]:
    """Yields what takes the configuration and the model elsewhere."""
    folder = material.folder
    best, model = (_quoted(folder.file(each)) for each in (BEST, MODEL))
    if material.chosen is not None:
        yield (
            "Export the chosen configuration, or another trial's with --trial N",
            f"search.export {names.run} --to my_config.toml",
        )
    if folder.file(BEST).is_file():
        yield (
            "Train the chosen configuration again",
            f"search.train --config {best} {names.data}",
        )
    if folder.file(MODEL).is_file():
        yield (
            "Export the model to other programs",
            f"search.export {names.run} --format onnx",
        )
        yield (
            "Add to this page what the model responds to, and where it looks",
            explaining(names),
        )
        yield "Predict pictures or videos", f"models.predict --model {model} PATH"
