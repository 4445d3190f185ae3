"""Keras's layers that TensorFlow computes faster by other operations; one table.

A convolution of single pixels is a product of matrices, which oneDNN computes up to
twice as fast on small maps. Its gradient of a depthwise kernel is up to ten times
slower than TensorFlow's own there. All are the same functions but for rounding.

A convolution of every second pixel must not be left to oneDNN 3.7: of fewer channels
than a vector register holds (16 with AVX-512), its gradient of the kernel writes beyond
its memory, and the process dies.
"""

from collections.abc import Callable
from typing import Any

from models.backend import depthwise_convolution
from models.keras_api import keras, ops
from models.network.batch_normalization import BatchNormalization, normalizes_maps


class Conv2D(keras.layers.Conv2D):  # type: ignore[misc]  # Keras is untyped
    """Convolves single pixels of maps (B, h, w, C)."""

    def call(self, inputs: Any) -> Any:
        """Multiplies every pixel, or each that the strides meet, by the kernel."""
        down, right = self.strides
        inputs = inputs[:, ::down, ::right]
        _, height, width, channels = inputs.shape
        pixels = ops.reshape(inputs, (-1, channels))
        outputs = ops.matmul(pixels, ops.reshape(self.kernel, (channels, self.filters)))
        if self.use_bias:
            outputs = outputs + self.bias
        maps = ops.reshape(outputs, (-1, height, width, self.filters))
        return self.activation(maps)


class DepthwiseConv2D(
    keras.layers.DepthwiseConv2D  # type: ignore[misc]  # Keras is untyped
):
    """Convolves each channel of maps (B, h, w, C)."""

    def call(self, inputs: Any) -> Any:
        """Convolves; the gradient of the kernel is TensorFlow's own."""
        if is_scale(self):
            maps = inputs * ops.reshape(self.kernel, (-1,))
        else:
            maps = depthwise_convolution(
                inputs, self.kernel, stride=self.strides[0], padding=self.padding
            )
        if self.use_bias:
            maps = maps + self.bias
        return self.activation(maps)


class Activation(keras.layers.Activation):  # type: ignore[misc]  # Keras is untyped
    """Applies SiLU, x sigmoid(x)."""

    def call(self, inputs: Any) -> Any:
        """Keeps the sigmoid for the gradient, which TensorFlow would compute again."""
        return inputs * ops.sigmoid(inputs)


def is_silu(layer: Any) -> bool:
    """Whether an activation is SiLU, also called swish."""
    return layer.activation is keras.activations.silu


def is_pointwise(layer: Any) -> bool:
    """Whether a convolution takes each pixel by itself."""
    sizes = {*layer.kernel_size, *layer.dilation_rate, layer.groups}
    return sizes == {1} and _has_maps(layer)


def is_plain_depthwise(layer: Any) -> bool:
    """Whether a depthwise convolution has square strides and no gaps."""
    has_gaps = {*layer.dilation_rate} != {1}
    return not has_gaps and len({*layer.strides}) == 1 and _has_maps(layer)


def is_scale(layer: Any) -> bool:
    """Whether a depthwise convolution multiplies each channel by a number."""
    return {*layer.kernel_size, *layer.strides, layer.depth_multiplier} == {1}


def _has_maps(layer: Any) -> bool:
    shape = layer.input.shape
    return layer.data_format == "channels_last" and None not in shape[1:]


FASTER: dict[type[Any], tuple[type[Any], Callable[[Any], bool]]] = {
    keras.layers.Activation: (Activation, is_silu),
    keras.layers.BatchNormalization: (BatchNormalization, normalizes_maps),
    keras.layers.Conv2D: (Conv2D, is_pointwise),
    keras.layers.DepthwiseConv2D: (DepthwiseConv2D, is_plain_depthwise),
}
"""Keras's class to ours, and whether ours computes what a layer is configured to."""


def use_faster(layers: list[Any]) -> None:
    """Lets layers of a model that is not traced yet use the faster operations.

    A layer changes its class: replaced, it would need the whole graph rebuilt.
    """
    if keras.backend.backend() != "tensorflow":
        return  # a compiler chooses operations by itself
    for layer in layers:
        if type(layer) in FASTER:
            faster, fits = FASTER[type(layer)]
            layer.__class__ = faster if fits(layer) else type(layer)
