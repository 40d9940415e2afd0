"""Imports and exports of items.

    importing, imported_clips      importing a benchmark into a project, with its clips
    item_files                     files of items: JSONL, CSV, Label Studio tasks, archives
    csv_format, label_studio       those two formats

Imported text is data: it is never executed and never used as a path.
"""
