"""Judge every turn of the test set and print the table of what came out right, in Markdown.

Run: python -m tests.accuracy
"""

import sys

from tests.dialogues import HERE, grade, load_dialogues
from tests.planning import planned
from tests.tally import Tally
from tests.turns import fits, load_turns


def main() -> int:
    """Print the table; 1 if any turn came out wrong."""
    table = Tally()
    for path in sorted(HERE.glob("turns_*.jsonl")):
        for turn in load_turns(path):
            right = fits(planned(turn), turn.plan)
            table.add((turn.kind, turn.language, turn.catalog), int(right), 1)
    for path in sorted(HERE.glob("dialogues_*.jsonl")):
        for script in load_dialogues(path):
            for graded in grade(script):
                table.add((script.kind, script.language, script.catalog), int(not graded.faults), 1)
    sys.stdout.write("\n".join(table.lines()) + "\n")
    return int(table.right != table.total)


if __name__ == "__main__":
    sys.exit(main())
