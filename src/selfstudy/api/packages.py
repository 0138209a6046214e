"""Which packages are installed, and whether they are those that selfstudy asks for. Nothing of them is imported."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version

_OURS = "selfstudy"


def selfstudy_version() -> str:
    """As it is installed; "unknown" where it runs without having been."""
    return installed(_OURS) or "unknown"


def installed(package: str) -> str | None:
    """The version of `package`, None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def missing_packages() -> tuple[str, ...]:
    """A line for each package that selfstudy asks for and that is not there, or in a version that does not fit."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return (f"packaging is not installed: {_remedy('packaging')}",)
    try:
        asked = [Requirement(line) for line in requires(_OURS) or ()]
    except PackageNotFoundError:
        return (f"{_OURS} runs without being installed: pip install -e . in its folder",)
    lines = []
    for each in asked:
        if each.marker is not None and not each.marker.evaluate({"extra": ""}):
            continue  # of an extra
        found, wanted = installed(each.name), f"{each.name}{each.specifier}"
        if found is None:
            lines.append(f"{each.name} is not installed: {_remedy(wanted)}")
        elif not each.specifier.contains(found, prereleases=True):
            lines.append(f"{each.name} {found} is installed, and selfstudy needs {each.specifier}: {_remedy(wanted)}")
    return tuple(lines)


def _remedy(wanted: str) -> str:
    return f"pip install '{wanted}'"
