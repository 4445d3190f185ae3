"""FER2013 and FER+ as published: their CSV files, converted to images with labels."""
