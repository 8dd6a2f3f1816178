"""What the checks of this folder share: the files of the tree, and how to end."""
import pathlib
import sys

SOURCES = {".c", ".h", ".cc"}
FUZZ_CORPUS = ("tests", "fuzz", "corpus")


def files(root, *tops):
    """Every file below ROOT, or below its folders TOPS, that people wrote."""
    for top in [root / t for t in tops] or [root]:
        for path in sorted(top.rglob("*")):
            parts = path.relative_to(root).parts
            made = parts[0].startswith("build") or parts[0] == ".git"
            if made or "__pycache__" in parts or parts[:3] == FUZZ_CORPUS:
                continue
            if path.is_file() and not path.is_symlink():
                yield path


def sources(root, *tops):
    return [p for p in files(root, *tops) if p.suffix in SOURCES]


def text(path):
    return path.read_text(errors="replace")


def root_argument():
    return pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()


def end(found, well):
    """Prints one line a breach, or what holds; exits 1 or 0."""
    found = list(found)
    print("\n".join(found) or well)
    sys.exit(bool(found))
