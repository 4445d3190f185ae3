"""From image files to arrays: decoding, face detection, crops, the image cache."""
