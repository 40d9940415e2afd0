"""Files on disk: atomic writes, locks, checksums, safe unpacking, file types, safe paths and progress.

Nothing here knows about items or benchmarks. Import from the modules:

    atomic      write a file or a folder completely or not at all; disk errors as `ExternalError`
    open        open files, plain or gzip, with failures as errors for the user
    hashing     SHA-256 of bytes, streams and files
    locks       one process at a time, on `filelock`
    archives    unpack tar and ZIP archives from untrusted sources
    sniff       file type by content
    safe_paths  relative paths from untrusted sources
    progress    progress of long steps on a terminal or in a log
"""
