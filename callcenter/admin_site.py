from django.contrib.admin import AdminSite


class CallCenterAdminSite(AdminSite):
    site_header = "Call center"
    site_title = "Call center"
    index_title = "Overview"
