"""The table of transitions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from expect import raises
from mmar.studio.workflow import TRANSITIONS, Action, Actor, Case, Command, NotAllowed, Rejection, Role, State
from mmar.studio.workflow.case import LEASE_TIME, answer_blind, claim, perform, permitted
from mmar.studio.workflow.states import EDITABLE

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
ANN = Actor(1, frozenset({Role.ANNOTATOR}))
INA = Actor(2, frozenset({Role.INSPECTOR}))
IVO = Actor(3, frozenset({Role.INSPECTOR}))
LEA = Actor(4, frozenset({Role.LEAD}))
BOTH = Actor(5, frozenset({Role.ANNOTATOR, Role.INSPECTOR}))
SPOT = Rejection("wrong_key", "answer", "it is a cello", 1.0, 2.5)


def saved_case(author: Actor = ANN) -> Case:
    return perform(claim(Case(), author, NOW), author, Command(Action.SAVE), NOW)


def in_inspection(author: Actor = ANN, needed: int = 1) -> Case:
    case = msgspec.structs.replace(saved_case(author), approvals_needed=needed)
    case = perform(case, author, Command(Action.SUBMIT), NOW)
    return perform(case, author, Command(Action.FORWARD), NOW)


def after_blind_answer(case: Case, inspector: Actor) -> Case:
    return answer_blind(claim(case, inspector, NOW), inspector, NOW)


def refusal(case: Case, actor: Actor, command: Command, now: datetime = NOW) -> str:
    with pytest.raises(NotAllowed) as caught:
        perform(case, actor, command, now)
    return caught.value.code


def test_an_item_goes_from_draft_to_approved_by_two_people() -> None:
    case = perform(after_blind_answer(in_inspection(), INA), INA, Command(Action.APPROVE), NOW)
    assert (case.state, case.author, case.approvals) == (State.APPROVED, 1, {2})


def test_a_rejected_item_returns_to_its_author_and_needs_a_change_before_it_goes_back() -> None:
    case = perform(after_blind_answer(in_inspection(), INA), INA, Command(Action.REJECT, rejection=SPOT), NOW)
    assert (case.state, case.author, case.rejected) == (State.CORRECTION, 1, 1)
    assert refusal(case, ANN, Command(Action.RESUBMIT)) == "unchanged"
    case = perform(case, ANN, Command(Action.SAVE), NOW)
    case = perform(case, ANN, Command(Action.RESUBMIT), NOW)
    # The inspector knows the key now: no second blind answer, but the judgement is open.
    with raises("listen"):
        answer_blind(claim(case, INA, NOW), INA, NOW)
    done = perform(claim(case, INA, NOW), INA, Command(Action.APPROVE), NOW)
    assert done.state is State.APPROVED


def test_nobody_inspects_what_they_wrote_even_as_lead() -> None:
    for author in (BOTH, LEA, Actor(6, frozenset({Role.ADMIN}))):
        with pytest.raises(NotAllowed) as caught:
            claim(in_inspection(author), author, NOW)
        assert caught.value.code == "writer"


def test_a_lead_who_corrected_one_word_cannot_inspect_it_either() -> None:
    case = perform(saved_case(), LEA, Command(Action.SAVE), NOW)
    case = perform(perform(case, ANN, Command(Action.SUBMIT), NOW), ANN, Command(Action.FORWARD), NOW)
    with raises("writer"):
        claim(case, LEA, NOW)


def test_the_holder_of_an_item_becomes_its_author_when_a_lead_saves_first() -> None:
    taken = claim(Case(), ANN, NOW)
    saved = perform(taken, LEA, Command(Action.SAVE), NOW)
    assert (saved.author, saved.writers) == (1, {4})
    assert Action.SAVE in permitted(saved, ANN, NOW)
    # Whose time ran out has it no more.
    assert perform(taken, LEA, Command(Action.SAVE), NOW + LEASE_TIME).author == 4


def test_a_stale_version_is_refused_first() -> None:
    case = perform(saved_case(), ANN, Command(Action.SAVE, version=1), NOW)
    assert refusal(case, ANN, Command(Action.SAVE, version=1)) == "stale"


def test_an_item_is_reviewed_after_a_blind_answer_only() -> None:
    case = claim(in_inspection(), INA, NOW)
    assert refusal(case, INA, Command(Action.APPROVE)) == "listen"
    seen = msgspec.structs.replace(case, key_seen_by=case.key_seen_by | {INA.person})
    assert perform(seen, INA, Command(Action.APPROVE), NOW).state is State.APPROVED


@pytest.mark.parametrize(
    "rejection",
    [
        None,
        Rejection("because", "answer", "x"),
        Rejection("other", "colour", "x"),
        Rejection("other", "answer", "  "),
        Rejection("other", "answer", "x", 3.0, 2.0),
        Rejection("other", "answer", "x", 3.0),
    ],
)
def test_a_rejection_needs_a_reason_of_the_list_a_field_and_a_comment(rejection: Rejection | None) -> None:
    assert (
        refusal(after_blind_answer(in_inspection(), INA), INA, Command(Action.REJECT, rejection=rejection))
        == "reason"
    )


def test_an_expired_lease_lets_another_inspector_claim_the_item() -> None:
    case = after_blind_answer(in_inspection(), INA)
    with raises("lease"):
        claim(case, IVO, NOW + LEASE_TIME - timedelta(seconds=1))
    later = NOW + LEASE_TIME
    assert refusal(case, INA, Command(Action.APPROVE), later) == "lease"
    assert claim(case, IVO, later).lease is not None


def test_an_item_needs_as_many_approvals_as_the_project_requires() -> None:
    case = perform(after_blind_answer(in_inspection(needed=2), INA), INA, Command(Action.APPROVE), NOW)
    assert case.state is State.INSPECTION
    with raises("state"):
        claim(case, INA, NOW)
    assert perform(after_blind_answer(case, IVO), IVO, Command(Action.APPROVE), NOW).state is State.APPROVED


def test_items_that_are_incomplete_or_without_audio_are_not_moved() -> None:
    case = perform(claim(Case(), ANN, NOW), ANN, Command(Action.SAVE, errors=2), NOW)
    assert refusal(case, ANN, Command(Action.SUBMIT)) == "incomplete"
    case = msgspec.structs.replace(perform(saved_case(), ANN, Command(Action.SUBMIT), NOW), audio=False)
    assert refusal(case, ANN, Command(Action.FORWARD)) == "audio"


def test_a_person_without_a_role_can_do_nothing() -> None:
    stranger = Actor(9, frozenset())
    for state in State:
        assert permitted(Case(state=state, author=1, revision=1), stranger, NOW) == frozenset()


def test_every_action_has_one_row_and_content_changes_in_editable_states_only() -> None:
    assert sorted(row.action for row in TRANSITIONS) == sorted(Action)
    for state in set(State) - EDITABLE:
        case = Case(state=state, revision=1, author=1, writers=frozenset({1}))
        assert refusal(case, ANN, Command(Action.SAVE)) == "state"


class Team(RuleBasedStateMachine):
    """Five people doing whatever they like to one item."""

    people = (ANN, INA, IVO, LEA, BOTH)
    someone = st.sampled_from(people)

    @initialize(needed=st.integers(1, 2))
    def begin(self, needed: int) -> None:
        self.case, self.now, self.log = Case(approvals_needed=needed), NOW, []  # type: list[tuple[Case, Actor, Action]]
        self.blind: set[tuple[int, int]] = set()

    @rule(minutes=st.sampled_from([1, 29, 31]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(actor=someone)
    def take(self, actor: Actor) -> None:
        before = self.case
        try:
            self.case = claim(self.case, actor, self.now)
        except NotAllowed:
            return
        held = before.lease
        assert held is None or not held.is_live(self.now) or held.person == actor.person

    @rule(actor=someone)
    def listen(self, actor: Actor) -> None:
        try:
            self.case = answer_blind(self.case, actor, self.now)
        except NotAllowed:
            return
        # Blind means blind: nobody answers twice over the whole life of an item.
        assert (actor.person, 0) not in self.blind
        self.blind.add((actor.person, 0))

    @rule(
        actor=someone,
        action=st.sampled_from(Action),
        stale=st.booleans(),
        errors=st.integers(0, 1),
        rejection=st.sampled_from([None, SPOT]),
        why=st.sampled_from(["", "no longer needed"]),
    )
    def act(
        self, actor: Actor, action: Action, stale: bool, errors: int, rejection: Rejection | None, why: str
    ) -> None:
        before = self.case
        version = before.version - 1 if stale else before.version
        try:
            after = perform(before, actor, Command(action, version, rejection, why, errors), self.now)
        except NotAllowed:
            assert self.case == before
            return
        assert not stale
        assert after.version == before.version + 1
        assert after.writers >= before.writers
        assert action in permitted(before, actor, self.now)
        if action in (Action.APPROVE, Action.REJECT):
            assert actor.person not in before.writers
            assert actor.person in before.seen
        self.case = after
        self.log.append((before, actor, action))

    @invariant()
    def approved_means_inspected(self) -> None:
        if self.case.state is State.APPROVED:
            assert len(self.case.approvals) >= self.case.approvals_needed
            assert not self.case.approvals & self.case.writers
            assert self.case.errors == 0

    @invariant()
    def the_author_never_changes_hands_silently(self) -> None:
        authors = [case.author for case, _, _ in self.log if case.author is not None]
        assert len(set(authors)) <= 1

    @precondition(lambda self: self.case.state is State.TAKEN_DOWN)
    @invariant()
    def what_was_taken_down_stays_down(self) -> None:
        assert all(not permitted(self.case, actor, self.now) for actor in self.people)


Team.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTeam = Team.TestCase
