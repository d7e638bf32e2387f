"""Operations: how whoever runs the service sees what it does: probes, logs, traces and metrics."""
