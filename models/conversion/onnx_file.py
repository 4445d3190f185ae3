"""An ``.onnx`` file of any batch size, converted by tf2onnx.

Keras 3.15's own exporter hands tf2onnx a function that refers to constants outside of
it, such as the means of a ``Normalization`` layer (all EfficientNets); tf2onnx 1.17
makes inputs of them, without their values. Here they are put into the function first.
"""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from models.conversion.keras_source import PIXELS, quiet, source_model

BATCH = "batch"
"""Name of the axis of any size."""


def write(source: Path, to: Path, _calibration: np.ndarray | None) -> None:
    """Writes the file."""
    model = source_model(source)
    tensorflow = import_module("tensorflow")
    shape = tuple(model.inputs[0].shape)
    signature = [tensorflow.TensorSpec(shape, tensorflow.float32, name=PIXELS)]

    def traced(function: Callable[[Any], Any]) -> Any:
        return tensorflow.function(function, input_signature=signature, autograph=False)

    with quiet():
        constants = import_module("tensorflow.python.framework.convert_to_constants")
        whole = constants.convert_variables_to_constants_v2(
            traced(
                lambda pixels: model(pixels, training=False)
            ).get_concrete_function(),
            lower_control_flow=False,
        )
        # A frozen function returns a list, in the order of the sorted names.
        named = traced(
            lambda pixels: dict(zip(sorted(model.output), whole(pixels), strict=True))
        )
        import_module("tf2onnx").convert.from_function(
            named,
            signature,
            output_path=str(to),
            custom_op_handlers={"Erfc": (_erfc, [])},
        )


def _erfc(graph: Any, node: Any, _name: str, _arguments: Any) -> None:
    """Writes 1 - erf, as in GELU: tf2onnx 1.17 knows no ``Erfc``, and ONNX has none."""
    kind = import_module("tf2onnx").utils.map_onnx_to_numpy_type(
        graph.get_dtype(node.input[0])
    )
    graph.remove_node(node.name)
    one = graph.make_const(f"{node.name}_one", np.ones((), kind)).output[0]
    error = graph.make_node("Erf", node.input).output[0]
    graph.make_node("Sub", [one, error], outputs=node.output)


def describe(path: Path, sidecar: Mapping[str, Any]) -> Mapping[str, Any]:
    """Writes each entry of the sidecar as JSON into ``metadata_props``; returns it."""
    onnx = import_module("onnx")
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {k: json.dumps(v) for k, v in sidecar.items()})
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return sidecar
