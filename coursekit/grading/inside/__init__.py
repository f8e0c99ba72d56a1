"""What runs inside the sandbox: these files are mounted there one by one, and import nothing else of ours."""
