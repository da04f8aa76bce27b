"""The pages in README and docs: nothing stands there twice, and links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from orthoai.cli.main import Parser, find_commands

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


def commands(page: Path) -> list[list[str]]:
    """The words of every whole ``orthoai`` command in the page's code blocks; capitals stand for a reader's own."""
    blocks = re.findall(r"^```\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    words = [shlex.split(line) for line in lines if line.startswith("orthoai ")]
    return [one[1:] for one in words if not {"SHAPES", "..."} & set(one)]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_the_commands_are_complete(page: Path) -> None:
    """As their parsers see them; nothing is run. A training without a folder for its run stood in the guide."""
    for words in commands(page):
        parser = Parser(prog=" ".join(words))
        find_commands()[words[0]].load().add_arguments(parser)
        parser.parse_args(words[1:])
