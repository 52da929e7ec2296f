from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "callcenter.admin_site.CallCenterAdminSite"


class CallcenterConfig(AppConfig):
    name = "callcenter"
    verbose_name = "Wati"
