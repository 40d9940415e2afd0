"""Audio for the studio: fetched, checked, cut, measured, drawn. No database and no web framework.

source_cache    recordings by URL, through http_download or ytdlp, within a fetch_policy
uploads         whether an uploaded file is audio, told by decoding it
media_store     checked files under the hash of their bytes
cutting         segments of a recording joined into a clip
loudness        loudness and true peak
waveform        peaks for the player, computed once
"""
