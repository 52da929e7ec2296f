"""A certificate of our own making for the addresses of this machine."""

import datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LASTS = datetime.timedelta(days=397)  # browsers take no longer ones
RENEWED_BEFORE = datetime.timedelta(days=7)
ADDRESSES = ("127.0.0.1", "::1")
NAMES = ("localhost",)


class Certificate:
    """Certificate and key in a folder. Who trusts the certificate file trusts us."""

    def __init__(self, folder: Path) -> None:
        self.path, self.key_path = folder / "certificate.pem", folder / "key.pem"

    def ensure(self) -> None:
        """Make it, unless there is one that holds for a while."""
        if not (self.key_path.exists() and self.path.exists()) or self._is_old():
            self._make()

    def _is_old(self) -> bool:
        found = x509.load_pem_x509_certificate(self.path.read_bytes())
        now = datetime.datetime.now(datetime.UTC)
        return found.not_valid_after_utc - now < RENEWED_BEFORE

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        self.key_path.touch(mode=0o600)
        self.key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        made = _describe(key).sign(key, hashes.SHA256())
        self.path.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _describe(key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "callcenter stack")])
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in NAMES]
    names += [x509.IPAddress(ip_address(each)) for each in ADDRESSES]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
