"""Thirty questions put to the text of this series: by words, by meaning, and by both."""
