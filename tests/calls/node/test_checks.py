from ipaddress import ip_network

from calls.node.checks import check_allowed_networks


def test_allowed_networks_are_named_at_every_start(settings):
    settings.MEDIA_ALLOWED_NETWORKS = (ip_network("10.20.0.0/16"),)
    [warning] = check_allowed_networks()
    assert "10.20.0.0/16" in warning.msg
    assert warning.id == "calls.W001"


def test_nothing_is_said_where_nothing_is_allowed(settings):
    settings.MEDIA_ALLOWED_NETWORKS = ()
    assert list(check_allowed_networks()) == []
