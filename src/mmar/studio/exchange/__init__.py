"""What goes in and out of the studio: tables, Label Studio, releases, backups. No database, no web framework.

Signatures (being filled in; these will not change without notice):

    CSV             csv_text(items) -> str; read_csv(text | bytes, *, file=None) -> tuple[Item, ...]
    Label Studio    label_studio_tasks(items, audio_url: Callable[[Item], str]) -> list[dict]; label_studio_config() -> str
                    read_label_studio(data: bytes, *, file=None) -> tuple[Item, ...]
    packages        open_package(archive: Path, into: Path, *, bounds=None) -> Benchmark     zip or tar that nobody vouches for
                    below(folder: Path, relative: str) -> Path                               joins, or InputError
    release         write_release(folder: Path, items, audio: Mapping[item id, Path], about: ReleaseFacts, *,
                                  previous: Benchmark | None = None) -> Release(folder, digest, files, left_out)
                    verify_release(folder) -> tuple[str, ...]                                what is wrong; empty is well
                    compare_benchmarks(old, new) -> BenchmarkChanges(added, removed, changed); .to_markdown()
                    new_canary(name) -> str                                                  once a project; keep it
                    ReleaseFacts(name, version, date, title, description, how_made, people, licence_name, licence_text,
                                 canary, withheld=("thinking", "cue", "rubric"), taken_down=(), agreement=None,
                                 human_accuracy=None, audit_report=None, bias_report=None, contact="", citation="")
    backup          back_up(database: Path, data: Path, into: Path, *, advance=None) -> Backup    safe while a server runs
                    restore(backup: Path, database: Path, data: Path) -> Backup; verify_backup(backup) -> tuple[str, ...]
                    unfinished_restore(database) -> Path | None    ask at start; run restore with it again
"""
