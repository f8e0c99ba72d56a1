"""The filter of system calls that an answer runs behind: threads yes; new processes, programs, sockets, mounts no."""

import struct

ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000  # of seccomp; REFUSE carries an errno
EPERM, ENOSYS, CLONE_THREAD = 1, 38, 0x00010000
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # as seccomp names them
NUMBERS = {  # of each call: on x86-64, on AArch64, which has no `fork`
    "clone": (56, 220),
    "clone3": (435, 435),
    # new processes and programs
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    # sockets
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "socketpair": (53, 199),
    # other processes' memory and files
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    # memory and messages that no limit of the process counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # doors into the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
}
NOT_REFUSED = ("clone", "clone3")  # they start threads too, and are looked at more closely


def numbers(machine: str) -> dict[str, int]:
    """The numbers on one machine of the calls that it has."""
    at = list(MACHINES).index(machine)
    return {name: found for name, pair in NUMBERS.items() if (found := pair[at]) is not None}


def program(machine: str) -> list[bytes]:
    """The filter, one instruction each, as `seccomp` reads it. KeyError for a machine that it is not written for."""
    audit, calls = MACHINES[machine], numbers(machine)

    def load(offset: int) -> tuple[int, int, int, int]:
        return 0x20, 0, 0, offset

    def when_equal(value: int, then: int, otherwise: int = 0) -> tuple[int, int, int, int]:
        return 0x15, then, otherwise, value

    def end(with_: int) -> tuple[int, int, int, int]:
        return 0x06, 0, 0, with_

    lines = [load(4), when_equal(audit, 1), end(KILL), load(0)]
    lines += [(0x35, 0, 1, 0x40000000), end(REFUSE | EPERM)]  # the other numbering of x86-64
    # the flags of clone3 are out of reach: libc then uses clone
    lines += [when_equal(calls["clone3"], 0, 1), end(REFUSE | ENOSYS)]
    lines += [when_equal(calls["clone"], 0, 4), load(16), (0x45, 1, 0, CLONE_THREAD), end(REFUSE | EPERM), end(ALLOW)]
    for name, number in calls.items():
        if name not in NOT_REFUSED:
            lines += [when_equal(number, 0, 1), end(REFUSE | EPERM)]
    return [struct.pack("HBBI", *line) for line in [*lines, end(ALLOW)]]
