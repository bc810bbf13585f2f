"""Makes a virtual environment of a requirements file, once a machine, and prints the path of its Python.

    python3 scripts/pythonEnvironment.py [requirements.txt]

It lies in the user's folder for caches, under the digest of the file: every clone finds it, and a file that
changes gets another one. Safe to be called by several processes at a time.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import venv

own = pathlib.Path(__file__).resolve().parent / "requirements.txt"
requirements = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else own).resolve()
caches = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
version = ".".join(map(str, sys.version_info[:3]))
digest = hashlib.sha256(version.encode() + requirements.read_bytes()).hexdigest()[:16]
folder = caches / "sluicebox-python" / f"{requirements.stem}-{digest}"
python = folder / "bin" / "python"
stamp = folder / "complete"

if not stamp.exists():
    folder.parent.mkdir(parents=True, exist_ok=True)
    # The lock falls with the process, however it ends.
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", requirements], check=True, stdout=sys.stderr)
            stamp.touch()
print(python)
