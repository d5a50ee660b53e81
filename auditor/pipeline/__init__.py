"""The one place that knows all the stages: collect, derive, judge, store."""
