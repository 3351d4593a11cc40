"""Write requirements.lock: every package that `pip install .[dev]` takes here, pinned.

The lock is installed with --no-deps, for it is whole: so what is left out of it stays out.

Run: python tools/lock.py   (makes a throw-away venv; needs the package index)
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"sommelier", "pip", "triton"}
"""Triton (1 GB on disk) compiles kernels for GPUs; xgrammar names it and does without."""


def main() -> int:
    """Resolve in a fresh venv and write the lock file."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "bin", "python")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", "pip"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"{ROOT}[dev]"], check=True)
        listed = subprocess.run(
            [python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True, text=True
        )
    pins = [
        f"{p['name']}=={p['version'].split('+')[0]}" for p in json.loads(listed.stdout) if p["name"] not in LEFT_OUT
    ]
    (ROOT / "requirements.lock").write_text("\n".join(sorted(pins, key=str.lower)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
