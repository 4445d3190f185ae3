"""The formats a model is written in, readable before a library is loaded.

Another format is a module with ``write`` and ``describe``, and an entry of ``FORMATS``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from models.engines.engine import require_package


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFormat:
    """One format of a model.

    Attributes:
        code: the module that writes it.
        ending: that of its file; empty where it is a folder.
        extra: the extra of this project that installs what it needs.
        packages: what that is, as it is imported.
        quantized: whether weights and activations are whole numbers of 8 bits.
    """

    code: str
    ending: str
    extra: str = ""
    packages: tuple[str, ...] = ()
    quantized: bool = False

    def require(self) -> None:
        """Raises ``InputError`` with pip's command where a package is missing."""
        for package in self.packages:
            require_package(package, extra=self.extra)

    def versions(self) -> Mapping[str, str]:
        """Names the versions of its packages."""
        return {package: version(package) for package in self.packages}


_ONNX = ("onnx", "tf2onnx", "onnxruntime")
_LITERT = ("ai_edge_litert",)

FORMATS = {
    "keras": ModelFormat(code="models.conversion.keras_file", ending=".keras"),
    "onnx": ModelFormat(
        code="models.conversion.onnx_file",
        ending=".onnx",
        extra="onnx",
        packages=_ONNX,
    ),
    "litert": ModelFormat(
        code="models.conversion.litert_file",
        ending=".tflite",
        extra="litert",
        packages=_LITERT,
    ),
    "litert-int8": ModelFormat(
        code="models.conversion.litert_file",
        ending=".tflite",
        extra="litert",
        packages=_LITERT,
        quantized=True,
    ),
    "savedmodel": ModelFormat(code="models.conversion.saved_model", ending=""),
}
"""Name -> format."""


def sidecar_path(to: Path) -> Path:
    """Names the sidecar beside a model."""
    return to.with_suffix(".json")
