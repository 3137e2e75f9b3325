# The app recognizes with LiteRT, so the image has no TensorFlow.

FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements-serve.txt constraints.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements-serve.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    DIGITREC_DATA=/data
RUN useradd --system --uid 10001 --create-home digitrec && install -d -o digitrec -m 0700 /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# The app can't write here at run time, so compile now.
RUN python -m compileall -q digitrec pages
USER 10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/api/health', timeout=5)"]
CMD ["streamlit", "run", "server.py", "--server.port=8501", "--server.address=0.0.0.0", "--server.headless=true"]
