"""The drawn faces: FACS action units -> face geometry -> shaded pixels.

    subjects     who: shape, skin, hair, brows, glasses, beard
    views        how seen: light, pose, camera
    expressions  emotion prototypes -> action units with intensities
    coding       what a human coder writes down, with misses and additions
    plan         who shows what, in the counts of CK+; no pixels
    geometry     subject + action units -> curves of a face
    relief       curves -> height field -> shading
    paint        curves -> tones, then shaded
    camera       pose, blur, noise, time code, frame sizes
    layout_*     the two real layouts on disk
    write        one whole folder, all or nothing

No real person was photographed, traced or measured.
"""

from data_pipeline.drawn.write import write_drawn

__all__ = ["write_drawn"]
