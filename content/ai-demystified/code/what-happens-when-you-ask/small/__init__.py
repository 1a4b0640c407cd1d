"""A small language model, written part by part with the series AI Demystified."""
