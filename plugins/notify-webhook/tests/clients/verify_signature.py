"""Verifies signatures as the plugin's README tells receivers to, and prints how many are good."""

import hashlib
import hmac
import json
import sys

given = json.load(sys.stdin)
key = given["key"].encode()


def is_good(request):
    parts = dict(part.split("=", 1) for part in request["signature"].split(","))
    signed = parts["t"].encode() + b"." + request["body"].encode()
    return hmac.compare_digest(hmac.new(key, signed, hashlib.sha256).hexdigest(), parts["v1"])


good = sum(is_good(request) for request in given["requests"])
print(f"{good} of {len(given['requests'])}")
