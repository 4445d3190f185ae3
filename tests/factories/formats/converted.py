"""A model in a format."""

import json

from models.conversion.convert import Conversion, convert
from models.conversion.formats import FORMATS


def described(model):
    """Reads the sidecar beside a model, without the digest."""
    sidecar = json.loads(model.with_suffix(".json").read_text())
    return {key: value for key, value in sidecar.items() if key != "sha256"}


def converted(model, name, folder, pixels, **more):
    """Writes a model in a format into a new folder; returns its path and the result."""
    form = FORMATS[name]
    to = folder / name / f"model{form.ending}"
    work = Conversion(
        source=model,
        sidecar=described(model),
        form=form,
        to=to,
        pixels=pixels,
        images="drawn faces",
        **more,
    )
    return to, convert(work)
