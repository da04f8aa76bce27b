"""Words become smaller, then shorter, and never wider than their room."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from orthoai_report.fitting import fit, width_of


@pytest.fixture
def word():
    figure = Figure(figsize=(4, 1), dpi=100)
    FigureCanvasAgg(figure)
    return lambda text: figure.text(0, 0, text, size=12)


def test_words_with_room_stay_as_they_are(word):
    text = word("Vertebra 4")
    fit(text, 300, 8)
    assert (text.get_text(), text.get_fontsize()) == ("Vertebra 4", 12)


def test_words_become_smaller_before_they_become_shorter(word):
    text = word("Vertebra 4 biconcave")
    wide = width_of(text)
    fit(text, wide * 0.8, 8)
    assert text.get_text() == "Vertebra 4 biconcave"
    assert 8 <= text.get_fontsize() < 12
    assert width_of(text) <= wide * 0.8
    fit(text, wide * 0.4, 8)
    assert text.get_fontsize() == 8
    assert text.get_text().startswith("Vertebra") and text.get_text().endswith("…")
    assert width_of(text) <= wide * 0.4


def test_words_are_broken_into_rows_before_they_become_shorter(word):
    text = word("No fracture found in 6 vertebrae. Look again at Vertebra 4.")
    whole, room = text.get_text(), width_of(text) * 0.6
    fit(text, room, 12, rows=2)
    first, second = text.get_text().split("\n")
    assert f"{first} {second}" == whole
    assert width_of(text) <= room
    fit(text, room * 0.6, 12, rows=2)
    assert text.get_text().count("\n") == 1 and text.get_text().endswith("…")
    assert width_of(text) <= room * 0.6


def test_a_dollar_sign_is_no_formula_and_words_on_no_page_have_no_width(word):
    assert width_of(word("$x_{")) > 0
    assert width_of(word("")) == 0
    with pytest.raises(ValueError, match="no page"):
        width_of(Text(0, 0, "alone"))
