"""Synthetic faces: FACS action units -> face geometry -> shaded pixels -> a data set.

    population  subjects, expressions and their coding, without pixels
    face        intensities -> how each side of a face moves -> curves, creases, bumps
    render      curves -> tones, relief and shading; landmarks; one finished frame
    layouts     real layouts on disk, as images and label files
    render_all  renders images on all cores
    write       one whole folder, all or nothing

No real person was photographed, traced or measured.
"""
