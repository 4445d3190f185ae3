"""Synthetic faces: FACS action units -> face geometry -> shaded pixels -> a data set.

    population  who shows what: subjects, expressions, their coding; no pixels
    face        intensities -> how each side of a face moves -> curves, creases, bumps
    render      curves -> tones, relief and shading; landmarks; one finished frame
    layouts     real layouts on disk, as pictures and label files
    render_all  renders pictures on all cores
    write       one whole folder, all or nothing

No real person was photographed, traced or measured.
"""
