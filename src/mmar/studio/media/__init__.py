"""Audio of the studio: download, validation, clips, loudness and waveforms. No database and no web framework.

download        recordings by URL, over HTTP or by ytdlp, within a fetch_policy
uploads         validation of uploads by decoding them
media_store     files stored under the hash of their bytes
cutting         clips joined from segments of a recording
loudness        loudness and true peak
waveform        peaks for the player
"""
