import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.studio.media.fetch_policy import (
    DEFAULT_POLICY,
    FetchPolicy,
    address_problem,
    check_url,
    host_allowed,
)

POLICY = FetchPolicy(hosts=("example.org", ".cdn.example.org"), media_hosts=("media.example.net",))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.mp3",
        "http://EXAMPLE.org:80/a.mp3",
        "https://example.org./a.mp3",
        "https://a.cdn.example.org/x?y=z",
        "https://a.b.cdn.example.org",
    ],
)
def test_hosts_on_the_list_are_allowed(url: str) -> None:
    assert str(check_url(url, POLICY)).startswith("http")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "invalid-url"),
        ("example.org/a.mp3", "invalid-url"),
        ("//example.org/a.mp3", "invalid-url"),
        ("file:///etc/passwd", "invalid-url"),
        ("ftp://example.org/a", "invalid-url"),
        ("gopher://example.org/a", "invalid-url"),
        ("data:audio/wav;base64,AAAA", "invalid-url"),
        ("javascript:alert(1)", "invalid-url"),
        ("https:///a.mp3", "invalid-url"),
        ("https://exa mple.org/", "invalid-url"),
        ("https://example.org/\r\nHost: x", "invalid-url"),
        ("https://example.org\\@evil.test/", "invalid-url"),
        ("https://example.org/" + "a" * 3000, "invalid-url"),
        ("https://me:pw@example.org/", "credentials-in-url"),
        ("https://example.org@evil.test/", "credentials-in-url"),
        ("https://evil.test/#example.org", "host-not-allowed"),
        ("https://example.org.evil.test/", "host-not-allowed"),
        ("https://notexample.org/", "host-not-allowed"),
        ("https://cdn.example.org/", "host-not-allowed"),
        ("https://evilcdn.example.org/", "host-not-allowed"),
        ("https://media.example.net/", "host-not-allowed"),
        ("https://127.0.0.1/", "host-not-allowed"),
        ("https://2130706433/", "host-not-allowed"),
        ("https://[::1]/", "host-not-allowed"),
        ("https://example.org:22/", "port-not-allowed"),
        ("https://example.org:99999/", "invalid-url"),
    ],
)
def test_other_urls_are_refused_with_a_code(url: str, code: str) -> None:
    with raises(code):
        check_url(url, POLICY)


def test_an_ascii_url_stays_unchanged() -> None:
    signed = "https://example.org/a%2fb?sig=%2F+c&x&y=~"
    assert str(check_url(signed + "#fragment", POLICY)) == signed
    assert check_url("https://example.org/tön", POLICY).raw_path == "/t%C3%B6n"
    with raises("host-not-allowed"):
        check_url("https://ехample.org/", POLICY)  # the first two letters are Cyrillic


def test_content_servers_are_allowed_in_redirects_only() -> None:
    assert check_url("https://media.example.net/a", POLICY, led_to=True).host == "media.example.net"
    with raises("host-not-allowed"):
        check_url("https://evil.test/", POLICY, led_to=True)


def test_the_default_allows_the_two_sites_and_no_similar_names() -> None:
    for url in (
        "https://www.youtube.com/watch?v=x",
        "https://b23.tv/KPi36Ce",
        "https://www.bilibili.com/video/BV1",
    ):
        check_url(url, DEFAULT_POLICY)
    assert host_allowed("rr1---sn-abc.googlevideo.com", DEFAULT_POLICY, led_to=True)
    assert not host_allowed("googlevideo.com.evil.test", DEFAULT_POLICY, led_to=True)
    assert not DEFAULT_POLICY.allow_loopback


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
        ),
        *(
            "169.254.169.254",
            "100.64.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
        ),
        *(
            "fec0::1",
            "feff::1",
            "192.88.99.0",
            "192.88.99.1",
            "192.88.99.255",
            "64:ff9b:1::808:808",
            "::ffff:192.88.99.1",
        ),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2002:a00:1::",
        ),
        *("", "localhost", "1.2.3", "0x7f000001", "2130706433"),
    ],
)
def test_no_address_within_a_network_may_be_connected_to(address: str) -> None:
    assert address_problem(address, POLICY) is not None


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "192.88.98.1",
        "192.88.100.1",
        "2606:4700::1111",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ],
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert address_problem(address, POLICY) is None


def test_the_permission_for_tests_covers_loopback_alone() -> None:
    testing = FetchPolicy(hosts=(), allow_loopback=True)
    assert address_problem("127.0.0.1", testing) is None
    assert address_problem("::1", testing) is None
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:192.168.0.1", "0.0.0.0"):
        assert address_problem(address, testing) is not None


@settings(deadline=None)
@given(st.ip_addresses())
def test_allowed_addresses_are_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address_problem(str(address), POLICY) is None:
        assert address.is_global or address in ipaddress.ip_network("64:ff9b::/96") or address.version == 6
        assert not (address.is_private and address.version == 4)
        assert not address.is_loopback
