"""Writes the Unicode tables of Sources/Tokenizers/Unicode/Generated.

Needs the Python packages `regex`, for scripts, and `tokenizers`. Decompositions come from Python's unicodedata, as far
as `tokenizers` has them too: its Unicode version is an older one, and its ids are the ones to reproduce. Run from anywhere:
    python tools/golden/unicode_tables.py
"""

import pathlib
import sys
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
# The folder of this file has a module with the name of a package.
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != HERE]

import regex  # noqa: E402
from tokenizers import normalizers  # noqa: E402

OUTPUT = HERE.parent.parent / "Sources" / "Tokenizers" / "Unicode" / "Generated"
SCRIPTS = [
    "Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Georgian", "Greek", "Han", "Hangul", "Hebrew",
    "Hiragana", "Katakana", "Khmer", "Latin", "Tamil", "Telugu", "Thai",
]
SURROGATES = range(0xD800, 0xE000)
HANGUL = range(0xAC00, 0xD7A4)
HEADER = "// Written by tools/golden/unicode_tables.py; change that, not this.\n\n"


def scalars():
    return (value for value in range(sys.maxunicode + 1) if value not in SURROGATES)


def wrapped(words, indent, separator=" "):
    """Lines of at most 108 columns."""
    lines, line = [], indent
    for word in words:
        if len(line) + len(word) + len(separator) > 108:
            lines.append(line.rstrip(" "))
            line = indent
        line += word + separator
    lines.append(line.rstrip(" "))
    return "\n".join(lines)


def script_ranges(name):
    matcher = regex.compile(r"\p{Script=%s}" % name)
    ranges = []
    for value in scalars():
        if matcher.match(chr(value)):
            if ranges and ranges[-1][1] == value - 1:
                ranges[-1][1] = value
            else:
                ranges.append([value, value])
    return ranges


def write_scripts():
    text = HEADER + "/// The scalars of the scripts that splitting patterns name.\nenum ScriptRanges {\n"
    text += "  /// The ranges of a script by its Unicode name, if it is known here.\n"
    text += "  static func ranges(ofScript name: String) -> [ClosedRange<UInt32>]? {\n    switch name {\n"
    for name in SCRIPTS:
        text += f'    case "{name}": {name.lower()}\n'
    text += "    default: nil\n    }\n  }\n"
    for name in SCRIPTS:
        words = [f"0x{low:X}...0x{high:X}," for low, high in script_ranges(name)]
        text += f"\n  private static let {name.lower()}: [ClosedRange<UInt32>] = [\n{wrapped(words, '    ')}\n  ]\n"
    (OUTPUT / "ScriptRanges.swift").write_text(text + "}\n")


def mapping(value):
    """Whether the scalar's own decomposition is a compatibility one, and its parts."""
    fields = unicodedata.decomposition(chr(value)).split()
    is_compatible = bool(fields) and fields[0].startswith("<")
    return is_compatible, [int(part, 16) for part in fields if not part.startswith("<")]


def is_composable(value, parts):
    """Whether canonical composition makes `value` of its two parts: it may not be an excluded composite."""
    return len(parts) == 2 and unicodedata.normalize("NFC", chr(value)) == chr(value)


def write_decompositions():
    reference = normalizers.NFKD()
    words = {"composed": [], "decomposed": [], "compatible": []}
    for value in scalars():
        if value in HANGUL:
            continue
        is_compatible, parts = mapping(value)
        if not parts or reference.normalize_str(chr(value)) == chr(value):
            continue
        kind = "compatible" if is_compatible else "composed" if is_composable(value, parts) else "decomposed"
        words[kind].append(",".join(f"{part:X}" for part in [value] + parts))
    notes = {
        "composed": "Canonical decompositions that composition undoes",
        "decomposed": "Canonical decompositions that composition leaves alone",
        "compatible": "Compatibility decompositions",
    }
    text = HEADER + "/// Unicode decompositions other than those of Hangul syllables, one level deep, in hexadecimal:\n"
    text += "/// the scalar, then what it decomposes to.\nenum DecompositionTable {\n"
    for kind, note in notes.items():
        text += f"  /// {note}.\n  static let {kind}: StaticString = \"\"\"\n"
        text += wrapped(words[kind], "    ") + "\n    \"\"\"\n"
    (OUTPUT / "DecompositionTable.swift").write_text(text + "}\n")


if __name__ == "__main__":
    OUTPUT.mkdir(parents=True, exist_ok=True)
    write_scripts()
    write_decompositions()
