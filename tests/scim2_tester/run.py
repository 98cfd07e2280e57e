"""Runs one of two public conformance suites against a running server.

    SCIM_BASE=http://.../scim/v2 SCIM_TOKEN=... python run.py scim2-tester|scim-sanity

Prints a JSON array of checks: suite, name, status (SUCCESS, SKIPPED or anything else), reason.
"""

import json
import os
import sys

BASE = os.environ["SCIM_BASE"]
TOKEN = os.environ["SCIM_TOKEN"]


def scim2_tester():
    from httpx2 import Client
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_tester import check_server

    headers = {"Authorization": f"Bearer {TOKEN}"}
    with Client(base_url=BASE, headers=headers, timeout=30) as http:
        results = check_server(SyncSCIMClient(http))
    for result in results:
        kind = f"{result.resource_type} " if result.resource_type else ""
        data = "" if result.status.name == "SUCCESS" or result.data is None else f" [{result.data}]"
        yield {
            "name": f"{kind}{result.title}",
            "status": result.status.name,
            "reason": f"{result.reason or ''}{data}",
        }


def scim_sanity():
    from scim_sanity.probe.runner import run_probe_api

    report = run_probe_api(BASE, token=TOKEN, strict=True)
    words = {"pass": "SUCCESS", "skip": "SKIPPED"}
    for result in report["results"]:
        status = result["status"].lower()
        yield {
            "name": f"{result['phase']}: {result.get('test') or result.get('name')}",
            "status": words.get(status, status.upper()),
            "reason": result.get("message") or "",
        }


if __name__ == "__main__":
    suite = {"scim2-tester": scim2_tester, "scim-sanity": scim_sanity}[sys.argv[1]]
    print(json.dumps([{"suite": sys.argv[1], **check} for check in suite()]))
