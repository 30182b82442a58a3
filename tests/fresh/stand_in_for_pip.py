"""`pip install .` without the network: the command of pyproject.toml, over the project's own files.

What a requirements file names is there: the environment sees the packages of the one that runs the tests.

Run by the interpreter of the virtual environment that it installs into.
"""

import sys
import sysconfig
import tomllib
from pathlib import Path

SCRIPT = """#!{python}
import sys
from {module} import {function}
sys.exit({function}())
"""


def main(arguments: list[str]) -> None:
    if arguments == ["install", "-r", "requirements.txt"]:
        return
    if arguments not in (["install", "--quiet", "."], ["install", "."]):
        raise SystemExit(f"only `pip install .`, not {arguments}")
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    where = project["tool"]["setuptools"]["packages"]["find"]["where"]
    paths = "".join(f"{Path(entry).resolve()}\n" for entry in where)
    Path(sysconfig.get_path("purelib"), "project.pth").write_text(paths, encoding="utf-8")
    for name, entry in project["project"]["scripts"].items():
        module, _, function = entry.partition(":")
        script = Path(sysconfig.get_path("scripts"), name)
        text = SCRIPT.format(python=sys.executable, module=module, function=function)
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)


main(sys.argv[1:])
