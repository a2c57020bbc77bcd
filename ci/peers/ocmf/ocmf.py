"""A verifier of OCMF records that shares nothing with ours: Python's json, and `cryptography` (OpenSSL) for the curves.

    python ocmf.py RECORD-FILE KEY-HEX      # prints the payload, exit code 0 if the key has signed it
"""

import base64
import json
import sys
from dataclasses import dataclass
from decimal import Decimal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

CURVES = {
    "ECDSA-secp192r1-SHA256": "secp192r1",
    "ECDSA-secp192k1-SHA256": "secp192k1",
    "ECDSA-secp256r1-SHA256": "secp256r1",
    "ECDSA-secp256k1-SHA256": "secp256k1",
    "ECDSA-secp384r1-SHA256": "secp384r1",
    "ECDSA-brainpool256r1-SHA256": "brainpoolP256r1",
    "ECDSA-brainpoolP256r1-SHA256": "brainpoolP256r1",
}


class Unreadable(Exception):
    """The record or the key is of a kind that this verifier does not know."""


@dataclass
class Record:
    signed: bytes
    payload: dict
    signature: dict


def parse(text):
    """The payload's exact bytes, and what both sections say."""
    if not text.startswith("OCMF|"):
        raise Unreadable("no header")
    decoder = json.JSONDecoder(parse_float=Decimal)
    rest = text[len("OCMF|") :]
    payload, end = decoder.raw_decode(rest)
    if not rest[end:].startswith("|"):
        raise Unreadable("no signature")
    signature, _ = decoder.raw_decode(rest[end + 1 :].lstrip())
    return Record(rest[:end].encode(), payload, signature)


def unpacked(text):
    """Hexadecimal, or else base64."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return base64.b64decode(text)


def verify(text, key):
    """Whether the key (a DER SubjectPublicKeyInfo in hexadecimal or base64) has signed the record."""
    record = parse(text)
    algorithm = record.signature.get("SA", "ECDSA-secp256r1-SHA256")
    try:
        key = load_der_public_key(unpacked(key))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreadable(str(error)) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != CURVES.get(algorithm):
        raise Unreadable(f"the key is not of {algorithm}")
    try:
        key.verify(unpacked(record.signature["SD"]), record.signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise Unreadable(str(error)) from error
    return True


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        content = file.read().strip()
    print(json.dumps(parse(content).payload, indent=1, default=str))
    sys.exit(0 if verify(content, sys.argv[2]) else 1)
