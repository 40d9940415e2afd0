"""Imports, exports, releases and backups.

    importing, imported_clips      importing a benchmark into a project, with its clips
    item_files                     files of items: JSONL, CSV, Label Studio tasks, archives
    csv_format, label_studio       those two formats
    releases, snapshot             writing a release of a project
    release_files, release_texts   the files of a release
    backup, restore                backups of a data folder, and restoring them

Imported text is data: it is never executed and never used as a path.
"""
