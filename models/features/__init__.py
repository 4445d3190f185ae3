"""Features of a frozen backbone: computed once for each image, kept like pixels."""
