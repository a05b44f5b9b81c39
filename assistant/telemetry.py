"""Switches off, through the environment, everything by which a library would report, trace, download or use a proxy.

Opens and closes nothing itself. It works on what is imported afterwards, so it is called first thing at start.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping

# Keys that begin so are removed: they name where to send traces, under whose key, and how.
# langsmith reads LANGSMITH_ and LANGCHAIN_, opentelemetry (which chromadb brings) OTEL_, chromadb CHROMA_OTEL_.
_REMOVED_PREFIXES = ("LANGSMITH_", "LANGCHAIN_", "OTEL_", "CHROMA_OTEL_")
# Understudy speaks to this machine only; a proxy would be sent what is meant for 127.0.0.1.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "WS_PROXY", "WSS_PROXY")

_SET = {
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "OTEL_SDK_DISABLED": "true",
    # onnxruntime (since 1.29 also beyond Windows) sends an event when it starts, whatever is switched off afterwards.
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "NO_PROXY": "*",
    "no_proxy": "*",
}


def silence_telemetry(environ: MutableMapping[str, str]) -> None:
    """Force telemetry, tracing, downloads and proxies off in `environ` (`os.environ` at start), whatever stood there.

    Done twice it changes nothing more. Also makes langsmith, where it is imported already, forget what it had read.
    """
    for name in list(environ):
        upper = name.upper()
        if upper.startswith(_REMOVED_PREFIXES) or upper in _PROXIES:
            del environ[name]
    environ.update(_SET)
    langsmith_utils = sys.modules.get("langsmith.utils")
    if langsmith_utils is not None:
        # langsmith keeps each variable it has once read.
        langsmith_utils.get_env_var.cache_clear()
