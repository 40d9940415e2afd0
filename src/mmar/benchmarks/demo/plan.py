"""Which questions the benchmark asks, and in what order their choices are put."""

from __future__ import annotations

from collections import Counter, defaultdict

from mmar.benchmarks.demo.dice import Dice
from mmar.benchmarks.demo.scene import Draw, Scene, SceneMaker
from mmar.benchmarks.demo.scenes import (
    mix_music_speech,
    mix_of_three,
    mix_sound_music,
    mix_sound_speech,
    music_listening,
    music_theory,
    sound_events,
    sound_signal,
    speech,
    speech_melody,
)

__all__ = ["PLAN", "ordered_choices", "scenes"]

# Each kind of question and how often it is asked.
PLAN: tuple[tuple[SceneMaker, int], ...] = (
    (sound_events.beep_count, 3),
    (sound_events.knock_count, 1),
    (sound_signal.motion, 2),
    (sound_signal.distance, 1),
    (sound_signal.glide, 1),
    (sound_signal.width, 1),
    (sound_signal.fault, 2),
    (sound_events.late_tick, 1),
    (sound_events.surroundings, 2),
    (sound_signal.room, 1),
    (sound_signal.keypad, 1),
    (sound_signal.morse, 1),
    (sound_events.next_sound, 1),
    (sound_events.first_sound, 1),
    (music_theory.chord_quality, 2),
    (music_theory.contour, 1),
    (music_theory.tempo, 2),
    (music_theory.metre, 1),
    (music_theory.note_count, 1),
    (music_theory.pitch_count, 1),
    (music_theory.tune, 2),
    (music_theory.scale, 1),
    (music_theory.mood, 1),
    (music_listening.dynamics, 1),
    (music_listening.wrong_note, 1),
    (music_listening.instruments, 1),
    (music_listening.compare, 2),
    (music_listening.side, 1),
    (music_listening.next_note, 1),
    (speech.vowel, 2),
    (speech.vowel_order, 1),
    (speech_melody.intonation, 2),
    (speech.speaker, 2),
    (speech.second_voice, 1),
    (speech.syllables, 1),
    (speech_melody.mandarin, 2),
    (speech_melody.arousal, 1),
    (speech_melody.robot, 1),
    (speech.nearness, 1),
    (mix_sound_speech.rings, 2),
    (mix_sound_speech.before_after, 2),
    (mix_sound_speech.behind_speech, 2),
    (mix_sound_speech.answerer, 1),
    (mix_sound_speech.reply, 1),
    (mix_sound_speech.voice_side, 1),
    (mix_sound_speech.noisier_half, 1),
    (mix_sound_speech.responds_to, 1),
    (mix_music_speech.sung_note, 2),
    (mix_music_speech.over_music, 1),
    (mix_music_speech.singer, 1),
    (mix_music_speech.voice_entry, 2),
    (mix_music_speech.chord_behind, 1),
    (mix_music_speech.balance, 1),
    (mix_music_speech.song_mood, 1),
    (mix_sound_music.beeps_over_melody, 1),
    (mix_sound_music.music_start, 2),
    (mix_sound_music.place_of_music, 1),
    (mix_sound_music.interrupted, 1),
    (mix_sound_music.passing, 1),
    (mix_sound_music.in_time, 1),
    (mix_of_three.first_of_three, 2),
    (mix_of_three.door_count, 1),
    (mix_of_three.street, 1),
    (mix_of_three.who_calls, 1),
    (mix_of_three.stops, 1),
    (mix_of_three.asked_at_party, 1),
    (mix_of_three.next_of_three, 1),
)


def scenes(seed: int) -> list[Scene]:
    """All scenes of a seed, in the order of the benchmark."""
    return [
        make(Draw.of(seed, make.__name__.replace("_", "-"), turn))
        for make, times in PLAN
        for turn in range(times)
    ]


def ordered_choices(made: list[Scene], seed: int) -> list[list[str]]:
    """The choices of every scene, the right one in each slot equally often.

    Among the questions with the same number of choices the slots of the answers are dealt out evenly, so
    that always taking one slot is worth no more than chance; the wrong choices are shuffled.

    Args:
        made: the scenes.
        seed: the benchmark's seed.

    Returns:
        One list of choices for each scene.
    """
    numbers = Counter(len(scene.others) + 1 for scene in made)
    slots: defaultdict[int, list[int]] = defaultdict(list)
    for number, times in sorted(numbers.items()):
        deal = Dice(seed, f"slots of {number}")
        rounds = [slot for _ in range(-(-times // number)) for slot in deal.shuffled(range(number))]
        # What does not fill a round is drawn among the slots, not always the first ones.
        slots[number] = deal.shuffled(rounds[:times])
    ordered = []
    for place, scene in enumerate(made):
        choices = Dice(seed, f"choices of {place}").shuffled(scene.others)
        choices.insert(slots[len(choices) + 1].pop(), scene.answer)
        ordered.append(choices)
    return ordered
