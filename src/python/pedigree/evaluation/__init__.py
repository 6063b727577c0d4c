"""Tools that judge a model: metrics, calibration, selective prediction, gates, reports."""
