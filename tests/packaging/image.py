#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the OCI image of a release build twice: it is the same, every digest in it is right, and what etc/image --help says
to docker gives a device a Service ID, as far as namespaces and a chroot are a container; and in podman, where that runs.

usage: image.py ROOT"""
import argparse
import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import time


def run(*arguments, **options):
    return subprocess.run(list(map(str, arguments)), check=True, capture_output=True, text=True, **options).stdout


def blob(layout, described):
    data = (layout / "blobs/sha256" / described["digest"].removeprefix("sha256:")).read_bytes()
    assert "sha256:" + hashlib.sha256(data).hexdigest() == described["digest"] and len(data) == described["size"], described
    return data


def unpack(layout, root):
    """What of the image a container begins with; its layers are in `root`."""
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    [of_docker] = json.loads((layout / "manifest.json").read_text())
    [described] = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(layout, described))
    config = json.loads(blob(layout, manifest["config"]))
    [layer] = [gzip.decompress(blob(layout, one)) for one in manifest["layers"]]
    described_again = [f"blobs/sha256/{one['digest'].removeprefix('sha256:')}" for one in (manifest["config"], *manifest["layers"])]
    assert [of_docker["Config"], *of_docker["Layers"]] == described_again, of_docker
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
    (root.parent / "layer.tar").write_bytes(layer)
    run("tar", "-xpf", root.parent / "layer.tar", "-C", root)
    return config["config"]


def docker_runs(root):
    """What the help says behind `docker run`, line by line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-d", action="store_true")
    parser.add_argument("--network")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--cap-drop")
    parser.add_argument("-v", action="append")
    parser.add_argument("-p")
    parser.add_argument("image")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return [parser.parse_args(shlex.split(line)) for line in re.findall(r"^ +docker run (.*)", run(root / "etc/image", "--help"), re.MULTILINE)]


def mounts(said, root, folder):
    """(source, target, mode) of each volume. One with a name begins as what the image has there."""
    for source, target, *mode in (volume.split(":") for volume in said.v):
        if "/" not in source:
            source = folder / "volumes" / source
            if not source.exists():
                source.parent.mkdir(exist_ok=True)
                run("cp", "-a", f"{root}{target}", source)
        yield str(source).replace("$PWD", str(folder)), target, *(mode or ["rw"])


@contextlib.contextmanager
def container(said, root, config, folder):
    """As the image's user, in its root, with the volumes and a /proc; until it has said `ready`."""
    script = """
root=$1; user=$2; shift 2
mount --bind /proc "$root/proc"
while [ "$1" != -- ]; do mount -o "bind,$3" "$1" "$root$2"; shift 3; done
exec chroot --userspec="$user" "$root" "${@:2}" """
    volumes = [word for mount in mounts(said, root, folder) for word in mount]
    command = ["unshare", "-m", "bash", "-ec", script, "-", root, config["User"], *volumes, "--", *config["Entrypoint"], *(said.words or config["Cmd"])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            while (line := process.stdout.readline()).strip() != "ready":
                assert line, "it ended"
            yield
        finally:
            process.terminate()
    assert process.returncode == 0, process.returncode


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        siocsifflags, iff_up = 0x8914, 1
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sH14x", b"lo", iff_up))


def serves(root, unpacked, config):
    """Function and gateway as the image has them, then the gateway with a configuration of one's own. In a network of nobody else."""
    raise_loopback()
    (unpacked / "proc").mkdir()
    shutil.copytree(unpacked / "etc/msggw", unpacked.parent / "msggw")
    function, gateway, own = docker_runs(root)

    def told():
        answer = run(root / "build/release/bin/msggw-sim", "fleet", "--coap", "127.0.0.1:5683", "--once", "00-1B-63-84-45-E6")
        return re.search(r'"serviceId":"[^"]+"', answer)[0]

    with container(function, unpacked, config, unpacked.parent):
        with container(gateway, unpacked, config, unpacked.parent):
            first = told()
        with container(own, unpacked, config, unpacked.parent):
            assert told() == first


class Podman:
    """With a store of its own, and with the limits of this process: more than those not everybody may give."""

    LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")

    def __init__(self, folder):
        runtime = ["--runtime", "runc"] if shutil.which("runc") else []
        self._command = ["podman", *runtime, "--storage-driver", "vfs", "--root", folder / "podman", "--runroot", folder / "podman-run"]

    def __call__(self, *words):
        return run(*self._command, *words)

    def start(self, name, said):
        """One line of the help, until it has said `ready`."""
        volumes = [word for volume in said.v for word in ("-v", volume)]
        more = ["--read-only"] * said.read_only + (["--cap-drop", said.cap_drop] if said.cap_drop else [])
        self("run", "-d", "--name", name, "--network", said.network, *self.LIMITS, *volumes, *more, said.image, *said.words)
        until = time.monotonic() + 60
        while "ready" not in self("logs", name).splitlines():
            assert time.monotonic() < until, f"{name} is not ready"
            time.sleep(0.1)


def serves_in_podman(root, folder, image):
    """As the help says, in a network of nobody else: both are well, and end in good order."""
    raise_loopback()
    podman = Podman(folder)
    try:
        podman("load", "-i", image)
        podman("run", "--rm", "--network", "host", *Podman.LIMITS, "msggw", "--version")
    except subprocess.CalledProcessError as error:
        return print(f"podman runs nothing here: {error.stderr.strip()}")
    try:
        runs_in_podman(root, podman)
    finally:
        podman("rm", "-a", "-f", "-t", "1")
    print("podman runs it")


def runs_in_podman(root, podman):
    function, gateway, _ = docker_runs(root)
    podman.start("function", function)
    podman.start("gateway", gateway)
    run(root / "build/release/bin/msggw-sim", "fleet", "--coap", "127.0.0.1:5683", "--once", "00-1B-63-84-45-E6")
    assert re.search(r"(?m)^store +up$", podman("exec", "gateway", "/usr/bin/msggw", "status"))
    assert re.search(r"(?m)^assignments +1,", podman("exec", "function", "/usr/bin/msggw", "status", "--pf"))
    podman("stop", "-t", "30", "gateway", "function")
    for name in ("gateway", "function"):
        assert podman("inspect", name, "--format", "{{.State.ExitCode}}").strip() == "0", podman("logs", name)


def main(root):
    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        made = [folder / "one.tar", folder / "other.tar"]
        for file in made:
            print(run("/usr/bin/python3", root / "etc/image.py", root, file), end="")
        assert made[0].read_bytes() == made[1].read_bytes(), "another image each time that it is made"
        layout, unpacked = folder / "layout", folder / "root"
        unpacked.mkdir()
        with tarfile.open(made[0]) as tar:
            tar.extractall(layout)
        config = unpack(layout, unpacked)
        programs = [path.relative_to(unpacked) for name in ("bin", "sbin") for path in (unpacked / "usr").glob(f"{name}/*")]
        assert programs == [pathlib.Path("usr/bin/msggw")], programs
        if subprocess.run(["unshare", "-mn", "true"], capture_output=True).returncode == 0:
            subprocess.run(["unshare", "-mn", sys.executable, __file__, root, unpacked, json.dumps(config)], check=True)
            if shutil.which("podman"):
                subprocess.run(["unshare", "-mn", sys.executable, __file__, root, "podman", folder, made[0]], check=True)
        else:
            print("not started: namespaces are not allowed here")
        if shutil.which("skopeo"):
            run("skopeo", "inspect", f"oci-archive:{made[0]}")
    return 0


if __name__ == "__main__":
    if sys.argv[2:3] == ["podman"]:
        serves_in_podman(pathlib.Path(sys.argv[1]), *map(pathlib.Path, sys.argv[3:]))
    elif len(sys.argv) > 2:
        serves(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), json.loads(sys.argv[3]))
    else:
        sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
