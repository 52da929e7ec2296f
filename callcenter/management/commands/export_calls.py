from callcenter.exporting.commands import ExportCommand
from calls.reporting import call_export


class Command(ExportCommand):
    help = "Write the call log as a file, as the admin exports it."
    export = call_export.EXPORT
