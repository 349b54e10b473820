"""Drawings with their zip, and functions to take a zip apart and to make another one."""

import io
import zipfile

import torch
from PIL import Image

from mnist_core.storage.drawings_zip import Drawing, drawings_to_zip

GENERATOR = torch.Generator().manual_seed(0)
DRAWINGS = [
    Drawing(torch.randint(0, 256, (height, width), dtype=torch.uint8, generator=GENERATOR), label)
    for height, width, label in ((28, 28, 3), (280, 280, 0), (1, 7, 9), (40, 20, 3))
]
WHOLE = drawings_to_zip(DRAWINGS)


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_of(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def png_of(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
