"""Every published protocol: the exact text that it sends for one item, and how it reads answers in its own style."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mmar.items import Item
from mmar.protocols import Marker, Protocol, ReadingRule, Settings, load_protocol, protocols, split_thinking

ITEM = Item(
    "clip-1",
    "audio/clip-1.wav",
    "What is heard at the {end}?",
    ("A cat", "It's a dog", "Silence"),
    "It's a dog",
    "sound",
    "Signal Layer",
)
CLIP = Path("audio/clip-1.wav")

# The strings of the published prompts as quoted by their sources.
TEXTS = {
    "mmar": "What is heard at the {end}?\nSelect one option from the provided choices:\nA cat\nIt's a dog\nSilence",
    "letter": (
        "What is heard at the {end}?\n(A) A cat\n(B) It's a dog\n(C) Silence\nAnswer with the letter of the correct choice only."
    ),
    "r1-aqa": (
        "What is heard at the {end}? Please choose the answer from the following options: ['A cat', \"It's a dog\", 'Silence']. "
        "Output the final answer in <answer> </answer>."
    ),
    "omni-r1": "What is heard at the {end}? Please choose the answer from the following options: ['A cat', \"It's a dog\", 'Silence'].",
    "af3": (
        "What is heard at the {end}? Choose the correct option from the following options:\n(A) A cat\n(B) It's a dog\n(C) Silence"
    ),
    "af3-think": (
        "What is heard at the {end}? Choose the correct option from the following options:\n(A) A cat\n(B) It's a dog\n(C) Silence\n"
        "Please think and reason about the input audio before you respond."
    ),
    "mimo": (
        "What is heard at the {end}?\n\nChoice: \nA cat\nIt's a dog\nSilence\n\nChoose a choices from the given 3 choices. Do not "
        "provide any additional explanations or content. Output must match exactly one of the listed choices."
    ),
    "mimo-kimi": (
        "What is heard at the {end}?\n\nChoice: \nA cat\nIt's a dog\nSilence\n\nChoose a choices from the given 3 choices. Do not "
        "provide any additional explanations or content. Output must match exactly one of the listed choices."
    ),
    "moss-audio": (
        "Choose the most suitable answer from options A, B, C, and D for the question on the next line. You should output only "
        "A, B, C, or D. Do not provide any additional explanations or content.\n"
        "Question:What is heard at the {end}?\nA. A cat\nB. It's a dog\nC. Silence"
    ),
    "step-audio-r1": (
        "What is heard at the {end}?\nPlease choose the answer from the following options, do not provide any additional "
        "explanations or content: \nA. A cat\nB. It's a dog\nC. Silence\n"
    ),
    "glitters": (
        "What is heard at the {end}?\n\nOptions:\nA: A cat\nB: It's a dog\nC: Silence\n\n"
        "Answer with the full option text (you may include the letter)."
    ),
    "desta": 'What is heard at the {end}?\nChoose from the following options: "A cat", "It\'s a dog" or "Silence"',
    "desta-direct": 'What is heard at the {end}?\nThe answer could be: "A cat", "It\'s a dog" or "Silence"',
    "audio-reasoner": "What is heard at the {end}? Choose the answer from these options: ['A cat', \"It's a dog\", 'Silence'].",
    "sglang-omni": (
        "Listen to the audio and answer the multiple-choice question. Reply with only A, B, C, or D.\n\n"
        "What is heard at the {end}?\nA. A cat\nB. It's a dog\nC. Silence"
    ),
    "mmau-cot": (
        "What is heard at the {end}?\nA. A cat\nB. It's a dog\nC. Silence\nThink step by step about what can be heard, then answer. "
        "The last line of your reply must have the form ANSWER: [LETTER], with the letter of one choice in place of [LETTER]."
    ),
    "challenge": (
        "What is heard at the {end}?\nOptions:\nA cat\nIt's a dog\nSilence\nReason freely about what can be heard, between <think> "
        "and </think>. Then give the option you choose, word for word, between <answer> and </answer>."
    ),
}
SYSTEM = {
    "desta": 'Focus on the audio clip and instruction. Put your answer in the format "The correct answer is: "___" ".',
    "desta-direct": "Focus on the audio clips and instruction. Choose one of the options without any explanation.",
    "audio-reasoner": (
        "You answer questions about audio by thinking deeply first. Give every reply in two parts, <THINK> and <RESPONSE>. Inside "
        "<THINK>, go through <PLANNING>, <CAPTION>, <REASONING> and <SUMMARY>; in <RESPONSE>, give the answer."
    ),
}
SETTINGS = {
    "r1-aqa": Settings(max_tokens=256),
    "mimo": Settings(temperature=0.3, top_p=0.95),
    "step-audio-r1": Settings(temperature=0.7, max_tokens=32000),
    "glitters": Settings(temperature=0.0, max_tokens=512),
    "desta": Settings(temperature=0.0, max_tokens=512),
    "desta-direct": Settings(temperature=0.0, max_tokens=512),
    "audio-reasoner": Settings(temperature=0.0, max_tokens=2048),
}

# An answer in the protocol's own style, and the choice it names; `None` where it names none.
ANSWERS: dict[str, list[tuple[str, int | None]]] = {
    "mmar": [("It's a dog", 1), ("Silence", 2), ("A cat or silence", None)],
    "letter": [("B", 1), ("(C)", 2), ("A", 0), ("B.", 1), ("E", None)],
    "r1-aqa": [
        ("<answer>It's a dog</answer>", 1),
        ("<answer>It's a dog</answer> and <answer>A cat</answer>", 1),
        ("It's a dog", 1),
        ("Silence is out. <answer> A cat </answer>", 0),
    ],
    "omni-r1": [("<think>A cat?</think><answer>Silence</answer>", 2), ("It's a dog", 1)],
    "af3": [("(B) It's a dog", 1), ("(A)", 0), ("(B) A cat", None)],
    "af3-think": [
        ("A deep bark is heard twice, so the sound is no cat.\n(B) It's a dog", 1),
        ("There is barking. The answer is (B) It's a dog", 1),
    ],
    "mimo": [
        ("<think>A cat, I think.</think>\nIt's a dog", 1),
        ("The answer is A cat? Let me hear it again.\nAnswer: It's a dog", 1),
        ("What I hear is **Silence** and nothing else", 2),
        ("It's a dog\nA cat would meow.", 1),
    ],
    "mimo-kimi": [("It's a dog", 1), ("**Silence**", 2)],
    "moss-audio": [("B", 1), ("C.", 2), ("A", 0)],
    "step-audio-r1": [("<think>A cat? No.</think>\nB. It's a dog", 1), ("C", 2)],
    "glitters": [("B: It's a dog", 1), ("Silence", 2), ("A: A cat", 0)],
    "desta": [
        ('The correct answer is: "It\'s a dog"', 1),
        ('I hear a cat. The correct answer is: "Silence". A cat is quiet.', 2),
        ("The correct answer is 'A cat'", 0),
    ],
    "desta-direct": [("It's a dog", 1), ('"Silence"', 2)],
    "audio-reasoner": [
        (
            "<THINK><PLANNING>Listen.</PLANNING><CAPTION>Barks.</CAPTION><REASONING>The answer is A cat? No.</REASONING>"
            "<SUMMARY>So A cat is out.</SUMMARY></THINK><RESPONSE>It's a dog</RESPONSE>",
            1,
        ),
        ("<RESPONSE>The best answer is Silence.</RESPONSE><THINK>A cat</THINK>", 2),
        ("<THINK>The answer is A cat.</THINK><RESPONSE>I am not sure.</RESPONSE>", None),
        ("<THINK>The answer is A cat.", None),
    ],
    "sglang-omni": [("B", 1), ("b", 1), ("Answer: C", 2), ("D", None)],
    "mmau-cot": [
        ("A bark. Not A.\nANSWER: B", 1),
        ("ANSWER: A at first.\nBut no.\nANSWER: [C]", 2),
        ("ANSWER: B) It's a dog", 1),
        ("ANSWER: A or B", None),
    ],
    "challenge": [
        ("<think>A cat would meow.</think>\n<answer>It's a dog</answer>", 1),
        ('{"thinking_prediction": "A cat would meow", "answer_prediction": "It\'s a dog"}', 1),
        ("<think>A cat</think>", None),
    ],
}


def test_the_table_of_published_protocols_is_whole() -> None:
    assert list(protocols()) == list(TEXTS) == list(ANSWERS)
    for name, protocol in protocols().items():
        assert protocol.name == name
        assert protocol.source
        assert protocol.wording in ("published", "described")


@pytest.mark.parametrize("name", TEXTS)
def test_the_exact_request(name: str) -> None:
    request = protocols()[name].request(ITEM, CLIP)
    *system, user = request.messages
    assert (user.role, user.text) == ("user", TEXTS[name])
    assert user.audio == ("after" if name in ("mimo-kimi", "step-audio-r1") else "before")
    assert [(message.role, message.text, message.audio) for message in system] == [
        ("system", text, None) for text in (SYSTEM.get(name),) if text
    ]
    assert request.settings == SETTINGS.get(name, Settings())
    assert (request.item_id, request.question, request.choices, request.audio) == (
        "clip-1",
        ITEM.question,
        ITEM.choices,
        CLIP,
    )


@pytest.mark.parametrize(
    ("name", "answer", "index"), [(name, *case) for name, cases in ANSWERS.items() for case in cases]
)
def test_answers_in_the_protocols_own_style(name: str, answer: str, index: int | None) -> None:
    reading = protocols()[name].read(answer, ITEM.choices)
    assert reading.index == index, reading
    assert (reading.state == "choice") == (index is not None)


def test_answers_and_rubrics_never_reach_a_model() -> None:
    """The answer, the thinking, the cues and the rubric of an item change nothing about its request."""
    secret = Item.from_record(
        {
            **ITEM.to_record(),
            "answer": "Silence",
            "thinking": "SECRET",
            "cue": ["SECRET"],
            "rubric": [{"name": "SECRET", "scoring_point": "SECRET", "note": "SECRET", "choices": [0, 1]}],
        }
    )
    for protocol in protocols().values():
        assert protocol.request(secret, CLIP).digest() == protocol.request(ITEM, CLIP).digest()


def test_the_parts_of_an_audio_reasoner_reply() -> None:
    reply = "<THINK>two barks</THINK>\n<RESPONSE>It's a dog</RESPONSE>"
    assert split_thinking(reply, protocols()["audio-reasoner"].reading.part) == (
        "<THINK>two barks</THINK>\n",
        "It's a dog",
    )


def test_the_documentation_names_every_protocol_and_field() -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text("utf-8")
    for name in protocols():
        assert f"`{name}`" in text, name
    for record, prefix in ((Protocol, ""), (ReadingRule, "reading.")):
        for field in record.__struct_fields__:
            assert f"`{prefix}{field}" in text, field
    kinds = msgspec.json.schema(Marker)["$defs"]["Marker"]["properties"]["kind"]["enum"]
    for kind in kinds:
        assert f"| `{kind}` |" in text, kind


def test_the_documented_example_is_a_protocol(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text("utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    (tmp_path / "mine.toml").write_text(example, "utf-8")
    protocol = load_protocol(str(tmp_path / "mine.toml"))
    assert protocol.label == "mine@1"
    assert protocol.read("A? No. Verdict: (B)", ITEM.choices).index == 1
