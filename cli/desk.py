"""`veritem desk`: the staff service of print houses, packers, inspectors and authorities."""

from cli.context import ConfigFile
from cli.kept_secret import kept_secret
from cli.keys import key_store, passphrases
from cli.output import asides, json_logs
from cli.settings import read_settings
from desk.serve import serve


def desk(file: ConfigFile = None) -> None:
    """Serve the desk: orders, bundles, activation, lots, alerts. Accounts: `veritem staff add`."""
    settings = read_settings(file)
    json_logs()
    store, secrets = key_store(settings), passphrases(settings)

    def ready(url: str) -> None:
        asides.print(f"[green]Desk[/] {url}", highlight=False)

    serve(
        settings.desk,
        keys=store.open_ring(secrets.opening),
        signer=store.open_signer(secrets.signing),
        secret=kept_secret(settings.keys.directory / "desk.secret"),
        stamp_host=settings.printing.host,
        stamp_scheme=settings.printing.scheme,
        ready=ready,
    )
