"""Each module here is an output format: render(report) -> str."""
