# Digit Lab on a server: see docs/server.md.
FROM python:3.12-slim AS build

# PyTorch's builds for the CPU: those on PyPI for Linux bring several GB for GPUs. Their index has not every
# version of what they need, so that comes from PyPI in the second step.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

WORKDIR /build
COPY requirements.txt constraints.txt ./
RUN python -m venv /venv \
    && sed -n 's/^\(torch\(vision\)\?==[^ ]*\).*/\1/p' requirements.txt > torch.txt \
    && /venv/bin/pip install --no-cache-dir --no-deps -r torch.txt --index-url "$TORCH_INDEX" \
    && /venv/bin/pip install --no-cache-dir -c constraints.txt -r requirements.txt

FROM python:3.12-slim

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin digitlab \
    && install --directory --owner digitlab --group digitlab --mode 0700 /data
COPY --from=build /venv /venv
WORKDIR /app
COPY streamlit_app.py ./
COPY .streamlit .streamlit
COPY mnist_core mnist_core
COPY dashboard dashboard

# Only /data is written to: runs, drawings, and MNIST, which the first start downloads.
ENV DIGIT_LAB_HOME=/data/home \
    DIGIT_LAB_CACHE=/data/cache \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER digitlab
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["/venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["/venv/bin/python", "-m", "streamlit", "run", "streamlit_app.py", \
     "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
