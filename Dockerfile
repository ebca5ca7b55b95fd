# Two stages: the first builds the packages from the lock, the second holds only what runs.
FROM python:3.13-slim AS build
RUN python -m venv /opt/signpost
COPY tools/requirements/image.txt /tmp/requirements.txt
RUN /opt/signpost/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin signpost \
    && install -d -o signpost -g signpost -m 0700 /data
COPY --from=build /opt/signpost /opt/signpost
WORKDIR /app
COPY LICENSE README.md ./
COPY knowledge knowledge
COPY bot bot
ENV PATH=/opt/signpost/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SIGNPOST_KNOWLEDGE=/app/knowledge \
    SIGNPOST_DATA=/data
USER signpost
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bot"]
CMD ["telegram"]
