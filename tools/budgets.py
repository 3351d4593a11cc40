"""Fail when a source file or function outgrows its budget: 300 lines a file, 40 a function.

Run: python tools/budgets.py
"""

import ast
import sys
from pathlib import Path

FILE_LINES = 300
FUNCTION_LINES = 40
FOLDERS = ("agent", "bench", "examples", "finetune", "retrieval", "tests", "tests_vllm", "tools", "ui")


def main() -> int:
    """Print what is over budget; 1 if anything is."""
    over = [complaint for path in sources() for complaint in complaints(path)]
    for complaint in over:
        sys.stderr.write(complaint + "\n")
    return 1 if over else 0


def sources() -> list[Path]:
    """All Python files of the project."""
    root = Path(__file__).resolve().parent.parent
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))


def complaints(path: Path) -> list[str]:
    """What in a file is over budget."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, at most {FILE_LINES}"] if lines > FILE_LINES else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}")
    return found


if __name__ == "__main__":
    sys.exit(main())
