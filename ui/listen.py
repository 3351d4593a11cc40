"""The server's socket: taken before anything slow is loaded, so that a port in use is told at once."""

import errno
import socket
from ipaddress import ip_address

from ui.errors import CannotListen

_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 takes a free one. CannotListen says what is in the way."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise CannotListen(f"there is no address {host!r} ({error}); use 127.0.0.1, or 0.0.0.0 for all") from error
    family, kind, protocol, _, address = found[0]
    taken = socket.socket(family, kind, protocol)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(_BACKLOG)
    except OSError as error:
        taken.close()
        raise CannotListen(_reason(host, port, error)) from error
    return taken


def address_of(taken: socket.socket) -> tuple[str, int]:
    """Host and port of a socket."""
    host, port = taken.getsockname()[:2]
    return str(host), int(port)


def url_of(taken: socket.socket) -> str:
    """The address as a person opens it."""
    host, port = address_of(taken)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def only_here(taken: socket.socket) -> bool:
    """Whether no other machine can reach it."""
    return ip_address(address_of(taken)[0]).is_loopback


def _reason(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is in use; stop the program that uses it, or choose another with --port"
        case errno.EACCES:
            return f"port {port} on {host} is not allowed ({error.strerror}); choose one above 1023 with --port"
        case errno.EADDRNOTAVAIL:
            return f"{host!r} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all"
        case _:
            return f"cannot listen on {host!r}, port {port} ({error.strerror}); choose another with --host and --port"
