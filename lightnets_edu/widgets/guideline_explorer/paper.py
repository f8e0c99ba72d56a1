"""What the ShuffleNet V2 paper measured of its first two guidelines: Ma et al. 2018, Tables 1 and 2."""

Table = list[tuple[str, tuple[int, ...], dict[str, tuple[float, ...]]]]

SIZE = 56    # of the maps that its layers read

# Batches a second on a GTX 1080 Ti and images a second on a Snapdragon 810. Each row: the ratio or the groups, then the
# speed for layers that do as much work as one of so many channels in and out.
TABLES: list[Table] = [
    [
        ("GPU", (128, 256, 512), {
            "1:1": (1480, 723, 232), "1:2": (1296, 586, 206), "1:6": (876, 489, 189), "1:12": (748, 392, 163),
        }),
        ("ARM", (32, 64, 128), {
            "1:1": (76.2, 21.7, 5.3), "1:2": (72.9, 20.5, 5.1), "1:6": (69.1, 17.9, 4.6), "1:12": (57.6, 15.1, 4.4),
        }),
    ],
    [
        ("GPU", (128, 256, 512), {
            "1": (2451, 1289, 437), "2": (1725, 873, 341), "4": (1026, 644, 338), "8": (634, 445, 230),
        }),
        ("ARM", (64, 128, 256), {
            "1": (40.0, 10.2, 2.3), "2": (35.0, 9.5, 2.2), "4": (32.9, 8.7, 2.1), "8": (27.8, 7.5, 1.8),
        }),
    ],
]  # fmt: skip


def speeds() -> list[dict[str, list[list[object]]]]:
    """For each guideline and each width of the balanced layer: who, ratio or groups, and the speed, in rows."""
    found: list[dict[str, list[list[object]]]] = []
    for table in TABLES:
        rows: dict[str, list[list[object]]] = {}
        for who, widths, measured in table:
            for i, width in enumerate(widths):
                rows.setdefault(str(width), []).extend([who, what, row[i]] for what, row in measured.items())
        found.append(rows)
    return found
