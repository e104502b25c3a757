#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the OCI image of a release build twice: it is the same, every digest in it is right, and what it unpacks to is a
Provisioning Function that gives a Service ID, with nothing else of a system around it.  usage: image.py ROOT"""
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile


def run(*arguments, **options):
    return subprocess.run(list(map(str, arguments)), check=True, capture_output=True, text=True, **options).stdout


def blob(layout, described):
    data = (layout / "blobs/sha256" / described["digest"].removeprefix("sha256:")).read_bytes()
    assert "sha256:" + hashlib.sha256(data).hexdigest() == described["digest"] and len(data) == described["size"], described
    return data


def unpack(layout, root):
    """What of the image a container begins with; its layers are in `root`."""
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    [described] = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(layout, described))
    config = json.loads(blob(layout, manifest["config"]))
    [layer] = [gzip.decompress(blob(layout, one)) for one in manifest["layers"]]
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
    (root.parent / "layer.tar").write_bytes(layer)
    run("tar", "-xpf", root.parent / "layer.tar", "-C", root)
    return config["config"]


def serves(root, config):
    """As its user, in its root, with the /proc that a container has; on loopback."""
    [program] = config["Entrypoint"]
    (root / "proc").mkdir()
    inside = ["unshare", "-m", "bash", "-c", 'mount --bind /proc "$0/proc" && exec chroot --userspec="$1" "$0" "${@:2}"', root, config["User"], program]
    settings = [word for setting in ("pf.port=0", "pf.admin_port=0", "pf.coap.enabled=false", "log.level=\"error\"") for word in ("-s", setting)]
    with subprocess.Popen([*inside, "pf", "-c", "/etc/msggw/msggw.toml", *settings], stdout=subprocess.PIPE, text=True) as function:
        try:
            url = function.stdout.readline().split()[0]
            while function.stdout.readline().strip() != "ready":
                assert function.poll() is None, "it ended"
            told = json.loads(run(*inside, "provision", "--type", "non3gpp", "--private-id", "00-1B-63-84-45-E6", "--pf", url, "--json"))
            assert told["outcome"] == "provisioned" and told["serviceId"], told
        finally:
            function.terminate()
    assert function.returncode == 0, function.returncode


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
        if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0:
            serves(unpacked, config)
        else:
            print("not started: mount namespaces are not allowed here")
        if shutil.which("skopeo"):
            run("skopeo", "inspect", f"oci-archive:{made[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:])))
