"""Single answers that public parsers are known to misread (PITFALLS), each with what it really says.

A choice by its index, or the state of an answer that names none.
"""

from __future__ import annotations

import pytest

from mmar.protocols import ReadingRule, read

CAT = ("cat", "dog")
XYZ = ("x", "y", "z")
NOTES = ("C", "C#", "A")
YES = ("Yes", "No")
NONE, REFUSED = "unresolved", "refused"
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")

CASES: dict[str, list[tuple[str, tuple[str, ...], int | str]]] = {
    "words are not letters": [
        ("NASA is great", XYZ, NONE),
        ("A man is walking", XYZ, NONE),
        ("A is a letter", XYZ, NONE),
        ("Answer a question about the audio", XYZ, NONE),
        ("Option a man", XYZ, NONE),
        ("The answer is a question of taste", CAT, NONE),
        ("The answer is A man", NOTES, NONE),
        ("BB", XYZ, NONE),
        ("AB", XYZ, NONE),
        ("The answer is A cat", CAT, 0),
        ("The answer is A dog", CAT, 1),
    ],
    "letters": [
        ("answer a", XYZ, 0),
        ("answer: b", XYZ, 1),
        ("b", XYZ, 1),
        ("(B)", XYZ, 1),
        ("Ｂ", XYZ, 1),
        ("The answer is b", CAT, 1),
        ("I'd go with option B.", XYZ, 1),
        ("I select option (B).", CAT, 1),
        ("I choose (B)", XYZ, 1),
        ("**Answer:** B", CAT, 1),
        ("The answer is clearly B", CAT, 1),
        ("The answer is B because", CAT, 1),
        ("B because it barks", XYZ, 1),
        ("B) since it barks", CAT, 1),
        ("Option B is correct", XYZ, 1),
        ("(B) is correct.", XYZ, 1),
        ("C is the correct answer", XYZ, 2),
        ("C is the correct answer: x is too low", XYZ, 2),
        ("I", tuple("abcdefghi"), 8),
        ("Z", tuple(str(at) for at in range(26)), 25),
        ("z", LETTERS, 25),
        ("E", XYZ, NONE),
    ],
    "more than one letter": [
        ("A, B", XYZ, NONE),
        ("A or B", XYZ, NONE),
        ("A/B", XYZ, NONE),
        ("A and C", XYZ, NONE),
        ("(A) or (B)", XYZ, NONE),
        ("(A), (B)", XYZ, NONE),
        ("a, b, and c are all possible", XYZ, NONE),
        ("Answer: A or B", XYZ, NONE),
        ("Answer: option A and option B", XYZ, NONE),
    ],
    "letters denied": [
        ("(A) is wrong", XYZ, NONE),
        ("A) is incorrect, so B)", XYZ, 1),
        ("The answer is not (A)", XYZ, NONE),
        ("The answer is not B", XYZ, NONE),
        ("Answer: A is wrong because it barks", XYZ, NONE),
    ],
    "letter and text": [
        ("Option B: y", XYZ, 1),
        ("(B) cat", CAT, NONE),
        ("The answer is A. dog", CAT, NONE),
        ("B. dog, since the cat is silent", CAT, 1),
        ("(A) cat\n(B) dog", CAT, NONE),
        ("(A) cat (B) dog", CAT, NONE),
        ("A. cat B. dog", CAT, NONE),
        ("A: cat B: dog", CAT, NONE),
        ("Answer: (A) cat\n(B) dog", CAT, NONE),
        ("Answer: (B) dog. (A) cat is wrong.", CAT, 1),
        ("(A) -1", ("-1", "1"), 0),
        ("(A) 1", ("-1", "1"), NONE),
        ("A:maj/5 is incorrect", ("A:min", "A:maj/5"), NONE),
        ("A. Lincoln, since he was tall", ("B. Franklin", "G. Washington", "A. Lincoln"), 2),
        ("B: The man is happy", ("The man is sad", "The man is happy"), 1),
    ],
    "a choice that stands twice": [
        ("fourteen", ("four", "nine", "fourteen", "fourteen"), 2),
        ("The answer is fourteen.", ("four", "nine", "fourteen", "fourteen"), 2),
        ("I hear fourteen beeps", ("four", "nine", "fourteen", "fourteen"), 2),
        ("(D) fourteen", ("four", "nine", "fourteen", "fourteen"), 3),
        ("D", ("four", "nine", "fourteen", "fourteen"), 3),
        ("(B) fourteen", ("four", "nine", "fourteen", "fourteen"), NONE),
        ("DOG", ("Dog", "dog"), NONE),
        ("dog", ("Dog", "dog"), 1),
    ],
    "notes": [
        ("A", NOTES, 2),
        ("a", NOTES, 2),
        ("C#", NOTES, 1),
        ("C♯", NOTES, 1),
        ("It's C#.", NOTES, 1),
        ("The answer is C# minor", NOTES, 1),
        ("The note is an A.", NOTES, NONE),
        ("Bb", ("B♭", "B"), 0),
        ("B", ("B♭", "B"), 1),
        ("Answer: C / A", NOTES, NONE),
    ],
    "numbers": [
        ("3", ("3", "13"), 0),
        ("There were 13 knocks", ("3", "13"), 1),
        ("3.5", ("3", "3.5"), 1),
        ("It is 3.5 seconds", ("3", "3.5"), 1),
        ("3.5 seconds", ("3", "5"), NONE),
        ("3:1", ("1:3", "3:1"), 1),
        ("The ratio is 1:3", ("1:3", "3:1"), 0),
        ("1:30", ("1:3", "3:1"), NONE),
        ("-1", ("1", "-1"), 1),
        ("It was -1.", ("1", "-1"), 1),
        ("1", ("-1", "2"), NONE),
        ("$20", ("$20", "20%"), 0),
        ("20%", ("20", "20%"), 1),
        ("1,000 people", ("1", "1,000"), 1),
        ("There is one speaker", ("One", "Two"), 0),
        ("No one speaks here", ("One", "Two"), NONE),
        ("One of the speakers laughs", ("One", "Two"), NONE),
    ],
    "yes and no": [
        ("No, there is a difference", YES, 1),
        ("There is no difference", YES, NONE),
        ("The answer is no one knows.", YES, NONE),
        ("Yes.", YES, 0),
        ("I'd say no.", YES, 1),
        ("Yes because it is loud", YES, 0),
        ("Answer: Yes / No", YES, NONE),
        ("Either Yes or No.", YES, NONE),
        ("It is not Yes", YES, NONE),
    ],
    "denials": [
        ("Dog is incorrect", CAT, NONE),
        ("I ruled out dog", CAT, NONE),
        ("It cannot be a dog", CAT, NONE),
        ("It is not, in my view, a cat", CAT, NONE),
        ("It is not a cat, dog, or bird", ("cat", "dog", "fish"), NONE),
        ("neither x nor y", ("x ray", "y ray", "x", "y"), NONE),
        ("Cat is less likely than dog", CAT, NONE),
        ("If it were a dog, we would hear barking.", CAT, NONE),
        ("Is it a cat? No.", CAT, NONE),
        ("Answer: cat? No, dog.", CAT, NONE),
        ("not only cat but also dog", CAT, NONE),
        ("It is not same", ("Same", "Different"), NONE),
        ("cat, not dog", CAT, 0),
        ("dog not cat", CAT, 1),
        ("dog rather than cat", CAT, 1),
        ("dog instead of cat", CAT, 1),
        ("Dog is more likely than cat", CAT, 1),
        ("It can't be a dog, so it's the cat", CAT, 0),
        ("Is it a cat? No, it is a dog.", CAT, 1),
        ("The answer is not dog, it's cat", CAT, 0),
        ("Answer: Cat is incorrect, so dog", CAT, 1),
        ("Although a dog can be heard, the main sound is a cat.", CAT, 0),
        ("No doubt it is a dog.", CAT, 1),
        ("Without a doubt, dog.", CAT, 1),
        ("Not the same", ("Same", "Not the same"), 1),
        ("They are not the same.", ("Same", "Not the same"), 1),
    ],
    "more than one choice": [
        ("The answer is cat or dog", CAT, NONE),
        ("The answer is between cat and dog", CAT, NONE),
        ("The answer is either cat or dog", CAT, NONE),
        ("Answer: cat, dog", CAT, NONE),
        ("Answer: cat/dog", CAT, NONE),
        ("Answer: 'cat' and 'dog'", CAT, NONE),
        ("I pick up a dog and a cat sound", CAT, NONE),
    ],
    "phrases": [
        ("First I thought the answer is cat. The answer is dog.", CAT, 1),
        ("What is the correct answer? The correct answer is dog", CAT, 1),
        ("The correct answer would most likely be dog.", CAT, 1),
        ("The answer to the question is dog", CAT, 1),
        ("The answer is that it is a dog.", CAT, 1),
        ("The dog is the correct answer because the cat is silent", CAT, 1),
        ("The dog is the best choice: a cat would meow", CAT, 1),
        ("I cannot tell, but the answer is cat", CAT, 0),
        ("My choice: dog", CAT, 1),
        ("Final Answer\n\ndog", CAT, 1),
        ("**Answer**: **B. dog**", CAT, 1),
        ("I'd go with dog", CAT, 1),
        ("I choose the dog.", CAT, 1),
        ('The correct answer is: "dog"', CAT, 1),
        ("The   answer \t  is      dog", CAT, 1),
        ("The answer is the cat. The dog is quiet.", CAT, 0),
    ],
    "the prompt given back": [
        ("Choose the correct option from the following options:\n(A) cat\n(B) dog", CAT, NONE),
        ("Please choose the answer from the following options: ['cat', 'dog'].", CAT, NONE),
        ("Select one option from the provided choices:\ncat\ndog", CAT, NONE),
        ("What is it?\nSelect one option from the provided choices:\ncat\ndog\n\nAnswer: dog", CAT, 1),
    ],
    "tags": [
        ("<answer>dog", CAT, 1),
        ("<ANSWER> Dog </ANSWER>", CAT, 1),
        ("< answer >dog</ answer >", CAT, 1),
        ("<answer>dog</answer><answer>cat</answer>", CAT, 0),
        ("<answer>dog</answer> <answer></answer>", CAT, 1),
        ("<answer></answer>", CAT, NONE),
        ("<answer></answer>", ("cat", ""), 1),
        ("<answer>It is not the dog</answer>", CAT, NONE),
    ],
    "thinking": [
        ("<think>it is a cat", CAT, NONE),
        ("<think>cat</think>dog", CAT, 1),
        ("cat</think>dog", CAT, 1),
        ("◁think▷cat◁/think▷dog", CAT, 1),
        ("<think>the answer is cat</think>", CAT, NONE),
        ("<think>a</think><think>b</think>\n(B)", CAT, 1),
    ],
    "JSON": [
        ('{"answer": "d\\u006fg"}', CAT, 1),
        ('{"answer": "cat"}\n{"answer": "dog"}', CAT, 1),
        ('{"reason": "not a cat", "answer": "dog"}', CAT, 1),
        ("{'answer': 'dog'}", CAT, 1),
        ('{"answer": 3}', ("3", "4"), 0),
        ('{"answer": true}', ("False", "True"), 1),
        ('```json\n{"answer": "B"}\n```', CAT, 1),
        ('{"choice":"B"}', CAT, 1),
        ('{"answer": "He said \\"hi\\""}', ('He said "hi"', 'He said "bye"'), 0),
        ('{"answer": "He said “hi”"}', ("He said “hi”", "He said “bye”"), 0),
        ('{"answer": "line\nbreak"}', ("line break", "no break"), 0),
        ('{"answer": ""}', ("cat", ""), 1),
        ('{"answer": null}', CAT, NONE),
        ('{"answer": "do', CAT, NONE),
    ],
    "boxes": [
        ("\\boxed{dog}", CAT, 1),
        ("\\boxed{\\text{dog}}", CAT, 1),
        ("$\\boxed{B}$", CAT, 1),
        ("\\boxed{\\text{(B) dog}}", CAT, 1),
        ("\\boxed{dog", CAT, 1),
    ],
    "dress": [
        *(
            (text, CAT, 1)
            for text in ('"dog"', "“dog”", "'dog'", "**dog**", "`dog`", "- dog", "> dog", "# dog")
        ),
        *((text, CAT, 1) for text in ("Dog!", "dog。", "「dog」", "\u200bdog", "d\u00adog", "ＤＯＧ")),
        ("The cat's owner calls", ("cat", "cat's owner"), 1),
        ("well-known", ("known", "well"), NONE),
        ("A.M.", ("A.M.", "P.M."), 0),
        ("P.M.", ("A.M.", "P.M."), 1),
    ],
    "Chinese": [
        ("草原", ("草原", "森林"), 0),
        ("不是草原，而是森林", ("草原", "森林"), 1),
        ("答案是：森林", ("草原", "森林"), 1),
        ("答案是草原。", ("草原", "森林"), 0),
        ("我选择B", ("草原", "森林"), 1),
        ("正确答案选B。", ("草原", "森林"), 1),
        ("选项A是草原，选项B是森林", ("草原", "森林"), NONE),
        ("B、森林", ("草原", "森林"), 1),
        ("B.森林", ("草原", "森林"), 1),
        ("草原或者森林", ("草原", "森林"), NONE),
    ],
    "declined": [
        ("I'm sorry, I cannot listen to audio.", CAT, REFUSED),
        ("As an AI, I am unable to process audio files.", CAT, REFUSED),
        ("I cannot determine whether it is a cat.", CAT, REFUSED),
        ("抱歉，我无法听取音频。", CAT, REFUSED),
        ("Sorry, but if I had to guess: dog", CAT, 1),
        ("The audience says “We can’t hear you.”", CAT, NONE),
    ],
    "nothing": [(text, CAT, NONE) for text in ("", "   \n ", "...", "?", "N/A", "None of the above", "\0")],
}


@pytest.mark.parametrize(
    ("answer", "choices", "says"),
    [pytest.param(*case, id=f"{kind}: {case[0]!r}") for kind, cases in CASES.items() for case in cases],
)
def test_what_an_answer_says(answer: str, choices: tuple[str, ...], says: int | str) -> None:
    reading = read(answer, choices)
    assert (reading.index if reading.state == "choice" else reading.state) == says, reading.reason


def test_no_answer_is_a_failure_not_an_empty_answer() -> None:
    assert read(None, CAT).state == "failed"
    assert read("", CAT).state == "unresolved"


def test_a_protocol_that_asks_for_letters_reads_letters() -> None:
    rule = ReadingRule(expects="letter")
    assert read("A", NOTES, rule).index == 0
    assert read("(C)", NOTES, rule).index == 2
    assert read("The answer is A.", NOTES, rule).index == 0
    assert read("C#", NOTES, rule).index == 1
    assert read("(A) C", NOTES, rule).index == 0


@pytest.mark.parametrize(
    ("answer", "rule", "quote"),
    [
        ("dog", "exact-text", "dog"),
        ("DOG.", "choice-text", "DOG"),
        ("B", "lone-letter", "B"),
        ("<answer>dog</answer>", "answer-tag", "dog"),
        ('{"answer": "dog"}', "json-key", "dog"),
        ("\\boxed{dog}", "box", "dog"),
        ("So the answer is dog.", "verdict", "the answer is dog"),
        ("Barking!\nAnswer: B", "final-line", "Answer: B"),
        ("Barking!\ndog\nLoud.", "own-line", "dog"),
        (
            "Cats purr. Therefore the loud animal is a dog",
            "closing-sentence",
            "Therefore the loud animal is a dog",
        ),
        ("B, as it barks", "own-line", "B"),
        ("I hear a dog bark.", "only-mention", "I hear a dog bark"),
        ("a dog or a cat", "several-choices", "dog or a cat"),
        ("no dog", "only-negated", "no dog"),
        ("The answer is cat. Wait, no.", "taken-back", ""),
        ("(A) dog", "letter-against-text", "(A) dog"),
        ("The answer is F.", "no-such-letter", "The answer is F"),
        ("<think>...", "only-thinking", ""),
    ],
)
def test_a_reading_says_which_rule_decided_on_which_words(answer: str, rule: str, quote: str) -> None:
    reading = read(answer, CAT)
    assert reading.rule == rule, reading.reason
    assert quote in reading.quote
    assert reading.quote in " ".join(answer.split())
    assert (reading.state == "choice") == (reading.index is not None)
