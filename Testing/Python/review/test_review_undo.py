"""The order in which edits are taken back, without a scene."""

from __future__ import annotations

from dataclasses import dataclass, field

from OrthoAILib.Review.EditHistory import EditHistory
from OrthoAILib.Review.UndoStack import UndoStack


@dataclass
class Write:
    """Writes a word into a list, and takes it back."""

    page: list[str]
    text: str
    isPossible: bool = True

    def apply(self) -> None:
        self.page.append(self.text)

    def revert(self) -> None:
        self.page.remove(self.text)


@dataclass
class Masks:
    """A stand-in for the Segment Editor: strokes with a history of their own."""

    strokes: int = 0
    undone: int = 0
    history: EditHistory = field(init=False)

    def __post_init__(self) -> None:
        self.history = EditHistory(lambda: self.strokes, self.undo, self.redo)

    def paint(self, strokes: int = 1) -> None:
        """Some strokes in quick succession."""
        self.strokes += strokes
        self.undone = 0
        self.history.masksEdited()

    def undo(self) -> None:
        if self.strokes:
            self.strokes, self.undone = self.strokes - 1, self.undone + 1

    def redo(self) -> None:
        if self.undone:
            self.strokes, self.undone = self.strokes + 1, self.undone - 1


def write(stack: UndoStack | EditHistory, page: list[str], *words: str) -> None:
    for word in words:
        edit = Write(page, word)
        edit.apply()
        stack.push(edit)


def test_edits_are_taken_back_from_the_newest_and_made_again_from_the_oldest():
    stack, page = UndoStack(), []
    write(stack, page, "one", "two")
    assert stack.undoText == "two"
    stack.undo()
    assert page == ["one"]
    stack.undo()
    assert page == [] and stack.undoText == "" and stack.undo() is None
    assert stack.redoText == "one"
    stack.redo()
    stack.redo()
    assert page == ["one", "two"] and stack.redo() is None


def test_a_new_edit_ends_what_could_be_made_again():
    stack, page = UndoStack(), []
    write(stack, page, "one")
    stack.undo()
    write(stack, page, "other")
    assert stack.redoText == "" and stack.redo() is None
    assert page == ["other"]


def test_only_so_many_edits_are_kept_and_the_older_ones_stay_made():
    stack, page = UndoStack(limit=2), []
    write(stack, page, "one", "two", "three")
    while stack.undo():
        pass
    assert page == ["one"]


def test_an_edit_of_what_was_deleted_since_is_passed_over():
    stack, page = UndoStack(), []
    write(stack, page, "one", "two")
    stack._done[-1].isPossible = False
    assert stack.undoText == "one"
    stack.undo()
    assert page == ["two"]


def test_one_undo_serves_masks_and_boxes_in_the_order_of_their_sides():
    masks, page = Masks(), []
    history = masks.history
    write(history, page, "box")
    masks.paint()
    masks.paint()
    assert history.undo() and masks.strokes == 1 and page == ["box"]
    assert history.undo() and masks.strokes == 0
    assert history.undo() and page == []
    assert not history.undo()


def test_a_box_moved_after_painting_is_taken_back_first():
    masks, page = Masks(), []
    masks.paint()
    write(masks.history, page, "box")
    assert masks.history.undo() and page == [] and masks.strokes == 1
    assert masks.history.undo() and masks.strokes == 0


def steps(step, masks, page) -> list[tuple[int, list[str]]]:
    """Strokes and page after each step, until there is none left."""
    seen = []
    while step():
        seen.append((masks.strokes, list(page)))
    return seen


def test_strokes_and_boxes_in_turn_are_taken_back_and_made_again_in_turn():
    masks, page = Masks(), []
    history = masks.history
    masks.paint()
    write(history, page, "box")
    masks.paint()
    assert steps(history.undo, masks, page) == [(1, ["box"]), (1, []), (0, [])]
    assert history.redoText == "Mask edit" and not history.canUndo
    assert steps(history.redo, masks, page) == [(1, []), (1, ["box"]), (2, ["box"])]
    assert history.undoText == "Mask edit" and not history.canRedo


def test_quick_strokes_are_taken_back_one_by_one_before_the_box_that_was_moved_earlier():
    masks, page = Masks(), []
    write(masks.history, page, "box")
    masks.paint(2)
    assert steps(masks.history.undo, masks, page) == [(1, ["box"]), (0, ["box"]), (0, [])]
    assert steps(masks.history.redo, masks, page) == [(0, ["box"]), (1, ["box"]), (2, ["box"])]


def test_strokes_that_the_editor_has_forgotten_do_not_stop_the_undo():
    masks, page = Masks(), []
    write(masks.history, page, "box")
    masks.paint()
    masks.history.masksEdited()
    assert masks.history.undo() and masks.history.undo()
    assert (masks.strokes, page) == (0, [])


def test_a_stroke_ends_what_could_be_made_again():
    masks, page = Masks(), []
    write(masks.history, page, "box")
    masks.history.undo()
    masks.paint()
    assert not masks.history.canRedo and not masks.history.redo() and page == []


def test_what_was_taken_back_is_made_again_on_either_side():
    masks, page = Masks(), []
    history = masks.history
    write(history, page, "box")
    masks.paint()
    history.undo()
    history.undo()
    assert (page, masks.strokes) == ([], 0)
    assert history.redo() and history.redo()
    assert (page, masks.strokes) == (["box"], 1)
    assert not history.redo()


def test_nothing_to_undo_says_so_and_changes_nothing():
    history = EditHistory(lambda: 0)
    assert not history.canUndo and not history.canRedo
    assert not history.undo() and not history.redo()
    assert history.undoText == "" and history.redoText == ""
