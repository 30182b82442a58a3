"""`python -m localcloud.story.synthesize OUT CONFIG...`: synthesize the app with several configurations.

The CDK starts slowly: one process for all is three times as fast as one for each. Each assembly is written
below OUT under the name of its configuration's directory. Run it in the project's directory.
"""

from __future__ import annotations

import sys
from pathlib import Path

from app import build


def main(out: Path, configs: list[Path]) -> None:
    """Synthesize; raises ConfigError, and RuntimeError for a finding of cdk-nag."""
    for config in configs:
        build(config=str(config), outdir=out / config.name).synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
