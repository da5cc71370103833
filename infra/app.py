"""`python infra/app.py` writes the assembly to cdk.out, without Docker and without credentials.

Context: `stage` (one of those in cdk.json; without it all), `image` (URI in place of a build),
`bundles` (where `make package` put the code of Lambda functions). The rules of AwsSolutions are
looked at each time; a finding without a reason ends it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    # Python puts the folder of the script first, where `app` would be this file.
    sys.path[0] = str(ROOT)

from infra.deployment import synthesize
from infra.stages import WrongStage


def main() -> int:
    # The cdk command says where it wants the assembly.
    folder = Path(os.environ.get("CDK_OUTDIR", ROOT / "cdk.out"))
    try:
        synthesize(ROOT, folder)
    except WrongStage as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
