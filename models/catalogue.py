"""What is known of each backbone before Keras is loaded: sizes and weight files."""

from dataclasses import dataclass

KERAS_STORE = "https://storage.googleapis.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A file of ImageNet weights as ``keras.applications`` publishes it.

    ``md5`` is the digest under which Keras accepts a file that lies in its cache.
    """

    name: str
    url: str
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneFacts:
    """What a study is checked against: the smallest image, and ImageNet weights.

    ``smallest`` is in pixels a side; ``imagenet`` is ``None`` for a backbone that
    nobody has published ImageNet weights for.
    """

    smallest: int
    imagenet: WeightsFile | None


def _file(folder: str, name: str, md5: str) -> WeightsFile:
    return WeightsFile(name=name, url=f"{KERAS_STORE}/{folder}/{name}", md5=md5)


BACKBONE_FACTS: dict[str, BackboneFacts] = {
    "residual_cnn": BackboneFacts(smallest=16, imagenet=None),
    "resnet50": BackboneFacts(
        smallest=32,
        imagenet=_file(
            "tensorflow/keras-applications/resnet",
            "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "4d473c1dd8becc155b73f8504c6f6626",
        ),
    ),
    "densenet121": BackboneFacts(
        smallest=32,
        imagenet=_file(
            "tensorflow/keras-applications/densenet",
            "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
            "30ee3e1110167f948a6b9946edeeb738",
        ),
    ),
    "efficientnet_b0": BackboneFacts(
        smallest=32,
        imagenet=_file(
            "keras-applications",
            "efficientnetb0_notop.h5",
            "50bc09e76180e00e4465e1a485ddc09d",
        ),
    ),
}
"""Source of names and digests: ``keras.applications`` of Keras 3.15."""
