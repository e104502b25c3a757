# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: processes that say `ready`, their CPU time and memory, the fleet, medians."""

import copy
import importlib.machinery
import importlib.util
import json
import os
import select
import signal
import socket
import statistics
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
READY_WITHIN = 120


class BenchError(Exception):
    """The benchmark cannot go on; the text is for its user."""


def free_ports(kind, count):
    """`count` different loopback ports that nobody has at this moment; kind is socket.SOCK_STREAM or SOCK_DGRAM."""
    held = []
    for _ in range(count):
        held.append(socket.socket(socket.AF_INET, kind))
        held[-1].bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def without_source_limits(program):
    """The section of a gateway's configuration that lets one source show any number of new devices; empty for a
    program that has no such limits."""
    known = subprocess.run([program, "check", "--defaults"], capture_output=True, text=True).stdout
    names = [f"first_contacts_per_{source}" for source in ("address", "broker", "smsc")]
    lines = [f"{name} = 0\n" for name in names if name in known]
    return "".join(["[limits]\n", *lines]) if lines else ""


def scenario(name):
    """The benchmark `name` of this folder as a module; its name has no ending."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    loader = importlib.machinery.SourceFileLoader(f"bench_{name}", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class Process:
    """A program that prints `ready` (or, with `port`, can be connected to). Its errors go to a file."""

    def __init__(self, name, command, log, port=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.log = log
        started = time.monotonic()
        self.errors = open(log, "ab")
        self.child = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=self.errors)
        if port is None:
            self._wait_for_line()
        else:
            self._wait_for_port(port)
        self.seconds_to_ready = time.monotonic() - started

    def _fail(self, what):
        self.child.kill()
        self.child.wait()
        with open(self.log, errors="replace") as log:
            tail = "".join(log.readlines()[-5:])
        raise BenchError(f"{self.name} {what}\n{tail}")

    def _wait_for_line(self):
        end = time.monotonic() + READY_WITHIN
        seen = b""
        while b"ready\n" not in seen:
            if not select.select([self.child.stdout], [], [], max(0, end - time.monotonic()))[0]:
                self._fail(f"did not print `ready` within {READY_WITHIN} s")
            octets = os.read(self.child.stdout.fileno(), 4096)
            if not octets:
                self._fail("ended before it was ready")
            seen += octets

    def _wait_for_port(self, port):
        end = time.monotonic() + READY_WITHIN
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self.child.poll() is not None or time.monotonic() > end:
                self._fail("does not accept connections")
            time.sleep(0.01)

    def cpu(self):
        """Seconds of user and system time so far, of all threads that there are; exact, where the kernel keeps schedstat,
        and not by whose turn it was at each tick."""
        try:
            nanoseconds = 0
            for thread in os.listdir(f"/proc/{self.child.pid}/task"):
                with open(f"/proc/{self.child.pid}/task/{thread}/schedstat") as schedstat:
                    nanoseconds += int(schedstat.read().split()[0])
            return nanoseconds / 1e9
        except FileNotFoundError:
            with open(f"/proc/{self.child.pid}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """(RSS, the anonymous part of it) in octets. The rest are pages of mapped files, which the system may drop."""
        values = {}
        with open(f"/proc/{self.child.pid}/status") as status:
            for line in status:
                if line.startswith(("VmRSS", "RssAnon")):
                    name, kilo = line.split()[:2]
                    values[name.rstrip(":")] = int(kilo) * 1024
        return values["VmRSS"], values["RssAnon"]

    def running(self):
        return self.child.poll() is None

    def stop(self):
        """Ends it as an operator would; gives what it printed since `ready`."""
        if not self.running():
            self._fail(f"ended by itself with status {self.child.returncode}")
        self.child.send_signal(signal.SIGTERM)
        try:
            rest, _ = self.child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self._fail("does not stop on SIGTERM")
        self.errors.close()
        return rest.decode(errors="replace")

    def kill(self):
        if self.running():
            self.child.kill()
            self.child.wait()


class Figures:
    """One run of the fleet and what it cost the processes that were watched."""

    def __init__(self, report, cpu_us):
        self.rate = report["rate"]
        self.p50 = report["latencyMs"]["p50"]
        self.p99 = report["latencyMs"]["p99"]
        self.fleet_us = report["cpuUsPerRequest"]
        self.repeats = report["retransmissions"]
        self.cpu_us = cpu_us  # by process name


def fleet(build, options, watched):
    """Runs msggw-sim fleet; every device must be registered. `watched`: processes whose CPU time is taken."""
    before = {p.name: p.cpu() for p in watched}
    command = [os.path.join(build, "bin/msggw-sim"), "fleet", "--json", "--quiet"]
    run = subprocess.run(command + [str(o) for o in options], capture_output=True, text=True)
    for process in watched:
        if not process.running():
            process.stop()  # says how it ended
    if run.returncode != 0:
        raise BenchError(f"fleet {' '.join(map(str, options))}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    report = json.loads(run.stdout)
    cpu = {p.name: (p.cpu() - before[p.name]) * 1e6 / report["requests"] for p in watched}
    return Figures(report, cpu)


def merged(figures):
    """Many short runs of equal size as one: medians of the rates and latencies, the mean of the CPU times, of which
    each alone is only a few clock ticks."""
    one = copy.copy(figures[0])
    for name in ("rate", "p50", "p99", "fleet_us"):
        setattr(one, name, statistics.median(getattr(f, name) for f in figures))
    one.repeats = sum(f.repeats for f in figures)
    one.cpu_us = {name: statistics.mean(f.cpu_us[name] for f in figures) for name in one.cpu_us}
    return one


def median(figures, name):
    """The median of attribute `name`, or of the CPU time of the process of that name."""
    values = [f.cpu_us[name] if name in f.cpu_us else getattr(f, name) for f in figures]
    return statistics.median(values)


def spread(figures, name):
    values = sorted(getattr(f, name) for f in figures)
    return values[0], values[-1]


def machine_line(folder):
    model = "unknown CPU"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as info:
        memory = int(info.readline().split()[1]) / 2**20
    load = os.getloadavg()[0]
    return (f"{len(os.sched_getaffinity(0))} x {model}, {memory:.0f} GiB, Linux {os.uname().release}, "
            f"store on {filesystem_of(folder)}, load average at start {load:.1f}")


def filesystem_of(folder):
    return subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True).stdout.strip()
