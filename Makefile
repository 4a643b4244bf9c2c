# `make peel` and `make test` do all set-up by themselves; a second run costs none.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PICTURE ?= examples/lady-on-the-moor.png
OUT ?= peeled
NAME = $(basename $(notdir $(PICTURE)))

export OMP_WAIT_POLICY ?= PASSIVE

# One part of a test after the other, whatever -j says: they share the cores.
.NOTPARALLEL:

.PHONY: peel plugin texts lock test test-base test-torch test-krita krita-all check format bench bench-gpu eval faults fuzz release audit

# The models come with `models pull` and the compiled caches with the first import of pymatting:
# here, and not while an artist waits.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	$(BIN)/layerpeel models pull compact
	$(BIN)/python -c "import pymatting"
	touch $@

# Tests, and the paper's networks, need torch too: some 6 GB more.
$(VENV)/installed-full: $(VENV)/installed
	$(BIN)/pip install --quiet --editable '.[dev,full,four-bit,eval]'
	touch $@

peel: $(VENV)/installed  ## peel the example, or PICTURE=…
	mkdir -p $(OUT)
	$(BIN)/layerpeel peel "$(PICTURE)" --out "$(OUT)/$(NAME).ora" --preview "$(OUT)/$(NAME)-preview.png" --force

plugin: $(VENV)/installed  ## the zip that Krita imports, in dist/, and where it finds the backend
	$(BIN)/python packaging/plugin_zip.py --out dist
	$(BIN)/layerpeel register

# ADD=fr begins another language.
texts: $(VENV)/installed  ## find the docker's texts anew, for those who translate them
	$(BIN)/python packaging/translations.py $(if $(ADD),--add $(ADD))

# npm is by itself: it is fetched only where the system has none.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-annotate --no-header --upgrade
NPM := import tomllib; print(*tomllib.load(open(0, "rb"))["project"]["optional-dependencies"]["npm"])
lock: $(VENV)/installed  ## renew what set-up installs: the newest versions, and their files' hashes
	$(BIN)/pip install --quiet 'uv>=0.9,<1'
	$(LOCK) --output-file packaging/requirements.lock pyproject.toml
	$(BIN)/python -c '$(NPM)' < pyproject.toml | $(LOCK) --output-file packaging/npm.lock -
	$(BIN)/python packaging/torch_lock.py asked \
	| $(LOCK) --constraint packaging/requirements.lock --output-file packaging/whole.lock -
	$(BIN)/python packaging/torch_lock.py rest packaging/whole.lock > packaging/torch.lock
	rm packaging/whole.lock

# Two files at a time: many tests wait for a process or a page. The tests of a file stay together, as
# they share what takes long to make. Krita's run one at a time: its waits have limits, which slow
# cores must meet too.
PROCESSES ?= 2
PYTEST := $(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile

# The quickest first. Each part runs alone too, and installs no more than it needs.
test: check test-base test-torch test-krita  ## format, lint, types, and every test

# Where Chromium, or Krita, is missing and cannot be installed, it says so and goes on.
test-base: $(VENV)/installed  ## what `make peel` has installed
	packaging/install_chromium.sh || export LAYERPEEL_WITHOUT_BROWSER=1; \
	$(PYTEST) -m "not torch and not krita"

test-torch: $(VENV)/installed-full  ## the paper's networks, generation and training
	$(PYTEST) -m "torch and not krita"

test-krita: $(VENV)/installed-full  ## the docker in the real Krita
	packaging/install_krita.sh || export LAYERPEEL_WITHOUT_KRITA=1; \
	$(BIN)/pytest -m krita

# As root; each Debian takes 2 GB and some minutes once, and its Krita some twenty.
KRITAS ?= $(HOME)/.cache/layerpeel-kritas
krita-all: $(VENV)/installed-full  ## the docker in Krita 5.2, 5.3 and 6, as Debian has them
	packaging/install_krita.sh
	for suite in trixie sid experimental; do \
	    packaging/other_krita.sh $$suite $(KRITAS)/$$suite && \
	    LAYERPEEL_KRITA_ROOT=$(KRITAS)/$$suite $(BIN)/pytest -m krita || exit 1; \
	done

# Some fifteen minutes; SEED repeats one. A disk is filled only where one of its own can be made (as
# root), and Krita is killed only where there is one.
SEED ?= 1
faults: $(VENV)/installed  ## break a real backend a thousand times; writes docs/reliability.md
	$(BIN)/python tests/fault_campaign.py --seed $(SEED) --out docs/reliability.md

# An hour and a half; ONLY="calls PNG" for some of it. Without atheris it is tried by chance alone.
SECONDS ?= 600
fuzz: $(VENV)/installed  ## odd bytes for every reader, and odd calls for a real server
	$(BIN)/pip install --quiet 'atheris>=3,<4' || true
	$(BIN)/python tests/fuzzing/campaign.py --seconds $(SECONDS) --seed $(SEED) $(ONLY)

check: $(VENV)/installed-full  ## format, lint, types, imports between folders, Python 3.8
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vermin -t=3.8- --violations --no-tips plugin shared

format: $(VENV)/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# EVAL="--record" also enters this version into docs/quality.md.
TRACK ?= layers
eval: $(VENV)/installed  ## figures of all methods and a page to look at; TRACK=subject ART=folder COUNT=24
	$(BIN)/layerpeel eval --track $(TRACK) --out evaluated --force $(if $(ART),--art "$(ART)") $(if $(COUNT),--count $(COUNT)) $(EVAL)

bench: $(VENV)/installed  ## beside the plain classical chain, and in Krita; ART=folder COUNT=24 AGAINST=ref
	$(BIN)/python -m layerpeel.backend.benchmarks $(if $(ART),--art "$(ART)") $(if $(COUNT),--count $(COUNT))
	$(BIN)/python -m layerpeel.backend.benchmarks.sizes $(if $(ART),--art "$(ART)") $(if $(AGAINST),--against "$(AGAINST)")
	if packaging/install_krita.sh; then $(BIN)/python tests/krita/bench_docker.py; fi

bench-gpu: $(VENV)/installed-full  ## the paper's decomposition at full size, stage by stage; tiny without a GPU
	$(BIN)/python -m layerpeel.backend.benchmarks.decomposition

release: $(VENV)/installed  ## zip, sdist, wheel and SBOM, built and checked, into dist/; nothing is uploaded
	$(BIN)/python packaging/release.py --out dist

# Sends the names and versions of what set-up installs to PyPI, which knows of their holes.
audit: $(VENV)/installed  ## known holes in what set-up installs, on any system
	$(BIN)/pip install --quiet 'pip-audit>=2.10,<3'
	$(BIN)/python packaging/audit.py
