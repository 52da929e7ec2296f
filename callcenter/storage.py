from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Hashed names, also inside the `import` lines of ES modules.

    Django rewrites an import only when it ends with a semicolon, and never touches
    addModule() or new Worker(): templates hand those addresses over.
    """

    support_js_module_import_aggregation = True
