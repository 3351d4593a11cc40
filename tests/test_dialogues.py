"""Whole conversations with the rules tier over the bundled catalogues, judged by what they change and show."""

from pathlib import Path

import pytest

from tests.dialogues import grade, load_dialogues
from tests.tally import Tally

_FILES = sorted(Path(__file__).parent.glob("dialogues_*.jsonl"))
_SCRIPTS = tuple(script for path in _FILES for script in load_dialogues(path))
_ROWS = sorted({(s.kind, s.language, s.catalog) for s in _SCRIPTS})


@pytest.mark.parametrize("row", _ROWS, ids="-".join)
def test_every_turn_of_a_dialogue_has_its_effects(row: tuple[str, str, str], tally: Tally) -> None:
    scripts = [s for s in _SCRIPTS if (s.kind, s.language, s.catalog) == row]
    turns = [turn for script in scripts for turn in grade(script)]
    missed = [(turn.number, turn.text, turn.faults) for turn in turns if turn.faults]
    tally.add(row, len(turns) - len(missed), len(turns))
    assert not missed
