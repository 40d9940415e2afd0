"""What goes in and out of the studio: tables, Label Studio, packages, releases, backups.

No database and no web framework: everything here takes and gives items, files and folders.

    csv_text, read_csv                              items as a spreadsheet's table
    label_studio_tasks, read_label_studio           items as Label Studio tasks, with label_studio_config
    open_package, pack                              a benchmark as an archive that nobody vouches for
    write_release, verify_release                   a release from items, sounds and ReleaseFacts
    audit_text, bias_text                           what the audit found, for a release's data sheet
    compare_benchmarks                              what changed from one benchmark to another
    back_up, verify_backup                          a data folder, while the server runs
    restore, finish_restore                         and back; the server calls finish_restore when it starts

Text that comes in is data: it is never executed, never a path, and leaves in a form in which it can start
nothing. All functions block; a server calls them in a thread or a worker.
"""

from __future__ import annotations

from mmar.studio.exchange.auditing import audit_text, bias_text
from mmar.studio.exchange.backup import back_up
from mmar.studio.exchange.backup_folder import Backup, read_backup, verify_backup
from mmar.studio.exchange.changes import BenchmarkChanges, FieldChange, compare_benchmarks
from mmar.studio.exchange.facts import PRIVATE_FIELDS, ReleaseFacts, TakenDown, new_canary
from mmar.studio.exchange.history import Previous, read_previous
from mmar.studio.exchange.label_studio import label_studio_config, label_studio_tasks
from mmar.studio.exchange.label_studio_reading import is_label_studio, read_label_studio
from mmar.studio.exchange.leaving_out import LeftOut, takedown_names, without_taken_down
from mmar.studio.exchange.packages import Package, below, open_package, pack, zipped
from mmar.studio.exchange.release import Release, public_items, write_release
from mmar.studio.exchange.restoring import finish_restore, restore
from mmar.studio.exchange.sums import verify_release
from mmar.studio.exchange.table import csv_text, read_csv

__all__ = [
    "PRIVATE_FIELDS",
    "Backup",
    "BenchmarkChanges",
    "FieldChange",
    "LeftOut",
    "Package",
    "Previous",
    "Release",
    "ReleaseFacts",
    "TakenDown",
    "audit_text",
    "back_up",
    "below",
    "bias_text",
    "compare_benchmarks",
    "csv_text",
    "finish_restore",
    "is_label_studio",
    "label_studio_config",
    "label_studio_tasks",
    "new_canary",
    "open_package",
    "pack",
    "public_items",
    "read_backup",
    "read_csv",
    "read_label_studio",
    "read_previous",
    "restore",
    "takedown_names",
    "verify_backup",
    "verify_release",
    "without_taken_down",
    "write_release",
    "zipped",
]
