# The program alone: no compiler, no test tools, no root. Built from the lock, so twice the same.
FROM python:3.11-slim-bookworm AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY pyproject.toml uv.lock ./
RUN pip install --no-cache-dir "uv==$(sed -n '/^name = "uv"$/{n;s/^version = "\(.*\)"$/\1/p;}' uv.lock)"
RUN UV_PROJECT_ENVIRONMENT=/opt/obmin uv sync --frozen --no-dev --no-install-project
COPY . .
RUN UV_PROJECT_ENVIRONMENT=/opt/obmin uv sync --frozen --no-dev --no-editable

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin obmin \
    && install --directory --owner=obmin --group=obmin --mode=0700 /var/lib/obmin /var/lib/obmin-extracts
COPY --from=build /opt/obmin /opt/obmin
ENV PATH=/opt/obmin/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER obmin
WORKDIR /var/lib/obmin
EXPOSE 8000
CMD ["obmin", "--help"]
