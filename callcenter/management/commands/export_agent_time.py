from agents import exports
from callcenter.exporting.commands import ExportCommand


class Command(ExportCommand):
    help = "Write the agents' time as a file, as the admin exports it."
    export = exports.EXPORT
