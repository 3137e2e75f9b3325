"""Copy an ONNX file with the files that hold its weights."""

import re
import shutil
from pathlib import Path

_LOCATION = re.compile(rb"\n\x08location\x12([\x01-\x7f])")
"""A field of an ONNX file that names another file, up to the length of the name. PyTorch writes one by default."""


def copy_onnx(path: Path, target: Path) -> None:
    """Copy an ONNX file and the files in its folder that it takes weights from.

    Files that it names elsewhere are left out, and so are links. ONNX Runtime then refuses to load the copy.
    """
    content = path.read_bytes()
    for found in _LOCATION.finditer(content):
        name = content[found.end() : found.end() + found[1][0]].decode(errors="replace")
        file, copy = path.parent / name, target.parent / name
        is_in_folder = Path(name).name == name and file.is_file() and not file.is_symlink()
        if is_in_folder and not copy.exists():
            shutil.copy(file, copy)
    target.write_bytes(content)
