# SPDX-FileCopyrightText: the trivium authors
# SPDX-License-Identifier: BSL-1.0
"""What a round trip and a kilobyte cost in instructions, the kernel's included, where there are no processor counters: the
benchmark in an emulated machine whose clock goes on by a nanosecond with each instruction (QEMU's -icount shift=0), so that
its times are counts.

    emulated.py <the program trivium-bench>

KERNEL names the kernel to boot; else one of /boot is taken, or Debian's is fetched. Where something is missing it says what,
and ends with 77.
"""

import glob
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

# scenario, metric, arm, against, and what it is promised to cost at most of that
PROMISES = (
    ("ping_pong", "p50", "asio.write.stream", "asio.write", 1.02),
    ("ping_pong", "cpu_per_trip", "asio.write.stream", "asio.write", 1.02),
    ("bulk", "cpu_per_kib", "asio.write.stream", "asio.write", 1.02),
)
# The same of what is promised of times: to be seen, since the caches are not in it.
BESIDE = (
    ("ping_pong", "cpu_per_trip", "blocking", "posix"),
    ("ping_pong", "cpu_per_trip", "nonblocking", "posix"),
    ("ping_pong", "cpu_per_trip", "async", "asio.async_write"),
    ("ping_pong", "cpu_per_trip", "async.inline", "asio.async_write"),
    ("bulk", "cpu_per_kib", "blocking", "asio.write"),
    ("bulk", "cpu_per_kib", "async", "asio.async_write"),
)
SCENARIOS = sorted({each[0] for each in PROMISES + BESIDE})
ARMS = sorted({arm for each in PROMISES + BESIDE for arm in each[2:4]} - {"posix"})
INIT = """#!/bin/busybox sh
for each in proc sysfs devtmpfs tmpfs; do
  at=/$(echo $each | /bin/busybox sed 's/fs$//; s/devtmp/dev/')
  /bin/busybox mkdir -p $at
  /bin/busybox mount -t $each $each $at
done
/bin/busybox ip link set lo up
for scenario in {scenarios}; do
  /bin/trivium-bench run --scenario $scenario --arms {arms} --placement shared --rounds 6 --window 50 \\
    --json /tmp/$scenario.json >/tmp/said 2>&1 || /bin/busybox cat /tmp/said
  echo "BEGIN $scenario"
  /bin/busybox cat /tmp/$scenario.json
  echo "END $scenario"
done
/bin/busybox poweroff -f
"""


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def a_kernel(folder):
    if os.environ.get("KERNEL"):
        return os.environ["KERNEL"]
    found = sorted(glob.glob("/boot/vmlinuz-*"), key=os.path.getmtime)
    if not found and shutil.which("apt-get"):
        which = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"], capture_output=True, text=True).stdout
        package = re.search(r"Depends: (\S+)", which)
        if package and subprocess.run(["apt-get", "download", package[1]], cwd=folder, capture_output=True).returncode == 0:
            for each in folder.glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", each, folder / "kernel"], check=True)
            found = sorted(glob.glob(f"{folder}/kernel/boot/vmlinuz-*"))
    return found[-1] if found else skip("there is no kernel to boot; KERNEL=<vmlinuz> names one")


def an_image(program, folder):
    """What the machine boots into: the program and what it loads, and busybox."""
    root = folder / "root"
    (root / "bin").mkdir(parents=True)
    programs = (program, program.parent / "libtrivium-bench-count.so", shutil.which("busybox"))
    for each in programs:
        shutil.copy(each, root / "bin")
    loaded = subprocess.run(["ldd", *programs], capture_output=True, text=True).stdout  # of a static one it fails
    for library in set(re.findall(r"(/[^ :]+) \(0x", loaded)):
        to = root / library[1:]
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, to)
    (root / "init").write_text(INIT.replace("{scenarios}", " ".join(SCENARIOS)).replace("{arms}", ",".join(ARMS)))
    (root / "init").chmod(0o755)
    image = folder / "image"
    names = "\n".join(str(each.relative_to(root)) for each in sorted(root.rglob("*")))
    image.write_bytes(subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=root, input=names.encode(),
                                     capture_output=True, check=True).stdout)
    return image


def run(kernel, image):
    command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "1024",
               "-icount", "shift=0,sleep=off", "-kernel", kernel, "-initrd", image, "-nographic", "-no-reboot",
               "-append", "console=ttyS0 quiet panic=-1"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1100).stdout
    results = {}
    for scenario in SCENARIOS:
        found = re.search(rf"BEGIN {scenario}\s(.*)END {scenario}", said, re.DOTALL)
        if not found or not found[1].strip():
            sys.exit(f"the machine ended without a result of {scenario}; it said\n{said[-4000:]}")
        arms = json.loads(found[1])["cells"][0]["arms"]
        results[scenario] = {arm["arm"]: {name: of["median"] for name, of in arm["metrics"].items()} for arm in arms}
    return results


def main():
    if platform.machine() != "x86_64":
        skip("it boots a machine of x86_64 only")
    for tool in ("qemu-system-x86_64", "busybox", "cpio", "ldd"):
        if not shutil.which(tool):
            skip(f"there is no {tool} here (apt-get install qemu-system-x86 busybox-static cpio)")
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        results = run(a_kernel(folder), an_image(pathlib.Path(sys.argv[1]).resolve(), folder))
    for scenario, metric, arm, against, *most in PROMISES + BESIDE:
        one, other = results[scenario][arm][metric], results[scenario][against][metric]
        missed = bool(most) and one / other > most[0]
        failed |= missed
        print(f"{scenario:<10} {metric:<13} {arm:<18} : {against:<17} {one:8.2f} : {other:8.2f} = {one / other:.4f}" +
              (f", at most {most[0]}" if most else "") + (": MISSED" if missed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
