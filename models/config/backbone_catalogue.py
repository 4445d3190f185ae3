"""The registry of backbones: one entry each, readable before Keras is loaded.

A new backbone is one file in ``models/backbones`` and one entry of ``BACKBONES``.
"""

from dataclasses import dataclass

from data_pipeline.own_code.named_code import Kind

KERAS_STORE = "https://storage.googleapis.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A file of ImageNet weights as ``keras.applications`` publishes it.

    ``digest`` is what Keras checks a cached file against, MD5 or (64 digits) SHA-256;
    ``None`` where Keras has none and accepts any file of that name.
    """

    name: str
    url: str
    digest: str | None


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
EXPANDED = r"(?P<block>expanded_conv(_\d+)?)_"


def _stock(
    code: str, folder: str, name: str, digest: str | None, *, block: str = STOCK
) -> BackboneEntry:
    """Describes a network of Keras; it halves the map five times, 32 to 1."""
    file = WeightsFile(name=name, url=f"{KERAS_STORE}/{folder}/{name}", digest=digest)
    return BackboneEntry(
        code=f"models.backbones.applications.{code}",
        smallest=32,
        block=block,
        imagenet=file,
    )


def _efficient(size: str, md5: str) -> BackboneEntry:
    name = f"efficientnet{size}_notop.h5"
    code = f"efficientnet:{size.upper()}"
    return _stock(code, "keras-applications", name, md5, block=EFFICIENT)


def _efficient_v2(size: str, md5: str) -> BackboneEntry:
    name = f"efficientnetv2-{size}_notop.h5"
    folder = "tensorflow/keras-applications/efficientnet_v2"
    code = f"efficientnet_v2:{size.upper()}"
    return _stock(code, folder, name, md5, block=EFFICIENT)


def _mobile_v3(size: str, md5: str) -> BackboneEntry:
    # Published for several image sides, too.
    name = f"weights_mobilenet_v3_{size}_224_1.0_float_no_top_v2.h5"
    folder = "tensorflow/keras-applications/mobilenet_v3"
    return _stock(f"mobilenet_v3:{size.upper()}", folder, name, md5, block=EXPANDED)


def _lite(size: str) -> BackboneEntry:
    code = f"models.backbones.efficientnet_lite:{size.upper()}"
    return BackboneEntry(code=code, smallest=32, block=EFFICIENT)


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
    "efficientnet_v2_b0": _efficient_v2("b0", "893217f2bb855e2983157299931e43ff"),
    "efficientnet_v2_b1": _efficient_v2("b1", "0e80663031ca32d657f9caa404b6ec37"),
    "efficientnet_v2_b2": _efficient_v2("b2", "1dfe2e7a5d45b6632553a8961ea609eb"),
    "efficientnet_v2_b3": _efficient_v2("b3", "f6abf7b5849ac99a89b50dd3fd532856"),
    "efficientnet_lite0": _lite("lite0"),
    "efficientnet_lite1": _lite("lite1"),
    "efficientnet_lite2": _lite("lite2"),
    "convnext_tiny": _stock(
        "convnext:BACKBONE",
        "tensorflow/keras-applications/convnext",
        "convnext_tiny_notop.h5",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
        block=r"convnext_tiny_(?P<block>stage_\d+_block_\d+)_",
    ),
    # Published for several image sides; the convolutions of 224 serve every side.
    "mobilenet": _stock(
        "mobilenet:BACKBONE",
        "tensorflow/keras-applications/mobilenet",
        "mobilenet_1_0_224_tf_no_top.h5",
        None,
        block=r"conv_(dw|pw|pad)_(?P<block>\d+)",
    ),
    "mobilenet_v3_small": _mobile_v3("small", "d3e8ec802a04aa4fc771ee12a9a9b836"),
    "mobilenet_v3_large": _mobile_v3("large", "07fb09a5933dd0c8eaafa16978110389"),
    "mini_xception": BackboneEntry(
        code="models.backbones.mini_xception:BACKBONE",
        smallest=16,
        block=r"(?P<block>block\d+)_",
    ),
    "faceapi_cnn": BackboneEntry(
        code="models.backbones.faceapi_cnn:BACKBONE",
        smallest=16,
        block=r"(?P<block>block\d+)_",
    ),
    # Below 103 pixels a halving of 2 pixels would leave none.
    "dlib_resnet": BackboneEntry(
        code="models.backbones.dlib_resnet:BACKBONE", smallest=103, block=STAGED
    ),
    "ferplus_cnn": BackboneEntry(
        code="models.backbones.ferplus_cnn:BACKBONE",
        smallest=16,
        block=r"(?P<block>block\d+)_",
    ),
}
"""Source of names and digests: ``keras.applications`` of Keras 3.15."""


OWN_BACKBONE = Kind(
    group="backbones",
    key='"backbone.name"',
    must="a function from pixels to a map of features, or a Backbone",
)
