"""The questions, one module a modality or part of one; each scene is a function from a draw to a scene."""
