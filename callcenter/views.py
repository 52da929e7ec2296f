from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send agents to the console and supervisors to the admin."""
    if hasattr(request.user, "agent"):
        return redirect("console")
    return redirect("admin:index")
