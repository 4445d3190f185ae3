"""The drawn faces: FACS action units -> face geometry -> shaded pixels.

    subjects     who: shape, skin, hair, brows, glasses, beard
    views        how seen: light, pose, camera
    expressions  emotion prototypes -> action units with intensities
    coding       what a human coder writes down, with misses and additions
    plan         who shows what, in the counts of CK+; no pixels
    muscles      intensities -> how far each side of a face moves
    geometry     subject + muscles -> a face's curves (upper_face, lower_face),
                 creases (folds) and flesh (bumps); curves has the splines
    relief       folds and bumps -> height field -> shading
    paint        curves -> tones (paint_head, paint_features on a canvas), then shaded
    landmarks    where 68 points of a face lie in its frame
    camera       roll, blur, noise, time code: one finished frame
    affect       emotion and intensity -> valence and arousal as a coder rates them
    layout_*     real layouts on disk, as pictures and label files
    studio       draws pictures on all cores
    write        one whole folder, all or nothing

No real person was photographed, traced or measured.
"""

from data_pipeline.drawn.write import write_drawn

__all__ = ["write_drawn"]
