"""A study file, read and checked: sections, space, objective."""
