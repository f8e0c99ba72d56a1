"""Downloads into `submitted/`: whose each hand-in is, what cannot be given, and that nothing leads out of the folder."""

import os
import stat
import zipfile

import pytest
from grading.desk.downloads import AWAY, NAMES, STUDENTS, archive, canvas, moodle, notebook, sheet
from grading.small_course import ANSWERS, CHAPTER, WRONG, SmallCourse

from coursekit.errors import BookError
from coursekit.grading.desk import collect as collecting
from coursekit.grading.desk import download
from coursekit.grading.desk.collect import collect
from coursekit.grading.desk.people import late

LIST = [["name", "id", "email"], ["Ada Abel", "ada", "ada@example.edu"], ["Bo O'Brien", "bo", "bo@example.edu"],
        ["Eve Hack", "eve", "eve@example.edu"]]  # fmt: skip


@pytest.fixture
def course(tmp_path):
    return SmallCourse(tmp_path / "course")


@pytest.fixture
def people(tmp_path):
    return sheet(tmp_path / "list.csv", LIST)


def given(course) -> dict[str, list[str]]:
    """The files of each student."""
    base = course.root / "submitted"
    found: dict[str, list[str]] = {}
    for path in sorted(base.rglob("*")) if base.is_dir() else []:
        if not path.is_dir():
            student, *rest = path.relative_to(base).parts
            assert rest[0] == CHAPTER
            found.setdefault(student, []).append("/".join(rest[1:]))
    return found


def data(course, student: str, name: str = f"{CHAPTER}.ipynb") -> bytes:
    return (course.root / "submitted" / student / CHAPTER / name).read_bytes()


# --- the platforms' own ways ------------------------------------------------------------------------------------------


def test_canvas(course, tmp_path):
    download, people = canvas(course, tmp_path)
    done = collect(course.root, download, "01", people)
    assert done.platform == "Canvas" and len(done.given) == 12 and not done.left and done.absent == [AWAY.login]
    for at, student in enumerate(STUDENTS):
        name = f"Copy of {CHAPTER} (1).ipynb" if at == 3 else f"{CHAPTER}.ipynb"
        assert data(course, student.login, name) == notebook(course, student.answers), student
    said = str(done)
    assert "s1002: handed in late" in said and "latest attempt" in said and "90002" in said
    with course.book() as book:
        roll = {one.id: (one.first_name, one.last_name) for one in book.students}
    assert roll["s1002"] == ("Bo", "O'Brien") and AWAY.login in roll and len(roll) == 13


def test_moodle(course, tmp_path):
    download, people = moodle(course, tmp_path)
    done = collect(course.root, download, "1", people)
    assert done.platform == "Moodle" and len(done.given) == 12 and not done.left and done.absent == [AWAY.email]
    for student in STUDENTS:
        assert data(course, student.email) == notebook(course, student.answers)
    assert data(course, STUDENTS[2].email, "more/notes.txt") == b"notes"
    assert "a text written in Moodle" in str(done)


def test_moodle_flat_and_by_name_from_the_list_of_participants(course, tmp_path):
    files = {f"{s.moodle}_{s.number}_assignsubmission_file_{CHAPTER}.ipynb": f"{s.number}".encode() for s in STUDENTS}
    rows = [["First name", "Last name", "ID number", "Email address", "Groups"]]
    rows += [[s.first, s.last, "", s.email, ""] for s in STUDENTS]
    people = sheet(tmp_path / "p.csv", rows, "utf-16", ";")
    done = collect(course.root, archive(tmp_path / "x.zip", files), "01", people)
    assert len(done.given) == 12 and not done.left
    assert data(course, STUDENTS[9].email) == b"1010" and data(course, STUDENTS[10].email) == b"1011"  # both are Smiths


def test_a_plain_archive_of_folders_and_of_files(course, tmp_path, people):
    files = {"class/ada/whatever.ipynb": b"1", "class/Bo O'Brien/a/b.py": b"2", f"class/Eve Hack_{CHAPTER}.ipynb": b"3"}
    done = collect(course.root, archive(tmp_path / "x.zip", files), "01", people)
    assert done.platform == "plain" and not done.left
    assert given(course) == {"ada": ["whatever.ipynb"], "bo": ["a/b.py"], "eve": [f"{CHAPTER}.ipynb"]}


def test_an_unpacked_folder_is_as_good_as_the_archive(course, tmp_path):
    download, people = canvas(course, tmp_path)
    with zipfile.ZipFile(download) as packed:
        packed.extractall(tmp_path / "unpacked")
    os.symlink("/etc/passwd", tmp_path / "unpacked" / "abelada_1001_99999_passwd")
    done = collect(course.root, tmp_path / "unpacked", CHAPTER, people)
    assert len(done.given) == 12 and ["passwd" in line and "a link" in line for line in done.left] == [True]


# --- more than once ---------------------------------------------------------------------------------------------------


def test_a_later_download_keeps_what_was_there_and_says_so(course, tmp_path, people):
    collect(course.root, archive(tmp_path / "a.zip", {"ada.ipynb": b"first", "bo.ipynb": b"same"}), "01", people)
    again = archive(tmp_path / "b.zip", {"ada.ipynb": b"second", "bo.ipynb": b"same"})
    done = collect(course.root, again, "01")  # the list is known by now
    assert (done.given, done.unchanged) == (["ada"], ["bo"])
    assert data(course, "ada") == b"second" and "kept in earlier/ada/01_small.1" in str(done)
    assert (course.root / "earlier" / "ada" / "01_small.1" / f"{CHAPTER}.ipynb").read_bytes() == b"first"
    third = collect(course.root, archive(tmp_path / "c.zip", {"ada.ipynb": b"third"}), "01")
    assert "kept in earlier/ada/01_small.2" in str(third)


def test_another_list_finds_people_by_the_address_they_are_known_by(course, tmp_path, people):
    collect(course.root, archive(tmp_path / "a.zip", {"ada.ipynb": b"1"}), "01", people)
    rows = [["Identifier", "Full name", "Email address", "Grade"], ["Participant 7", "Ada Abel", "ADA@example.edu", ""]]
    files = {f"Ada Abel_7_assignsubmission_file_/{CHAPTER}.ipynb": b"2"}
    done = collect(course.root, archive(tmp_path / "b.zip", files), "01", sheet(tmp_path / "w.csv", rows))
    assert done.given == ["ada"] and set(given(course)) == {"ada"}


def test_a_course_is_of_one_platform(course, tmp_path):
    """Both name the same people differently: Moodle's twelve beside Canvas' twelve would be strangers to either sheet."""
    download, people = canvas(course, tmp_path)
    collect(course.root, download, "01", people)
    before, listed = given(course), (course.root / "class_lists" / f"{CHAPTER}.csv").read_bytes()
    download, people = moodle(course, tmp_path)
    with pytest.raises(BookError, match=r"(?s)is Moodle's, and \S+/class_lists/01_small.csv is Canvas's.*--course"):
        collect(course.root, download, "01", people)
    with pytest.raises(BookError, match=r"Course-Small-12.zip: is Moodle's, and the class list \S+01_small.csv is Canvas's"):
        collect(course.root, download, "01")
    assert given(course) == before and (course.root / "class_lists" / f"{CHAPTER}.csv").read_bytes() == listed
    (course.root / "class_lists" / f"{CHAPTER}.csv").unlink()
    assert len(collect(course.root, download, "01", people).given) == 12


def test_a_new_list_says_who_has_left_and_the_old_one_is_kept(course, tmp_path, people):
    collect(course.root, archive(tmp_path / "a.zip", {"ada.ipynb": b"1", "eve.ipynb": b"2"}), "01", people)
    old = people.read_bytes()
    shorter = sheet(tmp_path / "shorter.csv", LIST[:-1])
    done = collect(course.root, archive(tmp_path / "b.zip", {"ada.ipynb": b"1"}), "01", shorter)
    assert "no longer on the class list, their hand-ins stay: eve" in str(done) and set(given(course)) == {"ada", "eve"}
    assert (course.root / "earlier" / "class_lists" / f"{CHAPTER}.csv.1").read_bytes() == old
    assert "earlier" not in str(collect(course.root, archive(tmp_path / "c.zip", {"ada.ipynb": b"1"}), "01", shorter))


def test_who_was_late_is_kept_until_a_hand_in_is_not(course, tmp_path):
    download, people = canvas(course, tmp_path)
    collect(course.root, download, "01", people)
    assert late(course.root, CHAPTER) == {"s1002"}
    one = archive(tmp_path / "one.zip", {f"abelada_LATE_1001_95000_{CHAPTER}.ipynb": b"1"})
    collect(course.root, one, "01")
    assert late(course.root, CHAPTER) == {"s1001", "s1002"}, "of others nothing new is known"
    collect(course.root, download, "01")
    assert late(course.root, CHAPTER) == {"s1002"} and late(course.root, "02_none") == set()


def test_hand_ins_that_are_called_by_another_chapter_are_refused(course, tmp_path):
    """Before anything is changed; unless one bears the name of this chapter, or most bear none."""
    download, people = canvas(course, tmp_path)
    whole = collecting.Course.chapters
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collecting.Course, "chapters", lambda self: ["01_small", "02_more"] if whole(self) else [])
        with pytest.raises(BookError, match=r"holds 13 files that are called 01_small; nothing was changed\n.*--chapter 01_small"):
            collect(course.root, download, "02", people)
        assert given(course) == {} and not (course.root / "class_lists").exists()
        assert len(collect(course.root, download, "01", people).given) == 12


def test_of_two_names_the_later_attempt_is_the_newest(course, tmp_path):
    """Canvas adds `-1` to a name that was handed in before; the archive gives all files one time."""
    _, people = canvas(course, tmp_path)
    files = {"abelada_1001_90002_homework.ipynb": b"old", "abelada_1001_90502_homework-1.ipynb": b"new"}
    collect(course.root, archive(tmp_path / "two.zip", files), "01", people)
    folder = course.root / "submitted" / "s1001" / CHAPTER
    assert max(folder.iterdir(), key=lambda path: path.stat().st_mtime).read_bytes() == b"new" and len(list(folder.iterdir())) == 2


# --- what cannot be given to anybody, and stops nobody else -----------------------------------------------------------


def test_what_is_nobody_s_is_listed(course, tmp_path):
    download, people = canvas(course, tmp_path)
    ada, bo = STUDENTS[:2]
    with zipfile.ZipFile(download, "a") as packed:
        packed.writestr(f"strangerno_4_90900_{CHAPTER}.ipynb", b"x")
        packed.writestr(f"{bo.canvas}_{bo.number}_90901_y_{ada.number}_99999_{CHAPTER}.ipynb", b"forged")
        packed.writestr(f"x_{ada.number}_90_{bo.number}_99999_{CHAPTER}.ipynb", b"forged")
        packed.writestr("readme.txt", b"x")
    done = collect(course.root, download, "01", people)
    assert len(done.given) == 12 and data(course, ada.login) == notebook(course, ada.answers)
    text = "\n".join(done.left)
    assert "nobody in the class list has the number 4" in text and "not one that Canvas gives" in text
    assert text.count("numbers of several people") == 2 and len(done.left) == 4
    assert f"the number 4 (strangerno_4_90900_{CHAPTER}.ipynb)" in text, "its file is named: it is put into a folder by hand"


def test_a_number_counts_where_it_stands_in_the_list(course, tmp_path):
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section"], ["Abel, Ada", "11", "12", "ada", ""]]
    people = sheet(tmp_path / "l.csv", [*rows, ["Fu, Bo", "12", "11", "bo", ""], ["Hack, Eve", "13", "", "14", ""]])
    files = {f"abelada_11_900_{CHAPTER}.ipynb": b"1", f"fubo_12_901_{CHAPTER}.ipynb": b"2", f"x_14_902_{CHAPTER}.ipynb": b"3"}
    done = collect(course.root, archive(tmp_path / "x.zip", files), "01", people)
    assert (data(course, "ada"), data(course, "bo")) == (b"1", b"2") and "has the number 14" in done.left[0]


def test_two_people_of_one_name_are_not_guessed_at(course, tmp_path):
    people = sheet(tmp_path / "l.csv", [["name", "email"], ["Jo Smith", "a@x"], ["Jo Smith", "b@x"], ["Al Ma", "c@x"]])
    done = collect(course.root, archive(tmp_path / "x.zip", {"Jo Smith.ipynb": b"1", "Al Ma.ipynb": b"2"}), "01", people)
    assert done.given == ["c@x"] and "2 people in the class list are called that: a@x, b@x" in done.left[0]


def test_a_worksheet_of_another_assignment_is_refused(course, tmp_path):
    download, _ = moodle(course, tmp_path)
    rows = [["Identifier", "Full name", "Grade"], ["Participant 1", "Ada Abel", ""]]
    with pytest.raises(BookError, match="none of the 12 numbers"):
        collect(course.root, download, "01", sheet(tmp_path / "w.csv", rows))


def test_nothing_of_a_hostile_archive_leads_out(course, tmp_path, people):
    link = zipfile.ZipInfo("ada/link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    pipe = zipfile.ZipInfo("ada/pipe.ipynb")
    pipe.external_attr = (stat.S_IFIFO | 0o644) << 16
    long = "é" * 125
    files = {"ada/../../../evil.ipynb": b"x", "/ada/evil.ipynb": b"x", "C:\\ada\\evil.ipynb": b"x", "ada\\..\\e.ipynb": b"x",
             link: b"/etc/passwd", pipe: b"", "ada/a/b/c/d/e/f/g.ipynb": b"x", "ada/\x1b[31mred\u202e.py": b"r",
             "ada/a": b"file", "ada/a/b.py": b"in a folder of that name", "ada/A?b*.py": b"x", "ada/timestamp.txt": b"1999",
             f"ada/{long}.ipynb": b"long", f"ada/{long}é.ipynb": b"longer", "ada/good.ipynb": b"good", "ada/.. ": b"dots",
             "bo/good.ipynb": b"good"}  # fmt: skip
    before = {path for path in tmp_path.rglob("*") if course.root not in path.parents}
    done = collect(course.root, archive(tmp_path / "x.zip", files), "01", people)
    found = given(course)
    assert done.given == ["ada", "bo"] and found["bo"] == ["good.ipynb"] and "good.ipynb" in found["ada"]
    assert {path for path in tmp_path.rglob("*") if course.root not in path.parents} - before == {tmp_path / "x.zip"}
    assert not any(path.is_symlink() or path.is_fifo() for path in course.root.rglob("*"))
    assert all(name.isprintable() and len(name.encode()) <= 120 and ".." not in name for name in found["ada"])
    assert sum(name.startswith("é") and name.endswith(".ipynb") for name in found["ada"]) == 2
    assert data(course, "ada", "a-b.py") == b"in a folder of that name" and "timestamp.txt" not in found["ada"]
    text = str(done)
    for words in ("out of the download", "place on a disk", "a link; these", "no ordinary file", "too deep", "not for students"):
        assert words in text, words
    assert text.replace("\n", "").isprintable()
    assert [path.name for path in course.root.iterdir() if path.name.startswith(".collecting")] == []


def test_names_that_are_no_utf_8_even_where_the_archive_says_so(course, tmp_path, people):
    path = archive(tmp_path / "x.zip", {"ada/caf\u00e9.ipynb": b"1", "bo/good.ipynb": b"2"})
    path.write_bytes(path.read_bytes().replace("caf\u00e9".encode(), b"caf\xe9\xe9"))
    with pytest.raises(UnicodeDecodeError):
        zipfile.ZipFile(path)
    done = collect(course.root, path, "01", people)
    assert done.given == ["ada", "bo"] and given(course)["ada"] == ["café" + "é.ipynb"]


def test_an_archive_that_grows_costs_only_its_owner_the_mark(course, tmp_path, people, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(download, "LARGEST_FILE", 20 << 20)
    files = {"ada/big.ipynb": bytes(40 << 20), "eve/a.bin": bytes(1 << 19), "eve/b.bin": bytes(1 << 20)}
    files |= {f"bo/{number}.py": b"x" for number in range(300)} | {"bo/x.ipynb": b"x"}
    path = archive(tmp_path / "x.zip", files)
    assert path.stat().st_size < 1 << 20
    done = collect(course.root, path, "01", people)
    assert set(given(course)) == {"bo", "eve"} and len(given(course)["bo"]) == collecting.MOST_FILES
    text = str(done)
    assert "larger than 20 MiB" in text and "together the files are larger" in text and "of 301 files 200 were taken" in text
    assert "x.ipynb" in given(course)["bo"] and given(course)["eve"] == ["a.bin"]
    assert "ada: there is no file that could be taken" in text


def test_a_student_s_own_archive_is_unpacked_with_the_same_care(course, tmp_path, people):
    inner = archive(tmp_path / "inner.zip", {f"{CHAPTER}.ipynb": b"1", "../evil.py": b"x"}).read_bytes()
    files = {"ada/my work.zip": inner, "bo/my work.zip": b"PK\x03\x04 broken", "eve/nb.ipynb": b"3"}
    done = collect(course.root, archive(tmp_path / "x.zip", files), "01", people)
    assert given(course) == {"ada": [f"{CHAPTER}.ipynb"], "eve": ["nb.ipynb"]}
    assert "was unpacked" in str(done) and "out of the download" in str(done) and "was not unpacked" in str(done)


def test_damaged_and_locked_files_are_told(course, tmp_path, people):
    path = archive(tmp_path / "x.zip", {"ada/a.ipynb": os.urandom(5000), "bo/b.ipynb": b"2"})
    raw = bytearray(path.read_bytes())
    raw[60:70] = b"\xff" * 10
    path.write_bytes(raw)
    done = collect(course.root, path, "01", people)
    assert done.given == ["bo"] and "damaged" in str(done)
    raw = bytearray(archive(path, {"ada/a.ipynb": b"1", "bo/b.ipynb": b"2"}).read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    done = collect(course.root, path, "01", people)
    assert done.unchanged == ["bo"] and "password" in str(done)


def test_a_student_s_folder_that_is_a_link_or_a_file_is_left_alone(course, tmp_path, people):
    (course.root / "submitted").mkdir()
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", course.root / "submitted" / "ada")
    (course.root / "submitted" / "bo").write_text("a file")
    files = {f"{name}.ipynb": b"x" for name in ("ada", "bo", "eve")}
    done = collect(course.root, archive(tmp_path / "x.zip", files), "01", people)
    assert done.given == ["eve"] and not list((tmp_path / "elsewhere").iterdir())
    assert "is a link" in str(done) and "cannot be written" in str(done)


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.write_bytes(b""), lambda p: p.write_bytes(b"Rar!\x1a\x07"),
                                  lambda p: p.write_bytes(b"PK\x05\x06" + bytes(10))])  # fmt: skip
def test_what_is_no_archive_is_told_in_words(course, tmp_path, people, make):
    make(tmp_path / "x.zip")
    with pytest.raises(BookError):
        collect(course.root, tmp_path / "x.zip", "01", people)
    assert given(course) == {}


def test_chapter_and_class_list_must_be_there(course, tmp_path, people):
    download = archive(tmp_path / "x.zip", {"ada.ipynb": b"1"})
    with pytest.raises(BookError, match=r"made are 01_small; .make course. makes the others"):
        collect(course.root, download, "07", people)
    with pytest.raises(BookError, match="--class-list"):
        collect(course.root, download, "01")
    assert ANSWERS != WRONG and len(NAMES) == 12
