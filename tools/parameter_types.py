"""Write the stub that tells mypy which parameters kernels may read (``w.p[0].demand_light``), from the register.

    python tools/parameter_types.py            write src/kladsim/model/parameters.pyi
    python tools/parameter_types.py --check    exit 1 where it is not what the register says
"""

from __future__ import annotations

import sys
from pathlib import Path

from kladsim.evidence import load_register

STUB = Path(__file__).parents[1] / "src" / "kladsim" / "model" / "parameters.pyi"
HEAD = '''# Written by tools/parameter_types.py from evidence/data/parameters.toml.

class Parameters:
'''
TAIL = '''
class ParameterTable:
    def __getitem__(self, at: int) -> Parameters: ...
'''


def stub() -> str:
    """Return the text of the stub: a float for every parameter of the register."""
    register = load_register()
    return HEAD + "".join(f"    {register[name].field}: float\n" for name in register) + TAIL


def main() -> int:
    """Write the stub, or compare it."""
    if "--check" in sys.argv[1:]:
        return int(STUB.read_text(encoding="utf-8") != stub())
    STUB.write_text(stub(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
