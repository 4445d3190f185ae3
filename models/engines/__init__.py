"""Engines compute a model's outputs: Keras, TensorFlow, ONNX Runtime or LiteRT.

The ending of a model's file names its engine. Another one is a module and a line here.
"""

from importlib import import_module
from pathlib import Path

from data_pipeline.system.errors import ModelError
from models.engines.engine import Engine

FOLDER = "folder"
"""Stands for the ending of a SavedModel, which is a folder."""

ENGINES = {
    ".keras": "models.engines.keras_engine:KerasEngine",
    ".onnx": "models.engines.onnx_engine:OnnxEngine",
    ".tflite": "models.engines.litert_engine:LiteRTEngine",
    FOLDER: "models.engines.saved_model_engine:SavedModelEngine",
}
"""Ending -> module and class; a module imports its library when it is loaded."""


def open_engine(path: Path, *, cpus: int) -> Engine:
    """Loads a model with the engine of its ending.

    Args:
        path: the file, or the folder of a SavedModel.
        cpus: threads it may use, where this process has not begun to compute.

    Raises:
        ModelError: the ending is unknown, or the file cannot be loaded.
        InputError: the engine's package is not installed.
    """
    ending = FOLDER if path.is_dir() else path.suffix
    if ending not in ENGINES:
        raise ModelError(
            f"{path}: a model's file ends in .keras, .onnx or .tflite, found "
            f"{ending or 'no ending'}; name the file that a run or search.export wrote"
        )
    module, _, name = ENGINES[ending].partition(":")
    engine: Engine = getattr(import_module(module), name)(path, cpus=cpus)
    return engine
