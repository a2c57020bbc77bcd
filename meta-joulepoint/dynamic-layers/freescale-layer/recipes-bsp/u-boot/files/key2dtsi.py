"""key2dtsi.py CERTIFICATE NAME: prints the device tree source of an RSA public key as U-Boot reads it.

Every configuration of a FIT must be signed by this key. The numbers are those that U-Boot's verifier
wants beside the modulus: -1/n modulo 2^32 of its lowest word, and the square of R for Montgomery's form.
"""

import subprocess
import sys


def words(value, count):
    """A number as big-endian 32-bit cells."""
    return " ".join(f"0x{(value >> (32 * i)) & 0xFFFFFFFF:08x}" for i in reversed(range(count)))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    certificate, name = sys.argv[1:]
    command = ["openssl", "x509", "-noout", "-modulus", "-in", certificate]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    modulus = int(printed.strip().removeprefix("Modulus="), 16)
    bits = modulus.bit_length()
    exponent = 65537
    inverse = (-pow(modulus, -1, 1 << 32)) % (1 << 32)
    square = pow(1 << bits, 2, modulus)
    print(f"""/ {{
	signature {{
		key-{name} {{
			required = "conf";
			algo = "sha256,rsa{bits}";
			key-name-hint = "{name}";
			rsa,num-bits = <{bits}>;
			rsa,modulus = <{words(modulus, bits // 32)}>;
			rsa,exponent = <{words(exponent, 2)}>;
			rsa,r-squared = <{words(square, bits // 32)}>;
			rsa,n0-inverse = <0x{inverse:08x}>;
		}};
	}};
}};""")


if __name__ == "__main__":
    main()
