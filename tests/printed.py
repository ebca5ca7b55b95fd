"""Read the printed pack back."""

from __future__ import annotations

import io

from pypdf import PdfReader


def pages_of(made: bytes) -> list[str]:
    """Return the words of each page of a PDF, spaces and line ends as one space."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(made)).pages]
