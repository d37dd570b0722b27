"""What Carousel says about itself: numbers, log lines, traces, errors.

Owns:    the name of every metric, the form of a log line, where spans and errors go.
Imports: prometheus-client, structlog, opentelemetry, sentry-sdk; nothing of Carousel.
"""
