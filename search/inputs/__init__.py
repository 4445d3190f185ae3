"""From a data folder and a study to what a trial is trained on."""
