'''Sound for the studio: fetched, checked, cut, measured and shown. No database, no web framework.

    address ─► fetch_source ─► Source (whole audio, once a video) ─► prepare_clip ─► Prepared (WAV)
    upload  ─► inspect_upload ─► UploadFacts ──────────────────────┘      └─► build_waveform ─► Waveform

Signatures (being filled in; these will not change without notice):

    fetching   FetchPolicy(hosts, media_hosts=(), ports=(80, 443), max_bytes, max_seconds, stall_seconds, connect_seconds,
                           max_redirects=5, allow_loopback=False)          policy.DEFAULT_POLICY knows YouTube and Bilibili
               check_url(url, policy) -> str                               canonical, or InputError before anything is fetched
               async fetch_source(url, cache: Path, policy, *, via="auto"|"http"|"yt-dlp", advance=Advance) -> Source
               Source(key, url, path, size, sha256, fetched_by, when, title, duration, uploader, licence)
               source_key(url) -> str                                      equal for two spellings of one video
               cached_source(url, cache) -> Source | None
               Cancelling the task kills the downloader and leaves nothing behind.
    cutting    prepare_clip(source: Path, segments, out: Path, *, rate=None, channels=None, crossfade=0.0) -> Prepared
               cut(source: Path, segments, *, crossfade=0.0) -> mmar.audio.Clip        the preview, in memory
               Prepared(path, sha256, size, rate, channels, frames, duration, loudness, levels, fingerprint: bytes)
               segments come from mmar.items.timestamps: parse_timestamp(text) -> tuple[Segment(start, end), ...]
    measures   measure_loudness(clip) -> Loudness(integrated, true_peak)   LUFS (None below the gate), dBTP
               mmar.audio.levels.measure_levels(clip) -> Levels            silence, clipping, peak, equal channels
               mmar.audio.landmarks.fingerprint(clip) -> bytes; similarity(a, b) -> 0…1; near_duplicates({id: bytes})
    uploads    inspect_upload(path, *, max_bytes, max_seconds) -> UploadFacts(container, media_type, rate, channels,
               frames, duration, size, sha256, converted); decodes all of it, InputError says what is wrong
               readable_audio(path, work: Path) -> Path                    the file, or a FLAC that ffmpeg made of it
    waveform   build_waveform(path, out: Path) -> Waveform                 once, in the job; streaming, flat memory
               open_waveform(path) -> Waveform; .window(start, end, points) -> PeakWindow
               PeakWindow.to_json() -> bytes (peaks for wavesurfer) / .to_dat() -> bytes (audiowaveform, version 2)
    serving    parse_range(header, size) -> tuple[ByteRange, ...] | None   None: send it all (200)
               raises RangeNotSatisfiable (416); ByteRange(first, last).length, .content_range(size)

Blocking functions (all but the async one) are for a worker: call them with `asyncio.to_thread` or in a process.
'''
