"""What holds for every test, however slow and busy the machine is that runs it."""

import os

from hypothesis import HealthCheck, settings

from localcloud.story.shell import JSII_CACHE

# Otherwise jsii unpacks the CDK into the home directory: it refuses one that others may write, or nobody.
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(JSII_CACHE))
# The rules that the CDK holds templates to take half of a synthesis: one test asks for them.
os.environ["CDK_VALIDATION"] = "false"

# The same examples wherever they run, and no verdict on how long one took. For others:
# `make test ARGS="tests/unit --hypothesis-profile=default"`.
settings.register_profile(
    "everywhere", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("everywhere")
