"""Writes packages/checkpoints/test/reference/npy-headers.json: which npy headers NumPy reads, and as what.

    python tools/reference/make_npy_headers.py
"""

import io
import json
import pathlib
import struct
import warnings

import numpy as np

FILE = pathlib.Path(__file__).parents[2] / "packages/checkpoints/test/reference/npy-headers.json"

SHAPES = "(2,) (2) (2,,) () (,) (2,3) (2,3,) [2] (2L,) (2l,) (2L) (0x2,) (0b11,) (1_0,) (1__0,) (02,) (00,) (0,) (-1,) (+2,) (--2,)".split()
SHAPES += ["(True,)", "(2.0,)", "('2',)", "((2),)", "((2,),)", "2", "( 2 , )", "(2,\n3)", "(2 3)", "None", "{2}", "(2,) # c", "(2,)# c\n", "(2x,)", "(2e0,)"]
TYPES = "<f4 >f4 =f4 |f4 f4 f 4 F4 Float64 f3 i04 float64 float32 float16 int64 int32 int16 int8 uint8 uint16 uint32 uint64 bool".split(" ")
TYPES += "? |b1 <b1 b B h H i I l L q Q p P n N e f d >d >b >i1 >i2 |u1 <float64 float8 bool8 float_ int_ bool_ half single double int".split()
TYPES += "float uint longlong ulonglong intc uintc intp uintp byte ubyte short ushort long ulong c8 |O |S4 <M8[s] f4,f4".split() + ["", "f 4", "f4 ", "<f2", "<f8"]
DESCRIPTIONS = [repr(name) for name in TYPES]
DESCRIPTIONS += ['"<f4"', "b'<f4'", "u'<f4'", "r'<f4'", "R'\\x3cf4'", "'<' 'f4'", "'''<f4'''", '"""<f4"""', "'\\x3cf4'", "'\\74f4'", "('<f4')", "None", "4", "[('a','<f4')]"]
ORDERS = ["True", "False", "0", "1", "None", "'True'", "true"]
EXTRA = ["'x': 1", "'descr': '<f8'", "1: 2", "'shape': (3,)", "**{}", ","]
PLAIN = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"
WHOLE = [PLAIN, f"  {PLAIN}", f"\t{PLAIN}", f"\n{PLAIN}", f"{PLAIN}\n\n", f"{PLAIN} x", f"({PLAIN})", f"{PLAIN},", f"{PLAIN}\0", f"{PLAIN}  # c\n", PLAIN[:-1]]
WHOLE += [PLAIN.replace("'", '"'), PLAIN.replace(" ", ""), PLAIN.replace(", ", ",\n"), PLAIN.replace(", 'shape'", " 'shape'"), PLAIN.replace(", 'shape': (2,)", "")]
WHOLE += ["{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}", "", "{}", "[]", "dict(descr='<f4', fortran_order=False, shape=(2,))", PLAIN + " " * 9999]
WHOLE += [header for n in (64, 65) for header in [PLAIN.replace("(2,)", f"({'1,' * n})")]] + [PLAIN.replace("(2,)", "(" * n + "2," + ")" * n) for n in (1, 2)]
VERSIONS = [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1), (4, 0), (0, 0)]


def header(descr: str = "'<f4'", order: str = "False", shape: str = "(2,)", extra: str = "") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {extra}}}"


def outcome(version: tuple[int, int], text: str) -> dict | None:
    """Type, byte order, shape and memory order that NumPy reads; None where it refuses."""
    encoded = text.encode("latin1")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(encoded))
    try:
        file = io.BytesIO(b"\x93NUMPY" + bytes(version) + length + encoded)
        read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
        if np.lib.format.read_magic(file) == (3, 0):
            shape, fortran, dtype = np.lib._format_impl._read_array_header(file, (3, 0))
        else:
            shape, fortran, dtype = read[version[0]](file)
        # The header alone does not tell: arrays of no, or of negative, or of too many sizes fail afterwards.
        np.lib.format.read_array(io.BytesIO(b"\x93NUMPY" + bytes(version) + length + encoded + bytes(8 * 64)))
    except Exception:
        return None
    name = dtype.name if dtype.kind in "biuf" and dtype.names is None else None
    return {"dtype": name, "bigEndian": dtype.byteorder == ">", "shape": list(shape), "columnMajor": fortran}


def main() -> None:
    warnings.simplefilter("ignore")
    cases = [((1, 0), header(shape=s)) for s in SHAPES] + [((1, 0), header(descr=d)) for d in DESCRIPTIONS]
    cases += [((1, 0), header(order=o)) for o in ORDERS] + [((1, 0), header(extra=e)) for e in EXTRA] + [((1, 0), w) for w in WHOLE]
    cases += [(v, header()) for v in VERSIONS] + [(v, header(shape="(2L,)")) for v in ((2, 0), (3, 0))]
    rows = [json.dumps({"version": v, "header": h, "numpy": outcome(v, h)}) for v, h in cases]
    FILE.write_text("[\n  " + ",\n  ".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
