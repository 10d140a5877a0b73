"""The console script: `collab serve`, `gateway`, `recorder`, `token`, `import`, `export`, `weights` and others."""

from __future__ import annotations

import logging

import click

from collab.cli.doctor import doctor
from collab.cli.experiment import experiment
from collab.cli.gateway import gateway
from collab.cli.keeping import export_, import_, page_, token
from collab.cli.notify import notify
from collab.cli.recording import recorder
from collab.cli.rules import rules
from collab.cli.serving import serve
from collab.cli.user import user
from collab.cli.weights import weights


@click.version_option(package_name="collab", message="%(package)s %(version)s")
@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The open cockpit of a live sales or support team."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for quiet in ("tornado.access", "bokeh", "deltalake", "websockets"):
        logging.getLogger(quiet).setLevel(logging.WARNING)


for command in (
    serve,
    gateway,
    recorder,
    token,
    import_,
    export_,
    page_,
    weights,
    experiment,
    notify,
    rules,
    doctor,
    user,
):
    main.add_command(command)
