"""Files of the shelf as values for layers of this project: other names, other orders.

A port adds nothing: the network with these values gives the outputs of the original.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from models.pretrained import tfjs_file, torch_file
from models.pretrained.formats import Values, named_h5

LITE_ENDS = {
    "stem_conv": "_conv_stem",
    "stem_bn": "_bn0",
    "top_conv": "_conv_head",
    "top_bn": "_bn1",
}
LITE_PARTS = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "dw_bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
"""Layers of EfficientNet-Lite and what its PyTorch port calls them."""

DLIB_HALVING = {(stage, 1): "down" for stage in (2, 3, 4)} | {(4, 4): "down_out"}
"""Blocks of dlib's network that halve the map, by stage and place, in face-api.js."""

DEPTHWISE = "_depthwise_conv"


def read_port(backbone: str, path: Path, names: Sequence[str]) -> Values:
    """Reads a file of the shelf.

    Args:
        backbone: that the file is for.
        path: of the file.
        names: of the backbone's layers with weights, in order.

    Returns:
        Values for layers, by name.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is of another kind.
        KeyError: it lacks a layer.
    """
    return PORTS[backbone](path, names)


def mini_xception(path: Path, names: Sequence[str]) -> Values:
    """Reads Keras 2's file, whose layers are numbered; splits separable ones."""
    del names
    found = named_h5(path)
    values: Values = {}
    for number, stem in enumerate(("stem_first", "stem_second"), start=1):
        values[f"{stem}_conv"] = found[f"conv2d_{number}_1"]
        values[f"{stem}_bn"] = found[f"batch_normalization_{number}_1"]
    for block in range(1, 5):
        skip = f"block{block}_skip"
        values[f"{skip}_conv"] = found[f"conv2d_{block + 2}_1"]
        values[f"{skip}_bn"] = found[f"batch_normalization_{3 * block}_1"]
        for place, name in enumerate(("first", "second")):
            own = f"block{block}_{name}"
            both = found[f"separable_conv2d_{2 * block - 1 + place}_1"]
            values[f"{own}_depthwise"], values[f"{own}_conv"] = both[:1], both[1:]
            norm = f"batch_normalization_{3 * block + 1 + place}_1"
            values[f"{own}_bn"] = found[norm]
    return values


def efficientnet_lite(path: Path, names: Sequence[str]) -> Values:
    """Reads the PyTorch port's checkpoint, whose blocks are numbered from 0."""
    tensors = torch_file.read_tensors(path)
    found = [re.match(r"block\d+[a-z]", name) for name in names]
    blocks = list(dict.fromkeys(match[0] for match in found if match))
    values: Values = {}
    for name in names:
        block, _, part = name.partition("_")
        theirs = LITE_ENDS.get(name)
        if theirs is None:
            theirs = f"_blocks.{blocks.index(block)}.{LITE_PARTS[part]}"
        values[name] = _in_order_of_keras(tensors, theirs)
    return values


def _in_order_of_keras(tensors: dict[str, np.ndarray], layer: str) -> list[np.ndarray]:
    """Takes a layer's weights: a kernel's axes are filters, channels, rows, columns."""
    first = tensors[f"{layer}.weight"]
    if first.ndim == 1:
        rest = ("bias", "running_mean", "running_var")
        return [first, *(tensors[f"{layer}.{name}"] for name in rest)]
    return [
        first.transpose((2, 3, 0, 1) if layer.endswith(DEPTHWISE) else (2, 3, 1, 0))
    ]


def faceapi_cnn(path: Path, names: Sequence[str]) -> Values:
    """Reads face-api.js's file, whose blocks and convolutions are numbered from 0."""
    tensors = tfjs_file.read_tensors(path)
    values: Values = {}
    for name in names:
        block, place, is_depthwise = _place(name)
        theirs = f"dense{block - 1}/conv{place - 1}"
        if is_depthwise:
            values[name] = [tensors[f"{theirs}/depthwise_filter"]]
            continue
        kernel = "filters" if block == place == 1 else "pointwise_filter"
        values[name] = [tensors[f"{theirs}/{kernel}"], tensors[f"{theirs}/bias"]]
    return values


def _place(name: str) -> tuple[int, int, bool]:
    """Takes block and convolution out of a layer's name."""
    numbers = re.findall(r"\d+", name)
    return int(numbers[0]), int(numbers[1]), name.endswith("_depthwise")


def dlib_resnet(path: Path, names: Sequence[str]) -> Values:
    """Reads face-api.js's file; folds the scale after a convolution into it."""
    tensors = tfjs_file.read_tensors(path)
    values: Values = {}
    for name in names:
        theirs = _in_dlib(name.removesuffix("_conv"))
        kernel, bias, scale, shift = (
            tensors[f"{theirs}/{part}"].astype(np.float64)
            for part in ("conv/filters", "conv/bias", "scale/weights", "scale/biases")
        )
        folded = (kernel * scale, bias * scale + shift)
        values[name] = [value.astype(np.float32) for value in folded]
    return values


def _in_dlib(name: str) -> str:
    """Returns what face-api.js calls a convolution.

    Example:
        >>> [_in_dlib(n) for n in ("stage1_block1_second", "stage4_block2_first")]
        ['conv32_1/conv2', 'conv256_1/conv1']
    """
    found = re.fullmatch(r"stage(\d)_block(\d)_(first|second)", name)
    if found is None:
        return "conv32_down"
    stage, block = int(found[1]), int(found[2])
    kind = (
        str(block) if stage == 1 else DLIB_HALVING.get((stage, block), f"{block - 1}")
    )
    return f"conv{16 << stage}_{kind}/conv{1 if found[3] == 'first' else 2}"


PORTS: dict[str, Callable[[Path, Sequence[str]], Values]] = {
    "mini_xception": mini_xception,
    "efficientnet_lite0": efficientnet_lite,
    "efficientnet_lite1": efficientnet_lite,
    "efficientnet_lite2": efficientnet_lite,
    "faceapi_cnn": faceapi_cnn,
    "dlib_resnet": dlib_resnet,
}
