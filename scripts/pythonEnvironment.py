"""Makes .venv with scripts/requirements.txt, once; safe to be called by several processes at a time."""

import fcntl
import hashlib
import pathlib
import subprocess
import sys
import venv

root = pathlib.Path(__file__).resolve().parent.parent
requirements = root / "scripts" / "requirements.txt"
folder = root / ".venv"
python = folder / "bin" / "python"
stamp = folder / "requirements.sha256"
wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()


def is_ready() -> bool:
    return python.exists() and stamp.exists() and stamp.read_text() == wanted


if not is_ready():
    # The lock falls with the process, however it ends.
    with open(requirements) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready():
            if not python.exists():
                venv.create(folder, with_pip=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", requirements], check=True, stdout=sys.stderr)
            stamp.write_text(wanted)
print(python)
