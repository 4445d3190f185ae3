"""What is known of each backbone before Keras is loaded: sizes and weight files."""

from dataclasses import dataclass

KERAS_STORE = "https://storage.googleapis.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A file of ImageNet weights as ``keras.applications`` publishes it.

    ``md5`` is the digest under which Keras accepts a file that lies in its cache;
    ``None`` where Keras knows none and takes any file of that name.
    """

    name: str
    url: str
    md5: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneFacts:
    """What a study is checked against: the smallest image, and ImageNet weights.

    ``smallest`` is in pixels a side; ``block`` is how the names of the layers of a
    block begin, its group ``block`` what they share; ``imagenet`` is ``None`` for a
    backbone that nobody has published ImageNet weights for.
    """

    smallest: int
    block: str
    imagenet: WeightsFile | None = None


STAGED = r"(?P<block>stage\d+_block\d+)_"
STOCK = r"(?P<block>conv\d+_block\d+)_"
EFFICIENT = r"(?P<block>block\d+[a-z])_"


def _stock(
    folder: str, name: str, md5: str | None, *, block: str = STOCK
) -> BackboneFacts:
    """Describes a network of Keras: five times it halves the map, 32 to 1."""
    file = WeightsFile(name=name, url=f"{KERAS_STORE}/{folder}/{name}", md5=md5)
    return BackboneFacts(smallest=32, block=block, imagenet=file)


BACKBONE_FACTS: dict[str, BackboneFacts] = {
    "residual_cnn": BackboneFacts(smallest=16, block=STAGED),
    "resnet18": BackboneFacts(smallest=16, block=STAGED),
    "resnet50": _stock(
        "tensorflow/keras-applications/resnet",
        "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "4d473c1dd8becc155b73f8504c6f6626",
    ),
    "densenet121": _stock(
        "tensorflow/keras-applications/densenet",
        "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "30ee3e1110167f948a6b9946edeeb738",
    ),
    "efficientnet_b0": _stock(
        "keras-applications",
        "efficientnetb0_notop.h5",
        "50bc09e76180e00e4465e1a485ddc09d",
        block=EFFICIENT,
    ),
    "efficientnet_b1": _stock(
        "keras-applications",
        "efficientnetb1_notop.h5",
        "74c4e6b3e1f6a1eea24c589628592432",
        block=EFFICIENT,
    ),
    "efficientnet_b2": _stock(
        "keras-applications",
        "efficientnetb2_notop.h5",
        "111f8e2ac8aa800a7a99e3239f7bfb39",
        block=EFFICIENT,
    ),
    "efficientnet_b3": _stock(
        "keras-applications",
        "efficientnetb3_notop.h5",
        "af6d107764bb5b1abb91932881670226",
        block=EFFICIENT,
    ),
    # Published for several image sides; the convolutions of 224 serve every side.
    "mobilenet": _stock(
        "tensorflow/keras-applications/mobilenet",
        "mobilenet_1_0_224_tf_no_top.h5",
        None,
        block=r"conv_(dw|pw|pad)_(?P<block>\d+)",
    ),
    "ferplus_cnn": BackboneFacts(smallest=16, block=r"(?P<block>block\d+)_"),
}
"""Source of names and digests: ``keras.applications`` of Keras 3.15."""
