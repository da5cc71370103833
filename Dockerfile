# The server alone; Cassandra is elsewhere. See compose.yaml for both.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/dynaspan
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Dependencies first: they change less often than the code.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > requirements.txt \
 && /opt/dynaspan/bin/pip install --requirement requirements.txt --constraint constraints.txt
COPY README.md LICENSE ./
COPY app app
RUN /opt/dynaspan/bin/pip install --no-deps .

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin dynaspan \
 && install --directory --owner=10001 --group=10001 --mode=700 /data
COPY --from=build /opt/dynaspan /opt/dynaspan
# Nothing is written but /data, and that only with the embedded store: --read-only works.
ENV PATH=/opt/dynaspan/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DYNASPAN_HOST=0.0.0.0 \
    DYNASPAN_PORT=8000 \
    DYNASPAN_AUTH=enforce \
    DYNASPAN_STORE=sqlite:////data/dynaspan.db
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as http; http.urlopen('http://127.0.0.1:' + os.environ['DYNASPAN_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["dynaspan"]
CMD ["serve"]
