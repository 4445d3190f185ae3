"""The registry of backbones: one entry each, readable before Keras is loaded.

A new backbone is one file in ``models/backbones`` and one entry of ``BACKBONES``.
"""

from dataclasses import dataclass

KERAS_STORE = "https://storage.googleapis.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A file of ImageNet weights as ``keras.applications`` publishes it.

    ``md5`` is the digest that Keras checks a cached file against; ``None`` where Keras
    has none and accepts any file of that name.
    """

    name: str
    url: str
    md5: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneEntry:
    """Where a backbone's code is, and what a study is checked against.

    Attributes:
        code: its ``Backbone`` as ``module:name``, an importable module.
        smallest: the smallest image it fits, in pixels a side.
        block: pattern of the names of a block's layers; its group ``block`` is what
            they share.
        imagenet: published ImageNet weights, if any.
        hyperparameters: keys that set its size; those of other backbones have no
            effect on it.
    """

    code: str
    smallest: int
    block: str
    imagenet: WeightsFile | None = None
    hyperparameters: tuple[str, ...] = ()


STAGED = r"(?P<block>stage\d+_block\d+)_"
STOCK = r"(?P<block>conv\d+_block\d+)_"
EFFICIENT = r"(?P<block>block\d+[a-z])_"


def _stock(
    code: str, folder: str, name: str, md5: str | None, *, block: str = STOCK
) -> BackboneEntry:
    """Describes a network of Keras; it halves the map five times, 32 to 1."""
    file = WeightsFile(name=name, url=f"{KERAS_STORE}/{folder}/{name}", md5=md5)
    return BackboneEntry(
        code=f"models.backbones.{code}", smallest=32, block=block, imagenet=file
    )


def _efficient(size: str, md5: str) -> BackboneEntry:
    name = f"efficientnet{size}_notop.h5"
    code = f"efficientnet:{size.upper()}"
    return _stock(code, "keras-applications", name, md5, block=EFFICIENT)


BACKBONES: dict[str, BackboneEntry] = {
    "residual_cnn": BackboneEntry(
        code="models.backbones.residual_cnn:BACKBONE",
        smallest=16,
        block=STAGED,
        hyperparameters=("backbone.blocks", "backbone.filters"),
    ),
    "resnet18": BackboneEntry(
        code="models.backbones.resnet18:BACKBONE", smallest=16, block=STAGED
    ),
    "resnet50": _stock(
        "resnet50:BACKBONE",
        "tensorflow/keras-applications/resnet",
        "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "4d473c1dd8becc155b73f8504c6f6626",
    ),
    "densenet121": _stock(
        "densenet121:BACKBONE",
        "tensorflow/keras-applications/densenet",
        "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "30ee3e1110167f948a6b9946edeeb738",
    ),
    "efficientnet_b0": _efficient("b0", "50bc09e76180e00e4465e1a485ddc09d"),
    "efficientnet_b1": _efficient("b1", "74c4e6b3e1f6a1eea24c589628592432"),
    "efficientnet_b2": _efficient("b2", "111f8e2ac8aa800a7a99e3239f7bfb39"),
    "efficientnet_b3": _efficient("b3", "af6d107764bb5b1abb91932881670226"),
    # Published for several image sides; the convolutions of 224 serve every side.
    "mobilenet": _stock(
        "mobilenet:BACKBONE",
        "tensorflow/keras-applications/mobilenet",
        "mobilenet_1_0_224_tf_no_top.h5",
        None,
        block=r"conv_(dw|pw|pad)_(?P<block>\d+)",
    ),
    "ferplus_cnn": BackboneEntry(
        code="models.backbones.ferplus_cnn:BACKBONE",
        smallest=16,
        block=r"(?P<block>block\d+)_",
    ),
}
"""Source of names and digests: ``keras.applications`` of Keras 3.15."""


def size_keys() -> frozenset[str]:
    """Returns the hyperparameters that some backbones have and others ignore."""
    return frozenset(
        key for entry in BACKBONES.values() for key in entry.hyperparameters
    )
