import locale
import os
import sys

if __name__ == "__main__":
    spoken = {sys.getfilesystemencoding(), locale.getpreferredencoding(False).lower()}
    if not sys.flags.utf8_mode and spoken != {"utf-8"}:
        os.environ["PYTHONUTF8"] = "1"  # names and files of a course are UTF-8, whatever the locale says
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    from .cli import main

    main()
