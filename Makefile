# One virtual environment in .venv; each target installs what it needs. PYTHON chooses the interpreter
# that makes it: make PYTHON=python3.13 run

PYTHON ?= python3
NODES ?= 1
STORE ?=
BENCH ?= default
ARGS ?=
STAGE ?=
CA ?=

VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help install run test test-long check fmt cassandra demo demo-hybrid bench bench-check bench-coldstart fuzz test-endpoint local-lambda package synth deploy destroy cost constraints clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16

# The stamps are what make compares with: a directory or a half-made environment says nothing.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/runtime: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

$(VENV)/demo: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) --editable '.[demo]'
	@touch $@ $(VENV)/runtime

$(VENV)/tools: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) --editable '.[tools]'
	@touch $@ $(VENV)/runtime

$(VENV)/test: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) --editable '.[demo,tools,test]'
	@touch $@ $(VENV)/demo $(VENV)/tools $(VENV)/runtime

$(VENV)/bench: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) --editable '.[demo,tools,test,bench]'
	@touch $@ $(VENV)/test $(VENV)/demo $(VENV)/tools $(VENV)/runtime

install: $(VENV)/runtime  ## Install what the server needs

$(VENV)/infra: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) --editable '.[infra]'
	@touch $@ $(VENV)/runtime

run: install  ## Serve http://127.0.0.1:8000 on SQLite (ARGS="--port 9000" ...)
	@exec $(BIN)/dynaspan serve $(ARGS)

test: $(VENV)/test $(VENV)/infra  ## Every test, on SQLite and on a real Cassandra
	@exec $(RUN) -m tools.stages

test-long: $(VENV)/test $(VENV)/infra  ## The same with full counts, about an hour
	@exec $(RUN) -m tools.stages --long

check: $(VENV)/test $(VENV)/infra  ## Format, lint, types and the pure tests; no Java
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/mypy infra
	@exec $(RUN) -m tools.stages pure

fmt: $(VENV)/test  ## Format, and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

cassandra: $(VENV)/tools  ## A real Cassandra on 127.0.0.1:9042 until Ctrl-C (NODES=3)
	@exec $(RUN) -m tools.cassandra --nodes $(NODES) $(ARGS)

demo: $(VENV)/demo  ## Load real cities and query them (STORE=cassandra://127.0.0.1:9042)
	@exec $(RUN) -m tools.demo $(if $(STORE),--store '$(STORE)') $(ARGS)

bench: $(VENV)/bench  ## CPU and latency beside other servers, 20 minutes (BENCH=quick, worst, streams, curves, full)
	@exec $(RUN) -m bench $(BENCH) $(ARGS)

bench-check: $(VENV)/test $(VENV)/infra  ## Whether a request costs more beside raw echo than it should; a minute
	@exec $(RUN) -m bench.check

bench-coldstart: $(VENV)/test  ## What a new Lambda environment costs
	@exec $(RUN) -m bench.coldstart

demo-hybrid: $(VENV)/tools  ## DynamoDB Local replicated to Cassandra, live (ARGS="--count 5000")
	@exec $(RUN) -m tools.hybrid $(ARGS)

test-endpoint: $(VENV)/test  ## The operation tests against URL=... (PROFILE=..., LOCAL=1 for DynamoDB Local)
	$(if $(URL),,$(error say which: make test-endpoint URL=http://127.0.0.1:8000))
	@exec $(RUN) -m pytest -q -p no:cacheprovider tests/operations --url '$(URL)' $(if $(PROFILE),--profile '$(PROFILE)') -m 'not own_answer$(if $(LOCAL), and not differs_locally)' $(ARGS)

fuzz: $(VENV)/test  ## Random requests against DynamoDB Local, random bodies and HTTP (ARGS="--minutes 10")
	@exec $(RUN) -m tools.fuzz $(ARGS)

local-lambda: $(VENV)/tools  ## The Lambda function on http://127.0.0.1:8020 (ARGS="--front alb --store ...")
	@exec $(RUN) -m tools.local_lambda $(ARGS)

package: $(VENV)/infra  ## Code of the Lambda functions in build/lambda (CA=FILE of a Cassandra)
	@exec $(RUN) -m infra.package $(if $(CA),--ca '$(CA)') $(ARGS)

build/lambda/arm64 build/lambda/x86_64: | $(VENV)/infra
	@exec $(RUN) -m infra.package $(if $(CA),--ca '$(CA)') $(notdir $@)

synth: $(VENV)/infra build/lambda/arm64 build/lambda/x86_64  ## Templates of all stages in cdk.out
	@exec $(RUN) infra/app.py

deploy: $(VENV)/infra package  ## All stacks of STAGE=..., with the credentials of the AWS CLI
	$(if $(STAGE),,$(error say which: make deploy STAGE=dev))
	@exec $(RUN) -m tools.cdk deploy --all -c stage='$(STAGE)' $(ARGS)

destroy: $(VENV)/infra  ## Delete the stacks of STAGE=...
	$(if $(STAGE),,$(error say which: make destroy STAGE=dev))
	@exec $(RUN) -m tools.cdk destroy --all -c stage='$(STAGE)' $(ARGS)

cost: $(VENV)/infra  ## What the stages cost a month before any request
	@exec $(RUN) -m infra.cost $(ARGS)

constraints: $(VENV)/test  ## Pin the newest release of every dependency
	@exec $(RUN) -m tools.constraints

clean:  ## Remove the environment and caches; data in .dynaspan and .cassandra stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .hypothesis
