"""The names of the methods; light, for ``--help``."""

GRAD_CAM, INTEGRATED_GRADIENTS = "grad-cam", "integrated-gradients"
METHODS = (GRAD_CAM, INTEGRATED_GRADIENTS)
