# SPDX-License-Identifier: Apache-2.0
"""Writes the image of etc/image from what it has built.  usage: image.py ROOT FILE"""
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

NAME = "msggw:latest"
USER = 65532
EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
ACCOUNTS = f"root:x:0:0:root:/:/nonexistent\nmsggw:x:{USER}:{USER}:msggw:/var/lib/msggw:/nonexistent\n"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"


def output(*command, check=True):
    """In English, whoever asks."""
    return subprocess.run(list(map(str, command)), capture_output=True, encoding="utf-8", check=check, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout


def libraries(program):
    """As the loader names them; the loader itself."""
    return sorted(set(re.findall(r"(/\S+) \(0x", output("ldd", program))))


def licences(files):
    """{the file with the licence of a package: its text}, of each package that has one of the files."""
    names = {name for file in files for name in (file, "/usr" + file)}
    found = output("dpkg-query", "-S", *sorted(names), check=False)
    owners = {line.partition(":")[0] for line in found.splitlines() if not line.startswith("diversion")} | {"ca-certificates"}
    return {f"usr/share/doc/{owner}/copyright": pathlib.Path(f"/usr/share/doc/{owner}/copyright").read_bytes() for owner in sorted(owners)}


class Layer:
    """A tar of files that all have one time and, unless said, root as owner."""

    def __init__(self):
        self._bytes = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._bytes, mode="w", format=tarfile.PAX_FORMAT)
        self._folders = set()

    def _add(self, name, kind, mode, data=b"", owner=0, target=""):
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.size, entry.mtime, entry.linkname = kind, mode, len(data), EPOCH, target
        entry.uid = entry.gid = owner
        self._tar.addfile(entry, io.BytesIO(data))

    def folder(self, name, mode=0o755, owner=0):
        parent = os.path.dirname(name)
        if parent and parent not in self._folders:
            self.folder(parent)
        if name not in self._folders:
            self._folders.add(name)
            self._add(name, tarfile.DIRTYPE, mode, owner=owner)

    def file(self, name, data, mode=0o644):
        if parent := os.path.dirname(name):
            self.folder(parent)
        self._add(name, tarfile.REGTYPE, mode, data)

    def link(self, name, target):
        self._add(name, tarfile.SYMTYPE, 0o777, target=target)

    def octets(self):
        self._tar.close()
        return self._bytes.getvalue()


def layer_of(root):
    build = root / "build/release"
    layer = Layer()
    loaded = libraries(build / "bin/msggw")
    for name in ("lib", "lib64"):
        layer.folder("usr/" + name)
        layer.link(name, "usr/" + name)
    with tempfile.NamedTemporaryFile() as stripped:
        output("strip", "-o", stripped.name, build / "bin/msggw")
        layer.file("usr/bin/msggw", pathlib.Path(stripped.name).read_bytes(), 0o755)
    for library in loaded:
        layer.file(("usr/" + library.lstrip("/")).replace("usr/usr/", "usr/"), pathlib.Path(library).read_bytes(), 0o755)
    for name, text in licences(loaded).items():
        layer.file(name, text)
    for name, file in (("LICENSE", root / "LICENSE"), ("msggw.spdx.json", build / "etc/msggw.spdx.json")):
        layer.file(f"usr/share/doc/msggw/{name}", file.read_bytes())
    layer.file(CERTIFICATES, pathlib.Path("/", CERTIFICATES).read_bytes())
    layer.file("etc/passwd", ACCOUNTS.encode())
    layer.file("etc/group", f"root:x:0:\nmsggw:x:{USER}:\n".encode())
    layer.file("etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n")
    layer.file("etc/msggw/msggw.toml", (root / "etc/debian/msggw.toml").read_bytes())
    layer.folder("tmp", 0o1777)
    layer.folder("var/lib/msggw", 0o700, USER)
    return layer.octets()


def config_of(layer, version):
    machine = output("dpkg", "--print-architecture").strip()
    time = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "created": time, "architecture": machine, "os": "linux",
        "config": {
            "User": f"{USER}:{USER}", "Entrypoint": ["/usr/bin/msggw"], "Cmd": ["run", "-c", "/etc/msggw/msggw.toml"],
            "WorkingDir": "/var/lib/msggw", "Volumes": {"/var/lib/msggw": {}}, "StopSignal": "SIGTERM",
            "ExposedPorts": {port: {} for port in ("5683/udp", "5684/udp", "8443/tcp")},
            "Env": ["PATH=/usr/bin"],
            "Labels": {"org.opencontainers.image.title": "msggw", "org.opencontainers.image.version": version,
                       "org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.created": time},
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": time, "created_by": "etc/image"}],
    }


def main(root, file):
    version = output(root / "build/release/bin/msggw", "--version").split()[1]
    out = Layer()
    out.folder("blobs/sha256")

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        out.file(f"blobs/sha256/{digest}", data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    layer = layer_of(root)
    config = blob(json.dumps(config_of(layer, version)).encode(), "config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
                "layers": [blob(gzip.compress(layer, 6, mtime=0), "layer.v1.tar+gzip")]}
    of_manifest = blob(json.dumps(manifest).encode(), "manifest.v1+json")
    of_manifest["annotations"] = {"org.opencontainers.image.ref.name": NAME}  # by which podman knows it
    out.file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    out.file("index.json", json.dumps({"schemaVersion": 2, "manifests": [of_manifest]}).encode())
    # By this docker knows it, and before version 25 needs it.
    blobs = [f"blobs/sha256/{one['digest'].removeprefix('sha256:')}" for one in (config, *manifest["layers"])]
    out.file("manifest.json", json.dumps([{"Config": blobs[0], "RepoTags": [NAME, f"msggw:{version}"], "Layers": blobs[1:]}]).encode())
    file.write_bytes(out.octets())
    print(f"{file}: {len(layer) >> 20} MiB in an image of {file.stat().st_size >> 20} MiB")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
