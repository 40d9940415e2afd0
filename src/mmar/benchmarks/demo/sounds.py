"""Synthesis of the demonstration clips: instruments, everyday sounds, ambiences and a formant voice.

Waves are float64 arrays of shape (frames,) for mono or (frames, 2) for left and right, at `RATE` frames per second,
with peaks around 1. Times are in seconds and frequencies in Hz. Random parts take a `numpy.random.Generator`, so a
seed fixes every clip on one machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

RATE = 16_000
Wave = npt.NDArray[np.float64]

# Partials as (frequency ratio, amplitude, decay per second), then the attack and release times in seconds.
_Partials = tuple[tuple[float, float, float], ...]
_INSTRUMENTS: dict[str, tuple[_Partials, float, float]] = {
    "sine": (((1, 1.0, 0.0),), 0.008, 0.012),
    "flute": (((1, 1.0, 0.0), (2, 0.22, 0.0), (3, 0.07, 0.0)), 0.05, 0.08),
    "organ": (tuple((k, 0.9 / k, 0.0) for k in (1, 2, 3, 4, 6, 8)), 0.015, 0.04),
    "guitar": (tuple((k, 1.0 / k, 1.5 + 1.1 * k) for k in range(1, 10)), 0.003, 0.03),
    # The partials of a church bell: hum, prime, tierce, quint, nominal and two above.
    "bell": (
        ((0.5, 0.3, 1.5), (1, 1.0, 2.5), (1.19, 0.5, 3), (1.5, 0.3, 4), (2, 0.7, 4.5), (2.52, 0.2, 6), (3, 0.2, 7)),
        0.002,
        0.02,
    ),
}  # fmt: skip

# First three formants in Hz: Peterson & Barney, JASA 24 (1952), table II.
_FORMANTS = {
    "ah": {"man": (730, 1090, 2440), "woman": (850, 1220, 2810), "child": (1030, 1370, 3170)},
    "ee": {"man": (270, 2290, 3010), "woman": (310, 2790, 3310), "child": (370, 3200, 3730)},
    "oo": {"man": (300, 870, 2240), "woman": (370, 950, 2670), "child": (430, 1170, 3260)},
    "eh": {"man": (530, 1840, 2480), "woman": (610, 2330, 2990), "child": (690, 2610, 3570)},
}
# Usual pitch and fourth formant.
_VOICES = {"man": (118.0, 3500.0), "woman": (214.0, 4100.0), "child": (300.0, 4700.0)}
_BANDWIDTHS = (80.0, 100.0, 140.0, 220.0)


def midi_to_hz(midi: float) -> float:
    """Frequency of a MIDI note number in equal temperament, A4 (69) at 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69) / 12))


def tone(hz: float | Sequence[float], seconds: float, instrument: str = "sine") -> Wave:
    """A note of a sine, flute, organ, guitar or bell; it glides through several frequencies at even distances."""
    partials, attack, release = _INSTRUMENTS[instrument]
    track = _curve(np.atleast_1d(hz), _frames(seconds))
    time = _time(seconds)
    phase = 2 * np.pi * np.cumsum(track) / RATE
    wave = np.zeros(len(track))
    for ratio, amplitude, decay in partials:
        if ratio * track.max() < 0.45 * RATE:
            wave += amplitude * np.exp(-decay * time) * np.sin(ratio * phase)
    return _fade(wave / sum(amplitude for _, amplitude, _ in partials), attack, release)


def note(midi: float, seconds: float, instrument: str = "guitar") -> Wave:
    """A note by its MIDI number."""
    return tone(midi_to_hz(midi), seconds, instrument)


def melody(notes: Iterable[float], step: float, instrument: str = "guitar", ring: float = 1.6) -> Wave:
    """Notes one after another, `step` seconds apart, each sounding for `ring` steps."""
    listed = list(notes)
    played = [(step * index, note(midi, step * ring, instrument)) for index, midi in enumerate(listed)]
    return mix(step * (len(listed) + ring), played)


def chord(notes: Iterable[float], seconds: float, instrument: str = "organ") -> Wave:
    """Notes at the same time."""
    played = [note(midi, seconds, instrument) for midi in notes]
    return mix(seconds, [(0.0, wave / len(played)) for wave in played])


def event(kind: str, rng: np.random.Generator) -> Wave:
    """One short everyday sound: knock, clap, tick, drop, drum, telephone or bell."""
    match kind:
        case "knock":
            body = tone(190, 0.25) * _decay(0.25, 28) + 0.5 * tone(410, 0.25) * _decay(0.25, 45)
            return body + 0.4 * filtered_noise(0.25, 500, 1500, rng) * _decay(0.25, 140)
        case "clap":
            return filtered_noise(0.2, 700, 3000, rng) * _decay(0.2, 40)
        case "tick":
            return filtered_noise(0.05, 2500, 5500, rng) * _decay(0.05, 130)
        case "drop":
            return tone((650, 1500, 1900), 0.16) * _decay(0.16, 22)
        case "drum":
            return tone((140, 62, 55, 52), 0.5) * _decay(0.5, 8)
        case "telephone":
            gate, pitch = 0.5 + 0.5 * np.sin(2 * np.pi * 20 * _time(0.6)), rng.uniform(1000, 1200)
            return _fade(tone(1.22 * pitch, 0.6) * gate + tone(pitch, 0.6) * (1 - gate), 0.02, 0.03)
        case _:
            return tone(rng.uniform(600, 750), 0.9, "bell")


def ambience(kind: str, seconds: float, rng: np.random.Generator) -> Wave:
    """A continuous background, faded in and out: rain, wind, engine, waves or birds."""
    match kind:
        case "rain":
            drops = [
                (start, rng.uniform(0.05, 0.2) * tone(rng.uniform(1800, 4800), 0.02) * _decay(0.02, 200))
                for start in rng.uniform(0, seconds - 0.03, int(60 * seconds))
            ]
            wave = 0.35 * filtered_noise(seconds, 1500, 7500, rng) + mix(seconds, drops)
        case "wind":
            gusts = _curve(rng.uniform(0.3, 1.0, max(3, round(2 * seconds))), _frames(seconds))
            low, high = filtered_noise(seconds, 120, 450, rng), filtered_noise(seconds, 400, 700, rng)
            wave = low * gusts + 0.4 * high * gusts**2
        case "engine":
            # Odd phases keep the harmonics from meeting in one sharp peak.
            harmonics = [
                np.sin(2 * np.pi * 38 * k * _time(seconds) + k * k) / (0.6 + 0.2 * k) for k in range(1, 16)
            ]
            firing = (
                0.25 * np.sum(harmonics, axis=0) * (0.75 + 0.25 * np.sin(2 * np.pi * 19 * _time(seconds)))
            )
            wave = firing + 0.3 * filtered_noise(seconds, 80, 300, rng)
        case "waves":
            swell = (0.5 - 0.5 * np.cos(2 * np.pi * 0.62 * _time(seconds))) ** 2
            body, foam = filtered_noise(seconds, 200, 2000, rng), filtered_noise(seconds, 1500, 7000, rng)
            wave = body * (0.08 + 0.92 * swell) + 0.4 * foam * swell**2
        case _:
            chirps, start = [], 0.1
            while start < seconds - 0.8:
                base, spread = rng.uniform(2400, 3900), rng.uniform(500, 1200)
                for _ in range(int(rng.integers(2, 5))):
                    chirps.append((start, tone((base, base + spread, base + 0.4 * spread), 0.08)))
                    start += 0.12
                start += rng.uniform(0.1, 0.3)
            wave = mix(seconds, chirps)
    return _fade(wave, 0.05, 0.05)


def mains_hum(seconds: float) -> Wave:
    """50 Hz with the harmonics of a bad power supply."""
    harmonics = [(0.0, np.sin(2 * np.pi * 50 * k * _time(seconds)) / k) for k in range(1, 6)]
    return _fade(mix(seconds, harmonics), 0.05, 0.05)


def speak(
    person: str,
    vowels: Sequence[str],
    seconds: float,
    rng: np.random.Generator,
    *,
    tune: Sequence[float] = (1.0, 1.05, 0.93),
    joined: bool = False,
) -> Wave:
    """A voice on vowels: harmonics of the pitch, weighted by the resonances of the vocal tract.

    There is one vowel (ah, ee, oo, eh) per syllable; `tune` is the pitch at evenly spaced moments, as multiples of that
    of the man, woman or child; `joined` syllables have no closure between them.
    """
    (pitch, fourth), frames = _VOICES[person], _frames(seconds)
    vibrato = 0.012 * np.sin(2 * np.pi * 5.3 * _time(seconds)) + 0.004 * _curve(rng.normal(size=60), frames)
    hz = pitch * _curve(tune, frames) * (1 + vibrato)
    # Each vowel is held for most of its time: repeated points make the glide between two vowels short.
    shapes = [(*_FORMANTS[vowel][person], fourth) for vowel in vowels for _ in range(5)]
    control = slice(None, None, 160)
    tracks = [_curve([shape[index] for shape in shapes], frames)[control] for index in range(4)]
    phase, wave = 2 * np.pi * np.cumsum(hz) / RATE, np.zeros(frames)
    for order in range(1, int(5600 / hz.max()) + 1):
        partial = order * hz[control]
        gain = np.ones(len(partial)) / order
        for formant, width in zip(tracks, _BANDWIDTHS, strict=True):
            ratio = partial / formant
            gain /= np.sqrt((1 - ratio**2) ** 2 + (ratio * width / formant) ** 2)
        wave += np.interp(np.arange(frames), np.arange(frames)[control], gain) * np.sin(order * phase)
    wave *= 0.25 / np.sqrt(np.mean(wave**2))
    wave += 0.01 * filtered_noise(seconds, 1500, 5000, rng)
    if joined or len(vowels) == 1:
        return _fade(wave, 0.03, 0.05)
    syllables = [part[: len(part) * 4 // 5] for part in np.array_split(wave, len(vowels))]
    return mix(
        seconds, [(seconds * i / len(vowels), _fade(part, 0.03, 0.05)) for i, part in enumerate(syllables)]
    )


def mix(seconds: float, events: Iterable[tuple[float, Wave]]) -> Wave:
    """Sum waves at their start times; stereo if any of them is. What reaches past the end is cut."""
    listed = list(events)
    frames = _frames(seconds)
    stereo = any(wave.ndim == 2 for _, wave in listed)
    total = np.zeros((frames, 2) if stereo else frames)
    for seconds_before, wave in listed:
        start = _frames(seconds_before)
        part = wave[: max(0, frames - start)]
        total[start : start + len(part)] += part[:, None] if stereo and part.ndim == 1 else part
    return total


def pan(wave: Wave, *directions: float) -> Wave:
    """A mono wave in stereo with constant power: -1 is left, 1 is right, several directions are a motion."""
    angle = (_curve(directions, len(wave)) + 1) * np.pi / 4
    return np.stack([wave * np.cos(angle), wave * np.sin(angle)], axis=1)


def filtered_noise(seconds: float, low: float, high: float, rng: np.random.Generator) -> Wave:
    """Noise between two frequencies with a root mean square of about a third."""
    frames = _frames(seconds)
    spectrum = np.fft.rfft(rng.normal(size=frames))
    hz = np.fft.rfftfreq(frames, 1 / RATE)
    spectrum *= 1 / (1 + (low / np.maximum(hz, 1)) ** 6) / (1 + (hz / high) ** 6)
    wave = np.fft.irfft(spectrum, frames)
    return wave * (0.33 / max(float(np.sqrt(np.mean(wave**2))), 1e-9))


def _frames(seconds: float) -> int:
    return round(seconds * RATE)


def _curve(points: Sequence[float] | Wave, frames: int) -> Wave:
    """Straight lines through evenly spaced points."""
    return np.interp(np.linspace(0, len(points) - 1, frames), np.arange(len(points)), points)


def _time(seconds: float) -> Wave:
    return np.arange(_frames(seconds)) / RATE


def _decay(seconds: float, rate: float) -> Wave:
    return np.exp(-rate * _time(seconds))


def _fade(wave: Wave, attack: float, release: float) -> Wave:
    up, down = min(_frames(attack), len(wave) // 2), min(_frames(release), len(wave) // 2)
    envelope = np.ones(len(wave))
    envelope[:up] = np.sin(np.linspace(0, np.pi / 2, up)) ** 2
    envelope[len(wave) - down :] *= np.cos(np.linspace(0, np.pi / 2, down)) ** 2
    return wave * envelope
