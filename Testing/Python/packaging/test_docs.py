"""The pages in README and docs: nothing stands there twice, and links lead somewhere."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

LONG = 200
"""Characters from which on two equal paragraphs are no coincidence."""

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_a_chapter_or_a_paragraph_twice(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    chapters = re.findall(r"^#{1,2} .+$", text, re.MULTILINE)
    paragraphs = [part.strip() for part in text.split("\n\n") if len(part.strip()) >= LONG]
    assert [part for part, count in Counter([*chapters, *paragraphs]).items() if count > 1] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []
