# SPDX-License-Identifier: Apache-2.0
"""Prometheus, and what is given to it: the alert rules, the dashboard."""
import json
import pathlib
import re
import subprocess
import urllib.parse
import urllib.request

import yaml

from harness import PATIENCE, free_port, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "etc" / "prometheus" / "alerts.yml"
RULE_TESTS = RULES.with_name("alerts_test.yml")
DASHBOARD = ROOT / "etc" / "grafana" / "msggw.json"


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions():
    """(where it stands, what Grafana or Prometheus asks, the variables of a dashboard filled in)"""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$instance", ".*").replace("$__rate_interval", "30s")


def names_in(expression):
    """Of metrics; a histogram goes by its own."""
    words = re.findall(r"\b(?:msggw|process)_\w+", re.sub(r'"[^"]*"', "", expression))
    return {re.sub(r"_bucket$", "", word) for word in words}


def families(text):
    """{name: type} of an exposition."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def promtool(*arguments, stdin=None):
    """What it says, if it finds nothing wrong."""
    done = subprocess.run(["promtool", *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


class Prometheus:
    """Scrapes each second. `jobs` is {job: HOST:PORT}."""

    def __init__(self, case, jobs):
        folder = case.folder / "prometheus"
        folder.mkdir()
        config = folder / "prometheus.yml"
        config.write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in jobs.items()]}))
        self.url = f"http://127.0.0.1:{free_port()}"
        case.start(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", "--log.level=warn",
                    f"--web.listen-address={self.url.removeprefix('http://')}"], ready=False)
        wait_for(self._is_ready, "Prometheus")

    def _is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, path, **query):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=PATIENCE) as answer:
            body = json.loads(answer.read())
        assert body["status"] == "success" and "warnings" not in body, body
        return body["data"]

    def query(self, expression):
        return self.get("query", query=expression)["result"]
