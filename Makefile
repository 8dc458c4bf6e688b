.PHONY: setup fix check test bench samples

setup: ; python -m pip install -e ".[test]"
fix: ; ruff format . && ruff check --fix .
check: ; ruff format --check . && ruff check . && mypy
test: ; pytest -n 2 --dist loadfile
bench: ; python bench/throughput.py
samples: ; python samples/make_styles.py samples/styles && python samples/render_clips.py samples/clips
