"""The filter of system calls, run here as the kernel runs it, and its numbers against the kernel's own tables."""

import platform
import re
import struct
from pathlib import Path

import pytest

from coursekit.grading.inside.calls import (
    ALLOW,
    CLONE_THREAD,
    ENOSYS,
    EPERM,
    KILL,
    MACHINES,
    NOT_REFUSED,
    NUMBERS,
    REFUSE,
    numbers,
    program,
)

HEADERS = {"x86_64": "asm/unistd_64.h", "aarch64": "asm-generic/unistd.h"}
COMMON = {"x86_64": {"read": 0, "write": 1, "mmap": 9, "futex": 202}, "aarch64": {"read": 63, "write": 64, "futex": 98}}


def judged(lines: list[bytes], audit: int, number: int, flags: int = 0) -> int:
    """What a filter says of one call, on a machine of this kind."""
    data, value, at = struct.pack("IIQQ", number, audit, 0, flags), 0, 0  # number, kind, address, first argument
    while True:
        code, then, otherwise, operand = struct.unpack("HBBI", lines[at])
        at += 1
        if code == 0x06:
            return operand
        if code == 0x20:
            (value,) = struct.unpack_from("I", data, operand)
        else:
            yes = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
            at += then if yes else otherwise


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_table_is_refused_and_ordinary_ones_are_not(machine):
    lines, audit = program(machine), MACHINES[machine]
    for name, number in numbers(machine).items():
        if name not in NOT_REFUSED:
            assert judged(lines, audit, number) == REFUSE | EPERM, name
    assert {judged(lines, audit, number) for number in COMMON[machine].values()} == {ALLOW}
    clone = numbers(machine)["clone"]
    assert judged(lines, audit, numbers(machine)["clone3"]) == REFUSE | ENOSYS
    assert [judged(lines, audit, clone, flags) for flags in (CLONE_THREAD, 0)] == [ALLOW, REFUSE | EPERM]


@pytest.mark.parametrize("machine", MACHINES)
def test_another_machine_s_numbers_end_the_process(machine):
    lines = program(machine)
    for other in {0x40000003, *MACHINES.values()} - {MACHINES[machine]}:
        assert judged(lines, other, 0) == KILL
    assert judged(lines, MACHINES[machine], 0x40000000) == REFUSE | EPERM
    with pytest.raises(KeyError):
        program("vax")


def test_a_call_that_is_taken_out_gets_through(monkeypatch):
    monkeypatch.delitem(NUMBERS, "socket")
    assert judged(program("x86_64"), MACHINES["x86_64"], 41) == ALLOW


def test_no_number_stands_for_two_calls():
    for machine in MACHINES:
        found = numbers(machine)
        assert len(set(found.values())) == len(found)
    assert set(numbers("x86_64")) - set(numbers("aarch64")) == {"fork", "vfork"}


@pytest.mark.parametrize("machine", HEADERS)
def test_the_kernel_s_tables_say_the_same(machine):
    """Where the kernel's headers are installed: Debian's linux-libc-dev, which comes with every C compiler."""
    found = sorted(Path("/usr/include").glob(f"{platform.machine()}-linux-gnu/{HEADERS[machine]}"))
    found += sorted(Path("/usr/include").glob(HEADERS[machine]))
    if not found:
        pytest.skip(f"{HEADERS[machine]} is not installed")
    told = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", found[0].read_text()))
    assert {name: int(told.get(name, -1)) for name in numbers(machine)} == numbers(machine)
