"""A finished run's folder, without the search."""

import keras

from models.training.saving import plain_model
from search.callbacks.progress_bar import ProgressBar, open_console
from search.final.sidecar import MODEL, SIDECAR, Winner, sidecar_of, signed_sidecar
from search.pipeline.opening import open_past_run
from search.run_folder import RunFolder, write_json
from tests.factories.models import configured
from tests.factories.runs import STUDY


def write_run(out, data, *, trial=1):
    """Writes a run of the tiny study as if searched, with an untrained model."""
    folder = RunFolder(out=out, name="tiny-synthetic")
    folder.make()
    folder.file("study.toml").write_text(STUDY)
    with ProgressBar(open_console(quiet=True)) as bar:
        run = open_past_run(folder, str(data), bar)
    spec = run.data.data_spec
    keras.utils.set_random_seed(3)
    model = plain_model(
        configured(
            side=spec.image_size,
            channels=spec.channels,
            emotions=spec.emotions,
            units=spec.action_units,
        )
    )
    model.save(folder.file(MODEL))
    winner = Winner(
        trial=trial,
        epoch=2,
        thresholds=dict.fromkeys(spec.action_units, 0.5),
        weights="none",
    )
    sidecar = sidecar_of(run, winner, parameters=model.count_params(), start=None)
    write_json(folder.file(SIDECAR), signed_sidecar(folder.file(MODEL), sidecar))
    return folder
