"""The programs of the lab, one file each: `python -m preheat_lab NAME` calls `main` of the module of that name."""
