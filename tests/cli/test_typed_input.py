"""What people type at the command line: two readings are refused with both, and nothing is done."""

from pathlib import Path

import pytest

from tests.cli.conftest import PARTIES, Veritem, register_packer


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("6.500-6.999", ["6·500-999", "6500-6999"]),
        ("2.009", ["2·9", "2009"]),
        ("1.0", ["1·0", "1"]),
        ("4.999", ["4·999", "4999"]),
    ],
)
def test_a_range_with_two_readings_is_not_activated(
    place: Veritem, text: str, readings: list[str]
) -> None:
    refused = place("stamps", "activate", text, "--lot", "L1", "--as", "minh", "--json")
    assert refused.status == 1
    assert refused.refusal["error"] == "malformed-range"
    assert refused.refusal["readings"] == readings
    line = place("stamps", "activate", text, "--lot", "L1", "--as", "minh").err
    assert all(reading in line for reading in readings)
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("count", "said"),
    [("25.000", "25000 or 25"), ("1.5", "whole number"), ("99,999,999,999", "16,777,216")],
)
def test_a_count_is_refused_at_entry(place: Veritem, count: str, said: str) -> None:
    refused = place("order", "request", "O2", "--count", count, *PARTIES, "--as", "lan")
    assert refused.status in (1, 2)
    assert said in " ".join(refused.err.split())
    assert place("order", "show", "O2").status == 1


def test_a_batch_has_at_most_16777216_stamps(place: Veritem) -> None:
    count = ("--count", "16 777 216")
    assert place("order", "request", "O2", *count, *PARTIES, "--as", "lan").status == 0
    assert place("order", "approve", "O2", "--as", "minh").status == 0
    refused = place("batch", "create", "O2", "--count", "16777217", "--as", "lan")
    assert refused.status == 1
    assert "16777216" in refused.err.replace(",", "")


def test_a_report_is_read_as_excel_writes_it(place: Veritem, tmp_path: Path) -> None:
    assert place("batch", "create", "O1", "--as", "lan").status == 0
    report = tmp_path / "report.csv"
    report.write_bytes("sep=;\r\nState;Roll;;\r\nPrinted;1·0-99;;\r\n".encode("utf-16"))
    done = place("stamps", "printed", "1", "--report", str(report), "--as", "minh", "--json")
    assert done.status == 0, done.err
    assert done.json["printed"] == 100


def test_verify_takes_a_code_as_people_have_it(place: Veritem) -> None:
    assert place("batch", "create", "O1", "--as", "lan").status == 0
    bundle = place("print", "1", "--format", "csv", "--json").json
    listed = Path("print-1", bundle["parts"][0]["file"]).read_text("utf-8-sig")
    _, code, address, _ = listed.splitlines()[1].split(",")
    for text in (
        code.lower(),
        " ".join(code[at : at + 5] for at in range(0, 20, 5)),
        f"]Q1{address}\r\n",
        address.partition("://")[2] + "/?utm_source=zalo",
        f"{address})," + "x" * 300,
        "".join(chr(ord(c) + 0xFEE0) for c in code) + "\u200b",
    ):
        found = place("verify", text, "--json")
        assert found.json["results"][0].get("code") == code, text
        assert found.status == 0
    refused = place("verify", "x" * 5000)
    assert refused.status == 1
    assert "not a stamp code" in refused.out


@pytest.mark.parametrize(
    "text",
    [
        "(01)08935000000014(21)A(1)B",
        " (01) 08935000000014 (21) A(1)B\u200b\r\n",
        "]d2\x1d010893500000001421A(1)B\r\n",
        "https://veritem.vn/01/08935000000014/21/A%281%29B?utm_source=x",
        "veritem.vn/01/08935000000014/21/A(1)B",
        "]Q1HTTPS://VERITEM.VN/01/08935000000014/21/A(1)B\t",
    ],
)
def test_gs1_texts_are_read_as_scanners_and_people_give_them(veritem: Veritem, text: str) -> None:
    read = veritem("gs1", text, "--json")
    assert read.status == 0, read.err
    assert read.json["elements"] == {"01": "08935000000014", "21": "A(1)B"}


def test_a_date_that_does_not_exist_is_refused(veritem: Veritem) -> None:
    refused = veritem("gs1", "(17)260231")
    assert refused.status == 1
    assert "date that exists" in refused.err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_files_of_windows_editors_are_read(place: Veritem, encoding: str) -> None:
    settings = Path("veritem.toml")
    settings.write_bytes(settings.read_text("utf-8").replace("\n", "\r\n").encode(encoding))
    lot = Path("lot.json")
    lot.write_bytes(
        '{"code": "L9", "product": {"code": "x", "name": {"vi": "Ổi"}}}'.encode(encoding)
    )
    register_packer(place)
    assert place("lot", "put", str(lot), "--organisation", "krong-pac").status == 0
    assert "Ổi" in place("lot", "show", "L9").out
    keys = Path("keys.json")
    assert place("keys", "public", "--out", str(keys)).status == 0
    keys.write_bytes(keys.read_text("utf-8").encode(encoding))
    refused = place("verify", "0" * 20, "--offline", "--keys", str(keys))
    assert "carries no signature" in refused.out
