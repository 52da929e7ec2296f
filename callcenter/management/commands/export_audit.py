from callcenter.exporting import audit_export
from callcenter.exporting.commands import ExportCommand


class Command(ExportCommand):
    help = "Write the audit log as a file, as the admin exports it."
    export = audit_export.EXPORT
