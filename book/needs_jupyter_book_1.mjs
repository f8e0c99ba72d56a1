// Jupyter Book 2 loads this before it does anything else. It would find no page here and report success.
process.stderr.write(`
This book needs Jupyter Book 1.x; what runs here is Jupyter Book 2 or MyST. Nothing was built. Instead:

    make book                            sets up its own environment and builds the whole book
    pip install -r requirements.txt      gives the versions for "jupyter-book build ."

`);
process.exit(1);
