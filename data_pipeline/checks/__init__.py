"""What is wrong with a data set: labels, images, leaks between parts."""
