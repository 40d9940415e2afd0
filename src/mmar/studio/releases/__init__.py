"""Releases of a project.

project_releases               writing a release, or an existing version again
snapshot                       its items, clips and facts, frozen
release_files, release_texts   its files
"""
