"""Drafting a study file for a folder of faces: what is there, and what is assumed."""
