"""Imports, exports, releases and backups.

    importing, imported_clips    an existing benchmark into a project
    item_files                   items as JSONL, CSV or Label Studio tasks, both ways
    csv_format, label_studio     those two formats
    archives                     a benchmark with its clips as one file
    releases, snapshot           writing a release of a project
    release_files, datasheet     the files of a release
    takedown_filter              items that no release may contain
    backup, restore              a data folder while the server runs, and back

Text that comes in is data: it is never executed and never used as a path.
"""
