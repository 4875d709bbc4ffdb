"""A page of metrics as Prometheus' own client library reads it, in both formats, as one line of JSON:

    metrics.py URL

{"prometheus": {NAME: {"kind": KIND, "samples": [[NAME, {LABEL: VALUE}, NUMBER], ...]}}, "openmetrics": the same}
"""

import json
import sys
import urllib.request

from prometheus_client import parser
from prometheus_client.openmetrics import parser as open_parser

ANSWER_SECONDS_MAX = 20


def page(url, accept):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX) as answer:
        return answer.read().decode()


def told(families):
    return {
        family.name: {
            "kind": family.type,
            "help": family.documentation,
            "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
        }
        for family in families
    }


def main():
    url = sys.argv[1]
    prometheus = page(url, "text/plain;version=0.0.4")
    openmetrics = page(url, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    print(
        json.dumps(
            {
                "prometheus": told(parser.text_string_to_metric_families(prometheus)),
                "openmetrics": told(open_parser.text_string_to_metric_families(openmetrics)),
            }
        )
    )


main()
