# The program as an image: docker build -t pledgewatch:0.1.0 .
# Two stages, so that the image holds Python, the locked packages and the program, and no tool that made them.
FROM python:3.11.13-slim-bookworm AS made

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /made
RUN python -m venv /opt/pledgewatch
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY streams streams
COPY dashboards dashboards
COPY infra infra
# The lock file says which versions; what it does not name must not come: a package that pip adds stops the build.
RUN pip wheel --no-deps --wheel-dir dist . \
 && /opt/pledgewatch/bin/pip install --only-binary :all: --constraint requirements.lock dist/*.whl \
 && sed -n 's/^\([A-Za-z0-9._-]*==[^ ;]*\).*/\1/p' requirements.lock > locked \
 && /opt/pledgewatch/bin/pip freeze --exclude pledgewatch --exclude pip --exclude setuptools > installed \
 && ! grep --ignore-case --invert-match --line-regexp --fixed-strings --file=locked installed \
 && /opt/pledgewatch/bin/pip check \
 && /opt/pledgewatch/bin/pip uninstall --yes setuptools pip

FROM python:3.11.13-slim-bookworm

LABEL org.opencontainers.image.title="Pledgewatch" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/pledgewatch --shell /usr/sbin/nologin pledgewatch \
 && install --directory --owner=pledgewatch --group=pledgewatch --mode=0700 /var/lib/pledgewatch
COPY --from=made /opt/pledgewatch /opt/pledgewatch
ENV PATH=/opt/pledgewatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PLEDGEWATCH_HOME=/var/lib/pledgewatch
USER 10001:10001
WORKDIR /var/lib/pledgewatch
VOLUME /var/lib/pledgewatch
EXPOSE 8460
# For the one command that serves pages; the others are asked on the port that compose gives them.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["pledgewatch", "ready", "--port", "8460"]
ENTRYPOINT ["pledgewatch"]
CMD ["--help"]
