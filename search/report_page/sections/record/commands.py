"""What to do next: the exact commands."""

import shlex
from collections.abc import Iterator

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


def _commands(material: Material) -> Iterator[tuple[str, str]]:
    folder = material.folder
    out = f"--out {shlex.quote(str(folder.out))}"
    study = f"--study {shlex.quote(folder.name)} {out}"
    data = "--data synthetic" if material.synthetic else "--data DIR"
    name = shlex.quote(material.study.name)
    best, model = (shlex.quote(str(folder.file(each))) for each in (BEST, MODEL))
    yield "Continue the run", f"search.run --study {name} {data} {out}"
    if material.nested:
        part = shlex.quote(f"{folder.name}/outer-1")
        yield "Report of a part", f"search.report --study {part} {out}"
        return
    yield "Look at the trials", f"search.dashboard {study}"
    yield (
        "Export the chosen configuration, or another trial's with --trial N",
        f"search.export {study} --to my_config.toml",
    )
    if folder.file(BEST).is_file():
        yield (
            "Train the chosen configuration again",
            f"search.train --config {best} {data}",
        )
    if folder.file(MODEL).is_file():
        yield (
            "Export the model to other programs",
            f"search.export {study} --format onnx",
        )
        yield "Predict pictures or videos", f"models.predict --model {model} PATH"
