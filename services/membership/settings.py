"""The environment of membership."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Membership needs nothing beyond what every service reads."""
