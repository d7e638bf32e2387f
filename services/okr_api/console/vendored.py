"""Vendored: the packages of npm whose files stand here, each pinned.

`python -m okr_api.console.vendored` fetches them.
"""

import json
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RECORD = "VENDOR.json"
LICENSE = "package/LICENSE"


@dataclass(frozen=True)
class Package:
    """One file of a package, and its licence. `integrity` is that of the whole package, as npm publishes it."""

    name: str
    version: str
    integrity: str
    files: dict[str, str]


SETS = {
    "vendor": (
        Package(
            "preact",
            "11.2.0",
            "sha512-/HfHI/7N84e6GrWBJ3J280z3mLaRJiDcSvj/A+y/4AbLnND/1UlGHe1sR6oYuTGwId0nP7dqDU9OnLxMPZ7xBg==",
            {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "hooks.js"},
        ),
        Package(
            "htm",
            "3.1.1",
            "sha512-983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5JD2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ==",
            {"dist/htm.mjs": "htm.js"},
        ),
        Package(
            "d3-hierarchy",
            "3.1.3",
            "sha512-GRajN5ZcnEwYFWqqdzhG1qJ3+fDg6WWzk47TJg7ePY7yvYAgRfD2r1mUx+wviBOWuCwamCUzjwMSdato43jbGA==",
            {"dist/d3-hierarchy.min.mjs": "d3-hierarchy.js"},
        ),
    ),
    "graphiql": (
        Package(
            "graphiql",
            "3.8.3",
            "sha512-cuPDYtXVKV86Pu5PHBX642Odi/uVEE2y1Jxq5rGO/Qy1G2lRp7ZZ7a/T30RzxhuLSWo9zUbzq0P3U49//H0Ugw==",
            {"graphiql.min.js": "graphiql.js", "graphiql.min.css": "graphiql.css"},
        ),
        Package(
            "react",
            "18.3.1",
            "sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ==",
            {"umd/react.production.min.js": "react.js"},
        ),
        Package(
            "react-dom",
            "18.3.1",
            "sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw==",
            {"umd/react-dom.production.min.js": "react-dom.js"},
        ),
    ),
}


def main() -> None:
    for folder, packages in SETS.items():
        (HERE / folder).mkdir(exist_ok=True)
        record = [fetched(package, HERE / folder) for package in packages]
        (HERE / folder / RECORD).write_text(json.dumps(record, indent=2) + "\n")
        print(f"{folder}: {', '.join(f'{each.name} {each.version}' for each in packages)}")


def fetched(package: Package, folder: Path) -> dict[str, Any]:
    """Writes the files of a package; what is recorded of them. Raises SystemExit where it is not the pinned one."""
    with tempfile.TemporaryDirectory() as scratch:
        asked = f"{package.name}@{package.version}"
        command = ["npm", "pack", asked, "--loglevel=error"]
        packed = subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True).stdout.split()[-1]
        content = (Path(scratch) / packed).read_bytes()
        if integrity(content) != package.integrity:
            raise SystemExit(f"{asked} is {integrity(content)}, not the package that is pinned")
        with tarfile.open(Path(scratch) / packed) as archive:
            files = {ours: _read(archive, f"package/{theirs}") for theirs, ours in package.files.items()}
            files[f"{package.name}.LICENSE"] = _read(archive, LICENSE)
            license = json.loads(_read(archive, "package/package.json"))["license"]
    for name, body in files.items():
        (folder / name).write_bytes(body)
    return {
        "name": package.name,
        "version": package.version,
        "license": license,
        "integrity": package.integrity,
        "files": {name: integrity(body) for name, body in files.items()},
    }


def integrity(content: bytes) -> str:
    return f"sha512-{b64encode(sha512(content).digest()).decode()}"


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member, name
    return member.read()


if __name__ == "__main__":
    main()
