"""What to do next: the exact commands."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from data_pipeline.pages.section import Code, Section
from search.final.exported_config import BEST
from search.final.sidecar import MODEL
from search.report_page.material import Material
from search.run_files import RESULTS


def section(material: Material) -> Section:
    """Lists commands with the run's own names."""
    text = f"{RESULTS} has the results as a section of a paper."
    there = material.folder.file(RESULTS).is_file()
    return Section(
        paragraphs=(text,) * there,
        codes=tuple(
            Code(caption=f"{caption}:", text=f"python -m {command}")
            for caption, command in _commands(material)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Parts of the commands, each quoted for a shell."""

    out: str
    study: str
    data: str


def _commands(material: Material) -> Iterator[tuple[str, str]]:
    out = f"--out {shlex.quote(str(material.folder.out))}"
    names = _Names(
        out=out,
        study=f"--study {shlex.quote(material.folder.name)} {out}",
        data="--data synthetic" if material.synthetic else "--data DIR",
    )
    study = shlex.quote(material.study.name)
    yield "Continue the run", f"search.run --study {study} {names.data} {out}"
    if material.nested:
        part = shlex.quote(f"{material.folder.name}/outer-1")
        yield "Report of a part", f"search.report --study {part} {out}"
        return
    yield "Look at every trial in the browser", f"search.dashboard {names.study}"
    yield from _checks(material, names)
    yield from _exports(material, names)


def _checks(material: Material, names: _Names) -> Iterator[tuple[str, str]]:
    """Yields what compares the run with others, and with itself."""
    if material.test is not None:
        run = shlex.quote(material.folder.name)
        words = f"search.compare {run} OTHER {names.out} --to comparison.html"
        yield (
            "Compare with another study, on the same people",
            words,
        )
        again = f"search.rescore {names.study}"
        yield "Compute the scores again from the predictions alone", again
    if material.chosen is not None:
        trial = f"--trial {material.chosen.number} {names.data}"
        yield (
            "Train the chosen trial again and compare each of its epochs",
            f"search.replay {names.study} {trial}",
        )


def _exports(material: Material, names: _Names) -> Iterator[tuple[str, str]]:
    """Yields what takes the configuration and the model elsewhere."""
    folder = material.folder
    best, model = (shlex.quote(str(folder.file(each))) for each in (BEST, MODEL))
    yield (
        "Export the chosen configuration, or another trial's with --trial N",
        f"search.export {names.study} --to my_config.toml",
    )
    if folder.file(BEST).is_file():
        yield (
            "Train the chosen configuration again",
            f"search.train --config {best} {names.data}",
        )
    if folder.file(MODEL).is_file():
        yield (
            "Export the model to other programs",
            f"search.export {names.study} --format onnx",
        )
        yield (
            "Add to this page what the model responds to, and where it looks",
            f"search.report {names.study} --explain",
        )
        yield "Predict pictures or videos", f"models.predict --model {model} PATH"
