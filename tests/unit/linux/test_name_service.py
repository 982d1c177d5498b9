"""Name servers and leases are read from the files the system keeps."""

from ipaddress import ip_address
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from argus.linux.name_service import (
    MAX_ENTRIES,
    NameService,
    SimulatedNameService,
    SystemNameService,
    parse_resolv_conf,
)


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def test_the_resolvers_own_file_comes_before_its_stub(tmp_path: Path) -> None:
    write(tmp_path, "etc/resolv.conf", "nameserver 127.0.0.53\n")
    write(tmp_path, "run/systemd/resolve/resolv.conf", "# by resolved\nnameserver 192.0.2.1\nsearch pier.example .\n")
    write(tmp_path, "run/systemd/netif/leases/2", "ADDRESS=192.0.2.7\nDNS=192.0.2.1 192.0.2.2\n")
    assert await SystemNameService(tmp_path).read() == NameService(
        servers=(ip_address("192.0.2.1"),), search_domains=("pier.example",), from_dhcp=True, leased=frozenset({2})
    )


async def test_servers_no_lease_named_are_manual(tmp_path: Path) -> None:
    write(tmp_path, "etc/resolv.conf", "nameserver 2001:db8::1\nnameserver 192.0.2.9\n")
    write(tmp_path, "run/systemd/netif/leases/3", "DNS=192.0.2.1\n")
    found = await SystemNameService(tmp_path).read()
    assert [str(server) for server in found.servers] == ["2001:db8::1", "192.0.2.9"]
    assert (found.from_dhcp, found.leased) == (False, frozenset({3}))


async def test_a_system_without_any_of_these_files_has_no_name_service(tmp_path: Path) -> None:
    assert await SystemNameService(tmp_path).read() == await SimulatedNameService().read() == NameService()


def test_the_last_search_line_counts_and_nonsense_is_skipped() -> None:
    text = "search a b\ndomain c\nnameserver\nnameserver x\nnameserver 192.0.2.1 trailing\n\n; comment\n"
    assert parse_resolv_conf(text) == ((ip_address("192.0.2.1"),), ("c",))


@given(st.text(max_size=500))
def test_any_text_is_read_without_an_error(text: str) -> None:
    servers, domains = parse_resolv_conf(f"nameserver {text}\nsearch {text}")
    assert max(len(servers), len(domains)) <= MAX_ENTRIES
