from callcenter.exporting.commands import ExportCommand
from permissions import exports


class Command(ExportCommand):
    help = "Write the permission history as a file, as the admin exports it."
    export = exports.EXPORT
