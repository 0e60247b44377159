"""The environment of a service as frozen values; secrets stand in files, never in variables."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.database import DatabaseAddress
from shared.messaging import NatsAddress


class DatabaseSettings(BaseSettings):
    """Where a service's database is: TANDEM_DATABASE_HOST and so on."""

    model_config = SettingsConfigDict(env_prefix="TANDEM_", frozen=True, extra="ignore")

    database_host: str
    database_port: int = 5432
    database_name: str
    database_user: str
    database_password_file: Path

    @property
    def database(self) -> DatabaseAddress:
        """The database, entered as the user the environment names."""
        return DatabaseAddress(
            host=self.database_host,
            port=self.database_port,
            name=self.database_name,
            user=self.database_user,
            password_file=self.database_password_file,
        )


class EdgeSettings(BaseSettings):
    """What every process of ours reads, an edge that owns no database too: broker, door, tokens.

    `trusted_proxies` are the addresses, separated by commas, whose word on who asks and whether by
    https is believed; none unless somebody names them. `allowed_hosts` are the names by which
    others reach the service, separated by commas (hosts.py). In a private network of containers,
    and only there, `trusted_network` allows gRPC without encryption beyond this machine.
    """

    model_config = SettingsConfigDict(env_prefix="TANDEM_", frozen=True, extra="ignore")

    nats_url: str = "nats://127.0.0.1:4222"
    nats_seed_file: Path
    http_listen: str
    trusted_proxies: str = ""
    allowed_hosts: str = ""
    trusted_network: bool = False
    tokens_file: Path
    token_file: Path

    def nats(self, name: str) -> NatsAddress:
        """Where the broker is, for the service of this name."""
        return NatsAddress(url=self.nats_url, name=name, seed_file=self.nats_seed_file)


class ServiceSettings(DatabaseSettings, EdgeSettings):
    """What every service with a database and gRPC reads."""

    grpc_listen: str
