"""A small PDF, written by hand: no library for it is among the packages."""

from __future__ import annotations


def pdf_bytes(*pages: tuple[str, ...], characters: dict[str, str] | None = None) -> bytes:
    """Each page with its lines; one without lines shows nothing.

    `characters`: what a letter is to be read as, in hexadecimal digits of UTF-16.
    """
    meanings = "".join(f"<{ord(letter):02x}> <{meaning}>\n" for letter, meaning in (characters or {}).items())
    cmap = f"1 begincodespacerange <00> <ff> endcodespacerange {len(characters or {})} beginbfchar\n{meanings}endbfchar"
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
        + (b" /ToUnicode %d 0 R >>" % (4 + 2 * len(pages)) if characters else b" >>"),
    ]
    for i, lines in enumerate(pages):
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET".encode("cp1252")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * i} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
    objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(cmap), cmap.encode()))
    written = b"%PDF-1.4\n"
    table = b"0000000000 65535 f \n"
    for number, content in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(written)
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))
    return written + b"xref\n0 %d\n" % size + table + trailer
