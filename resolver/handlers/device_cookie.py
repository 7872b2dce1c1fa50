"""The cookie that names a device to this service; its value is random, and nobody else gets it."""

from resolver.http.negotiation import cookie_of
from resolver.http.request import Request
from resolver.privacy.pseudonyms import COOKIE, generate_device_name, parse_device_cookie
from resolver.settings import ResolverSettings


class DeviceCookie:
    """Reads and sets the cookie of scans and claims."""

    def __init__(self, settings: ResolverSettings) -> None:
        secure = "; Secure" if settings.public_url.startswith("https:") else ""
        age = settings.device_cookie_days * 86_400
        # RFC 6265, 4.1.
        self._attributes = f"; Path=/v1; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"

    def identify(self, request: Request) -> tuple[str, dict[str, str]]:
        """The device's name, and the headers that give a new device its cookie."""
        device = parse_device_cookie(cookie_of(request, COOKIE))
        if device is not None:
            return device, {}
        device = generate_device_name()
        return device, {"Set-Cookie": f"{COOKIE}={device}{self._attributes}"}
