"""Unpacks the entries of a wheel that match a pattern: unpack.py WHEEL TARGET PATTERN..."""
import fnmatch
import os
import shutil
import sys
import zipfile

wheel, target, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
with zipfile.ZipFile(wheel) as archive:
    entries = [e for e in archive.infolist() if any(fnmatch.fnmatch(e.filename, p) for p in patterns)]
    if not entries:
        sys.exit(f"{os.path.basename(wheel)}: nothing matches {patterns}")
    total, done, on_terminal = sum(e.file_size for e in entries) or 1, 0, sys.stderr.isatty()
    for entry in entries:
        path = os.path.join(target, entry.filename)
        if entry.is_dir():
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(entry) as source, open(path, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 22)
        done += entry.file_size
        if on_terminal:
            filled = 30 * done // total
            name = os.path.basename(wheel).split("-")[0]
            sys.stderr.write(f"\runpacking {name} [{'#' * filled}{'.' * (30 - filled)}] {100 * done // total:3d} %")
    if on_terminal:
        sys.stderr.write("\n")
